"""Plain configuration values → the options of a lifter's training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formnet.errors import InputError
from formnet.lifting.forward import LifterNetwork
from formnet.training.build import build_options, check_weights_file
from formnet.training.lift.data import LiftDataOptions
from formnet.training.lift.run import LiftOptions
from formnet.training.lift.supervised import LiftFitOptions
from formnet.training.lift.unsupervised import UnsupervisedWeights


def build_lift_options(task: Mapping[str, Any], seed: int) -> LiftOptions:
    """The options that the group `task` describes.

    Raises:
        InputError: naming what does not exist or does not fit.
    """
    network = {**task["network"]}
    try:
        network["dilations"] = tuple(int(dilation) for dilation in network["dilations"])
    except (TypeError, ValueError) as error:
        raise InputError("expected task.network.dilations to be whole numbers, as in [1,2,4,8]") from error
    data = {**task["data"], "seed": seed}
    if "sizes" in data:
        data["sizes"] = tuple(data["sizes"]) if isinstance(data["sizes"], list | tuple) else (data["sizes"],)
    return LiftOptions(
        way=task["way"],
        seed=seed,
        start=check_weights_file("task.start", task.get("start"), "lifter.safetensors of a lifter"),
        data=build_options(LiftDataOptions, data, "task.data"),
        network=build_options(LifterNetwork, network, "task.network"),
        fit=build_options(LiftFitOptions, task["fit"], "task.fit"),
        weights=build_options(UnsupervisedWeights, task["weights"], "task.weights"),
    )
