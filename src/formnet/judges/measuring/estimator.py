"""The measuring network at work: its weights on disk, and what it says of a repetition."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from formnet.errors import CheckpointError, InputError, SkeletonError
from formnet.judges.measuring.forward import MeasureForward, NetworkOptions, restore_forward
from formnet.judges.measuring.sight import Sight, look, stack_sights
from formnet.judges.measuring.spec import MeasuringSpec
from formnet.measures.calibration import VIEWS, view_name
from formnet.measures.performance import Performance
from formnet.measures.registry import MEASURES, read_values
from formnet.motion import FloatArray, Motion
from formnet.storage.weights import halve, read_weights_of, shipped_path, write_weights

FORMAT = "formnet-measures"
FORMAT_VERSION = 2
SHIPPED = "measures.safetensors"
Factors = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, eq=False)
class MeasureEstimator:
    """A trained network with what is known of its worth.

    Attributes:
        network: its layers and weights.
        lifter: name of the lifter whose joints it was trained on.
        factors: measure → view → what its standard deviations are multiplied by.
        used: measure → views in which it is better than the geometry and not contradicted by real people.
        about: what stands beside the weights: training, figures.
    """

    network: MeasureForward
    lifter: str
    factors: Factors
    used: Mapping[str, tuple[str, ...]]
    about: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def spec(self) -> MeasuringSpec:
        return self.network.spec

    def estimate(self, performance: Performance, image: Motion) -> dict[str, tuple[float, float]]:
        """Measure → value and one standard deviation, of the measures that it is used for in this view.

        Args:
            performance: a repetition of joints that `lifter` lifted.
            image: the joints in the picture on the same times (`PoseTrack.image`).
        """
        view = view_name(performance.view_deg)
        wanted = [name for name in self.spec.measures if view in self.used.get(name, ())]
        if not wanted:
            return {}
        sight = stack_sights([look(performance, image, read_values(performance), self.spec)])
        values, deviations = self.estimate_all(sight)
        column = {name: number for number, name in enumerate(self.spec.measures)}
        return {name: (float(values[0, column[name]]), float(deviations[0, column[name]])) for name in wanted}

    def estimate_all(self, sight: Sight) -> tuple[FloatArray, FloatArray]:
        """Values and standard deviations (N, M) of all measures in all views, also where it is not used."""
        values, deviations = self.network.estimate(sight)
        factors = np.array(
            [[self.factors[name][view] for name in self.spec.measures] for view in map(view_name, sight.view_deg)]
        )
        return values, deviations * factors


def save_estimator(path: Path, estimator: MeasureEstimator) -> Path:
    """Writes NAME.safetensors (16 bits) and NAME.json; returns the path of the weights."""
    content = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "spec": estimator.spec.to_dict(),
        "network": dataclasses.asdict(estimator.network.options),
        "lifter": estimator.lifter,
        "factors": {name: dict(views) for name, views in estimator.factors.items()},
        "used": {name: list(views) for name, views in estimator.used.items()},
        "definitions": {name: MEASURES[name].definition for name in estimator.spec.measures},
        **estimator.about,
    }
    return write_weights(path, halve(estimator.network.arrays, _is_scale), content)


def _is_scale(name: str) -> bool:
    # Scales and running variances can be beyond the range of 16 bits, and they are few.
    return name.endswith(("mean", "deviation", "_var"))


def load_measure_estimator(path: Path) -> MeasureEstimator:
    """A measuring network that `train.py task=measure` wrote.

    Raises:
        CheckpointError: no such file, damaged, or no measuring network.
    """
    content, state, weights = read_weights_of(Path(path), "measuring network", "measure", FORMAT, FORMAT_VERSION)
    try:
        spec = MeasuringSpec.from_dict(content["spec"])
        options = NetworkOptions(**content["network"])
        network = restore_forward(state, spec, options, weights)
        factors = {name: {view: float(content["factors"][name][view]) for view in VIEWS} for name in spec.measures}
        # What was learned as one quantity must not be given out as another.
        same = [name for name in spec.measures if content["definitions"][name] == MEASURES[name].definition]
        used = {name: tuple(map(str, content["used"][name])) for name in same if name in content["used"]}
        lifter = str(content["lifter"])
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, InputError, SkeletonError) as error:
        raise CheckpointError(
            f"{path} describes a measuring network that cannot be built ({error}); get it again"
        ) from error
    known = ("spec", "network", "factors", "used", "definitions", "lifter", "format", "format_version")
    about = {key: value for key, value in content.items() if key not in known}
    return MeasureEstimator(network, lifter, factors, used, about)


@cache
def load_shipped_estimator() -> MeasureEstimator:
    """The measuring network that formnet brings along; raises as `load_measure_estimator`."""
    return load_measure_estimator(shipped_path(SHIPPED))
