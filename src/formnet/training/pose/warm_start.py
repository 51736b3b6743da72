"""Begins with the weights of a trained network, wherever layers are the same."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from formnet.errors import InputError
from formnet.pose.networks.description import load_pose_network

_LEAST_SHARE = 0.25
_ALSO = {"first.": "heads.0.", "propagator.head.": "heads.0."}
"""What reads heatmaps from features in RPSTN, and its name in networks of one picture."""


def take_over(network: nn.Module, path: Path) -> float:
    """Copies every tensor that has the same name and shape; returns the share of the network's numbers that it is.

    RPSTN begins with the head of a network of single pictures, too.

    Raises:
        CheckpointError: when the file is no pose network.
        InputError: when less than a quarter fits, so that it would hardly be a start.
    """
    former, own = load_pose_network(path).module.state_dict(), network.state_dict()
    for name in own:
        source = next((name.replace(new, old, 1) for new, old in _ALSO.items() if name.startswith(new)), name)
        if name not in former and source in former:
            former[name] = former[source]
    same = {name: part for name, part in former.items() if name in own and own[name].shape == part.shape}
    share = _count(same) / _count(own)
    if share < _LEAST_SHARE:
        raise InputError(
            f"{path} shares {share:.0%} of this network's weights; train one with the same task.network.widths, blocks "
            "and width, or leave out task.start"
        )
    network.load_state_dict(same, strict=False)
    return share


def _count(state: dict[str, torch.Tensor]) -> int:
    return sum(part.numel() for part in state.values())
