"""Plain configuration values → the options of a measuring network's training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formnet.errors import InputError
from formnet.judges.measuring.forward import NetworkOptions
from formnet.measures.calibration import VIEWS
from formnet.measures.registry import MEASURES
from formnet.training.build import build_options
from formnet.training.measures.disturb import Disturbance
from formnet.training.measures.module import MeasureFitOptions
from formnet.training.measures.run import MeasureDataOptions, MeasureOptions


def build_measure_options(task: Mapping[str, Any], seed: int) -> MeasureOptions:
    """The options that the group `task` describes.

    Raises:
        InputError: naming what does not exist or does not fit.
    """
    return MeasureOptions(
        seed=seed,
        lifter=str(task["lifter"]),
        sees=tuple(str(sight) for sight in task["sees"]),
        data=build_options(MeasureDataOptions, task["data"], "task.data"),
        network=build_options(NetworkOptions, task["network"], "task.network"),
        fit=build_options(MeasureFitOptions, task["fit"], "task.fit"),
        disturbance=build_options(Disturbance, task["disturbance"], "task.disturbance"),
        least_gain=float(task["least_gain"]),
        contradicted=_read_views(task["contradicted"] or {}),
    )


def _read_views(values: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    unknown = [name for name in values if name not in MEASURES]
    unknown += [str(view) for views in values.values() for view in views if view not in VIEWS]
    if unknown:
        raise InputError(
            f"task.contradicted names {', '.join(unknown)}; it maps measures to some of the views {', '.join(VIEWS)}"
        )
    return {str(name): tuple(str(view) for view in views) for name, views in values.items()}
