"""Plain configuration values → the options of a pose network's training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formnet.training.build import build_options
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
    data = {
        **task["data"],
        "seed": seed,
        "rendered": build_options(RenderedOptions, task["data"]["rendered"], "task.data.rendered"),
        "augment": build_options(PoseAugment, task["data"]["augment"], "task.data.augment"),
    }
    fit = {**task["fit"], "weights": build_options(LossWeights, task["fit"]["weights"], "task.fit.weights")}
    return PoseOptions(
        network=dict(task["network"]),
        data=build_options(PoseDataOptions, data, "task.data"),
        fit=build_options(PoseFitOptions, fit, "task.fit"),
        seed=seed,
        onnx=bool(task["onnx"]),
    )
