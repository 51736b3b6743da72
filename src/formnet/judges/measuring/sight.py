"""One repetition as the measuring network is shown it, and the same in a mirror."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from formnet.conversion import convert_motion
from formnet.errors import PoseError
from formnet.judges.measuring.spec import MeasuringSpec
from formnet.lifting.observation import OBSERVED_24, gather_joints, normalise_points
from formnet.measures.performance import Performance
from formnet.motion import FloatArray, Motion
from formnet.preprocess.limbs import normalise_limbs
from formnet.preprocess.resample import resample_to_times
from formnet.preprocess.spec import PreprocessSpec, compute_frame_times_s
from formnet.skeleton import mirror_name, skeleton_named

Array = NDArray[np.float32]
_AROUND_S = 1.0
"""What of the picture before and after a repetition is looked at, for joints that are missing at its ends."""
SIGNED = ("knee_difference", "pelvis_shift", "pelvis_drop")
"""Measures that change their sign when left and right change places."""


@dataclass(frozen=True, eq=False)
class Sight:
    """N repetitions, or one without the first axis.

    Attributes:
        solid: (N, T, J, 3) lifted joints, levelled, limbs normalised, resampled; NaN where missing.
        picture: (N, T, 24, 2) joints in the picture in sizes of the person; NaN where missing.
        readings: (N, M) values that the geometry reads, NaN where it cannot.
        view_deg: (N,) from where the camera sees the person, NaN where unknown.
    """

    solid: Array
    picture: Array
    readings: FloatArray
    view_deg: FloatArray

    def __len__(self) -> int:
        return len(self.view_deg)

    def __getitem__(self, rows: slice | NDArray[np.intp]) -> Sight:
        return Sight(self.solid[rows], self.picture[rows], self.readings[rows], self.view_deg[rows])


def look(performance: Performance, image: Motion, readings: Mapping[str, float], spec: MeasuringSpec) -> Sight:
    """One repetition as the network is shown it; its start, bottom and end are those of the performance.

    Args:
        performance: of lifted joints (`LIFTED_32`).
        image: joints in the picture on the same times, of any joint set that can be lifted.
        readings: of the geometry, see `formnet.measures.registry.read_values`.
    """
    motion = performance.motion
    times_s = np.clip(
        compute_frame_times_s(
            performance.start_s, performance.bottom_s, performance.end_s, spec.solid.n_frames, spec.solid.align
        ),
        motion.timestamps[0],
        motion.timestamps[-1],
    )
    return Sight(
        look_at_solid(motion, times_s, spec.solid),
        look_at_picture(image, times_s),
        np.array([readings[name] for name in spec.measures]),
        np.array(performance.view_deg),
    )


def look_at_solid(motion: Motion, times_s: FloatArray, spec: PreprocessSpec) -> Array:
    """(n, J, 3) joints at the wished times, every limb at its reference length."""
    cut = resample_to_times(convert_motion(motion, skeleton_named(spec.skeleton)), times_s)
    limbs = spec.limbs
    return normalise_limbs(cut, limbs.scope, limbs.per, limbs.lengths).positions.astype(np.float32)


def look_at_picture(image: Motion, times_s: FloatArray) -> Array:
    """(n, 24, 2) joints of `OBSERVED_24` at the wished times in sizes of the person; all NaN where too few are seen."""
    first, last = np.searchsorted(image.timestamps, (times_s[0] - _AROUND_S, times_s[-1] + _AROUND_S))
    near = image.frames(int(first), int(last))
    points, sure = gather_joints(near)
    observed = Motion(points.astype(float), sure.astype(float), near.timestamps, OBSERVED_24, "pixel")
    seen = resample_to_times(observed, times_s).positions
    try:
        return np.asarray(normalise_points(seen[None])[0], dtype=np.float32)
    except PoseError:
        return np.full(seen.shape, np.nan, dtype=np.float32)


def stack_sights(sights: Sequence[Sight]) -> Sight:
    """Single repetitions, one below the other."""
    return _combine(np.stack, sights)


def join_sights(sights: Sequence[Sight]) -> Sight:
    """Several repetitions each, one below the other."""
    return _combine(np.concatenate, sights)


def _combine(join: Callable[..., NDArray[Any]], sights: Sequence[Sight]) -> Sight:
    return Sight(*(join([getattr(sight, part.name) for sight in sights]) for part in fields(Sight)))


def mirror_sight(sight: Sight, spec: MeasuringSpec) -> Sight:
    """The same repetitions seen in a mirror: left is right."""
    joints = skeleton_named(spec.solid.skeleton).mirror
    return Sight(
        sight.solid[..., joints, :] * np.array([-1, 1, 1], dtype=np.float32),
        sight.picture[..., OBSERVED_24.mirror, :] * np.array([-1, 1], dtype=np.float32),
        mirror_values(sight.readings, spec.measures),
        -sight.view_deg,
    )


def mirror_values(values: FloatArray, measures: Sequence[str]) -> FloatArray:
    """Values (…, M) of the measures on the mirror image of the person."""
    order = [measures.index(mirror_name(name)) for name in measures]
    return values[..., order] * np.where(np.isin(measures, SIGNED), -1.0, 1.0)
