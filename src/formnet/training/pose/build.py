"""Plain configuration values → the options of a pose network's training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formnet.training.build import build_options, check_weights_file
from formnet.training.pose.data import PoseDataOptions, RenderedOptions
from formnet.training.pose.losses import LossWeights
from formnet.training.pose.module import PoseFitOptions
from formnet.training.pose.run import PoseOptions
from formnet.training.pose.views import PoseAugment


def build_pose_options(task: Mapping[str, Any], seed: int) -> PoseOptions:
    """The options that the group `task` describes.

    Raises:
        InputError: naming what does not exist or does not fit.
    """
    fit = {**task["fit"], "weights": build_options(LossWeights, task["fit"]["weights"], "task.fit.weights")}
    return PoseOptions(
        network=dict(task["network"]),
        data=build_pose_data(task["data"], seed),
        fit=build_options(PoseFitOptions, fit, "task.fit"),
        start=check_weights_file("task.start", task["start"], "pose.safetensors of a network"),
        first=check_weights_file("task.first", task["first"], "pose.safetensors of a network"),
        seed=seed,
        onnx=bool(task["onnx"]),
    )


def build_pose_data(group: Mapping[str, Any], seed: int) -> PoseDataOptions:
    """The options that the group `task.data` describes; raises `InputError` as `build_pose_options`."""
    data = {
        **group,
        "seed": seed,
        "rendered": build_options(RenderedOptions, group["rendered"], "task.data.rendered"),
        "augment": build_options(PoseAugment, group["augment"], "task.data.augment"),
    }
    return build_options(PoseDataOptions, data, "task.data")
