"""Networks by name.

A checkpoint says which network it holds. The name is looked up among registered classes and never imported, so a
file that somebody hands over cannot run code of its choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import torch
from torch import nn

from formnet.checks import say_value
from formnet.errors import InputError

NetworkClass = TypeVar("NetworkClass", bound=nn.Module)

NETWORKS: dict[str, type[nn.Module]] = {}
MAX_MEMBERS = 64
"""More networks than this in one file are no ensemble but an attempt to fill the memory."""


def register_network(name: str) -> Callable[[type[NetworkClass]], type[NetworkClass]]:
    """Class decorator: makes a network known under a short name, as in `configs/model/` and in model files."""

    def register(network: type[NetworkClass]) -> type[NetworkClass]:
        NETWORKS[name] = network
        return network

    return register


def build_network(config: Mapping[str, Any], in_channels: int, n_classes: int) -> nn.Module:
    """The network that a plain dictionary describes: `name` and its options (`members` for an ensemble).

    Raises:
        InputError: for an unknown name or option, or one out of range.
    """
    from formnet.models import ensemble, resnet1d  # noqa: F401  (registers by importing)

    if not isinstance(config, Mapping):
        raise InputError(f"a network cannot be {say_value(config)}; give its name and options")
    options = dict(config)
    name = str(options.pop("name", ""))
    if name not in NETWORKS:
        raise InputError(f"unknown network {name!r}; use one of {', '.join(sorted(NETWORKS))}, or register your own")
    if "members" in options:
        members = options["members"]
        if not isinstance(members, Sequence) or not 1 <= len(members) <= MAX_MEMBERS:
            raise InputError(f"expected a list of 1…{MAX_MEMBERS} members of an ensemble; correct its description")
        options["members"] = [build_network(member, in_channels, n_classes) for member in members]
    try:
        return NETWORKS[name](in_channels=in_channels, n_classes=n_classes, **options)
    except (TypeError, ValueError) as error:
        raise InputError(f"the network {name!r} cannot be built ({error}); correct its options") from error


def check_network(config: Mapping[str, Any]) -> None:
    """Refuses, before anything slow begins and without any memory, what `build_network` would.

    Raises:
        InputError: as `build_network`.
    """
    with torch.device("meta"):
        build_network(config, in_channels=64, n_classes=2)
