"""Motion: the one type that travels through formnet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from formnet.checks import say_value
from formnet.errors import InputError, SkeletonError
from formnet.skeleton import Skeleton

Unit = Literal["pixel", "metre", "body"]
FloatArray = NDArray[np.float64]

MAX_PLACE = 1e9
MAX_SPAN_S, MIN_STEP_S = 1e6, 1e-8
MAX_EVEN_FRAMES = 1_000_000
"""Frames at even steps that a motion comes to: nine hours at 30 a second."""


@dataclass(frozen=True, eq=False)
class Motion:
    """Joints over time.

    Axes: x to the right of the picture, y down (along gravity in 3D), z away from the camera. Sources that
    differ are turned when they are read, so nothing downstream asks which way is up.

    Attributes:
        positions: (T, J, D) with D 2 or 3; a missing joint is NaN in every coordinate.
        confidence: (T, J) in 0–1; 0 where the joint is missing.
        timestamps: (T,) seconds, strictly increasing.
        skeleton: names of the J joints.
        unit: "pixel", "metre", or "body" (arbitrary or body-relative lengths).

    Raises:
        InputError: naming every problem at once (shapes, unit, order of time, infinities, empty).
    """

    positions: FloatArray
    confidence: FloatArray
    timestamps: FloatArray
    skeleton: Skeleton
    unit: Unit = field(default="metre")

    def __post_init__(self) -> None:
        positions = np.array(self.positions, dtype=np.float64)
        confidence = np.array(self.confidence, dtype=np.float64)
        timestamps = np.array(self.timestamps, dtype=np.float64)
        problems = _find_problems(positions, confidence, timestamps, self.skeleton, self.unit)
        if problems:
            raise InputError("this is no valid motion: " + "; ".join(problems))
        # A joint is either there with all its coordinates or missing: no half-known joint travels.
        missing = np.isnan(positions).any(axis=-1)
        positions[missing] = np.nan
        confidence[missing] = 0.0
        for name, array in (("positions", positions), ("confidence", confidence), ("timestamps", timestamps)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.timestamps)

    def __repr__(self) -> str:
        seconds = f"{self.duration_s:.1f} s" if len(self) > 1 else "one moment"
        return f"Motion({self.skeleton.name}, {len(self)} frames, {self.n_dimensions}D in {self.unit}s, {seconds})"

    @property
    def n_dimensions(self) -> int:
        return int(self.positions.shape[2])

    @property
    def fps(self) -> float:
        """Frames per second from the median time step; NaN for a single frame."""
        return float(1.0 / np.median(np.diff(self.timestamps))) if len(self) > 1 else float("nan")

    @property
    def duration_s(self) -> float:
        """Seconds from the first frame to the end of the last one."""
        return float(self.timestamps[-1] - self.timestamps[0] + (1.0 / self.fps if len(self) > 1 else 0.0))

    @property
    def missing(self) -> NDArray[np.bool_]:
        """(T, J), True where a joint has no position."""
        return np.isnan(self.positions[..., 0])

    def joint(self, name: str) -> FloatArray:
        """Path of one joint, (T, D); raises `SkeletonError` when there is none of that name."""
        return self.positions[:, self.skeleton.index(name)]

    def replace(self, **changes: object) -> Motion:
        """A copy with some fields replaced, validated again."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def frames(self, start: int, stop: int) -> Motion:
        """Frames start…stop-1 with their times."""
        return self.replace(
            positions=self.positions[start:stop],
            confidence=self.confidence[start:stop],
            timestamps=self.timestamps[start:stop],
        )

    def select(self, skeleton: Skeleton) -> Motion:
        """The same motion on a subset (or another order) of its joints; no joint is derived.

        Raises:
            SkeletonError: naming all joints that are not there (see `formnet.conversion` to derive them).
        """
        absent = [joint for joint in skeleton.joints if joint not in self.skeleton]
        if absent:
            raise SkeletonError(f"the joint set {self.skeleton.name!r} has no {', '.join(absent)}")
        order = self.skeleton.indices(skeleton.joints)
        return self.replace(positions=self.positions[:, order], confidence=self.confidence[:, order], skeleton=skeleton)


def _find_problems(
    positions: FloatArray, confidence: FloatArray, timestamps: FloatArray, skeleton: Skeleton, unit: str
) -> list[str]:
    problems = []
    if positions.ndim != 3 or positions.shape[-1] not in (2, 3):
        return [f"expected positions of shape (frames, joints, 2 or 3), got {positions.shape}"]
    n_frames, n_joints, _ = positions.shape
    if n_frames == 0:
        problems.append("it has no frames")
    if n_joints != len(skeleton):
        problems.append(f"expected {len(skeleton)} joints of {skeleton.name!r}, got {n_joints}")
    if confidence.shape != (n_frames, n_joints):
        problems.append(f"expected confidence of shape {(n_frames, n_joints)}, got {confidence.shape}")
    elif not ((confidence >= 0) & (confidence <= 1)).all():
        problems.append("confidence must lie in 0–1")
    if timestamps.shape != (n_frames,):
        problems.append(f"expected timestamps of shape {(n_frames,)}, got {timestamps.shape}")
    elif not np.isfinite(timestamps).all() or (np.diff(timestamps) <= 0).any():
        problems.append("timestamps must be finite and strictly increasing")
    elif len(timestamps) > 1:
        problems += _find_problems_of_time(timestamps)
    if np.isinf(positions).any():
        problems.append("positions must not be infinite (a missing joint is NaN)")
    elif (np.abs(positions) > MAX_PLACE).any():
        problems.append(f"positions must lie within ±{MAX_PLACE:.0e}")
    if unit not in get_args(Unit):
        problems.append(f"unit must be one of {', '.join(get_args(Unit))}, got {say_value(unit)}")
    return problems


def _find_problems_of_time(timestamps: FloatArray) -> list[str]:
    """What no recording has: years between two frames, or more frames than memory once they are even."""
    span_s, step_s = float(timestamps[-1] - timestamps[0]), float(np.median(np.diff(timestamps)))
    if not (span_s <= MAX_SPAN_S and step_s >= MIN_STEP_S and span_s / step_s <= MAX_EVEN_FRAMES):
        return [f"its times run over {span_s:.3g} s in steps of {step_s:.2g} s, which no recording does"]
    return []
