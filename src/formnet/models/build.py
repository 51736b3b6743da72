"""Networks by name.

A checkpoint says which network it holds. The name is looked up among registered classes and never imported, so a
file that somebody hands over cannot run code of its choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from torch import nn

from formnet.errors import InputError

NetworkClass = TypeVar("NetworkClass", bound=nn.Module)

NETWORKS: dict[str, type[nn.Module]] = {}


def register_network(network: type[NetworkClass]) -> type[NetworkClass]:
    """Class decorator: makes a network known under its full name, as in `_target_` of `configs/model/`."""
    NETWORKS[f"{network.__module__}.{network.__qualname__}"] = network
    return network


def build_network(config: Mapping[str, Any], in_channels: int, n_classes: int) -> nn.Module:
    """The network that a plain dictionary describes: `_target_` and its options (`members` for an ensemble).

    Raises:
        InputError: for an unknown name or option.
    """
    from formnet.models import ensemble, resnet1d  # noqa: F401  (registers by importing)

    options = dict(config)
    name = str(options.pop("_target_", ""))
    if name not in NETWORKS:
        raise InputError(f"unknown network {name!r}; use one of {', '.join(sorted(NETWORKS))}, or register your own")
    if "members" in options:
        options["members"] = [build_network(member, in_channels, n_classes) for member in options["members"]]
    try:
        return NETWORKS[name](in_channels=in_channels, n_classes=n_classes, **options)
    except TypeError as error:
        raise InputError(f"the network {name!r} cannot be built ({error}); correct its options") from error
