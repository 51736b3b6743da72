"""One repetition as measures see it: levelled, turned to the front, with the person's own standing beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from formnet.errors import InputError
from formnet.geometry.level import (
    compute_across,
    find_standing_frames,
    rotate_motion,
    rotation_to_front,
    rotation_to_level,
)
from formnet.geometry.view import compute_view_angle_deg
from formnet.motion import FloatArray, Motion
from formnet.skeleton import LIFTED_32

SIDES = ("left", "right")
_AROUND_S = 1.5
"""Standing is looked for this long before and after a repetition, then in all that surrounds it."""
_KEPT_S, _FAR_S = 10.0, 60.0
"""So much before and after a repetition surrounds it; the second where nobody stands within the first."""
_BOTTOM_S = 0.08
"""Values at the bottom are means over this long on both sides of it."""
_LEAST_CONFIDENCE = 0.4
"""A joint whose mean confidence at the bottom is below this on both sides is not seen there."""
_LEG = ("knee", "ankle", "heel", "foot_index")
_ALIKE = 1e-6
_FROM_THE_SIDE_DEG = 40.0
"""Nearer to the side than this one leg hides the other: of four real clips seen from 57–91°, without confidences the
nearer foot alone gives the rise of heels that is read with them (within 0.05 of a foot), both feet up to 0.12 more."""
_HIDDEN_BY = 0.15
"""A leg that is seen with so much less confidence than the other stands behind it."""


@dataclass(frozen=True, eq=False)
class Performance:
    """A repetition ready to be measured.

    Attributes:
        motion: (T, J, 3) what surrounds the repetition; axes of the person: x to their left, y down along
            gravity, z backwards, so that `-z` is forwards. Joints that the source lacks are NaN when asked for.
        start, bottom, end: frames of the repetition in `motion`, end inclusive.
        start_s, bottom_s, end_s: seconds on the clip's own clock.
        standing: (T,) frames that serve as the person's own standing; none where it was never seen.
        view_deg: from where the camera sees the person: 0 front, ±90 side, 180 back; NaN where unknown.
    """

    motion: Motion
    start: int
    bottom: int
    end: int
    start_s: float
    bottom_s: float
    end_s: float
    standing: NDArray[np.bool_]
    view_deg: float

    def joint(self, name: str) -> FloatArray:
        """(T, 3) path of a joint; NaN where the joint set lacks it."""
        if name in self.motion.skeleton:
            return self.motion.joint(name)
        return np.full((len(self.motion), 3), np.nan)

    def middle(self, name: str) -> FloatArray:
        """(T, 3) middle between a joint of the left and the right side; NaN unless both are there."""
        return np.asarray(0.5 * (self.joint(f"left_{name}") + self.joint(f"right_{name}")))

    def distances(self, first: str, second: str) -> FloatArray:
        """(T,) between two joints (`middle` of both sides where the name has none), NaN where unseen."""
        ends = [self.joint(n) if n in self.motion.skeleton else self.middle(n) for n in (first, second)]
        return np.asarray(np.linalg.norm(ends[0] - ends[1], axis=1))

    def length(self, first: str, second: str) -> float:
        """The median of `distances`."""
        distances = self.distances(first, second)
        return float(np.nanmedian(distances)) if np.isfinite(distances).any() else float("nan")

    @cached_property
    def hip_height(self) -> FloatArray:
        """(T,) middle of the hips over the middle of the ankles."""
        return np.asarray((self.middle("ankle") - self.middle("hip"))[:, 1])

    @cached_property
    def seen_sides(self) -> tuple[str, ...]:
        """The sides whose leg is seen well: both, or one where the other is hidden by it or has a foot out of sight.

        Where all confidences of joints lifted from a picture are alike they tell nothing: from the side the nearer leg
        hides the other.
        """
        sure = {side: joints for side in SIDES if (joints := self._sure_of_leg(side)).size}
        every = np.concatenate([joints.ravel() for joints in sure.values()]) if sure else np.zeros(1)
        is_from_side = abs(abs(self.view_deg) - 90.0) <= _FROM_THE_SIDE_DEG
        if is_from_side and np.ptp(every) < _ALIKE and self.motion.skeleton == LIFTED_32:
            return ("left",) if self.view_deg > 0 else ("right",)
        best = max((float(joints[0].mean()) for joints in sure.values()), default=0.0)
        near = {side: joints for side, joints in sure.items() if joints[0].mean() >= best - _HIDDEN_BY}
        whole = tuple(side for side, joints in near.items() if joints.min() >= _LEAST_CONFIDENCE)
        return whole or tuple(near)

    def _sure_of_leg(self, side: str) -> FloatArray:
        """(2, K) mean confidence of a leg's joints at the bottom and, where the person stands, standing."""
        known = self.motion.skeleton
        leg = known.indices([name for joint in _LEG if (name := f"{side}_{joint}") in known])
        moments = [self.at_bottom, self.standing] if self.standing.any() else [self.at_bottom]
        return np.stack([self.motion.confidence[frames][:, leg].mean(axis=0) for frames in moments])

    def hides(self, kind: str, frames: NDArray[np.bool_], least: float = _LEAST_CONFIDENCE) -> bool:
        """Whether no side shows a joint in some frames with this confidence: it is behind something, or outside of the
        picture.

        Args:
            kind: of a joint, either side will do; or with its side.
        """
        known = self.motion.skeleton
        names = [name for name in (kind, f"left_{kind}", f"right_{kind}") if name in known]
        sure = self.motion.confidence[frames][:, known.indices(names)].mean(axis=0)
        return bool(names) and float(sure.max()) < least

    def sides_showing(self, kind: str) -> tuple[str, ...]:
        """The sides on which a joint is seen at the bottom; both where neither is, or one side lacks it."""
        return tuple(side for side in SIDES if not self.hides(f"{side}_{kind}", self.at_bottom)) or SIDES

    @property
    def inside(self) -> slice:
        """The repetition's own frames."""
        return slice(self.start, self.end + 1)

    @cached_property
    def at_bottom(self) -> NDArray[np.bool_]:
        """(T,) frames around the deepest moment, at least one."""
        times_s = self.motion.timestamps
        near = np.abs(times_s - self.bottom_s) <= _BOTTOM_S
        near[self.bottom] = True
        return np.asarray(near)


def make_performance(motion: Motion, start: int, bottom: int, end: int, bottom_s: float | None = None) -> Performance:
    """Levels the camera by the person's own standing and turns the person to the front.

    Args:
        motion: (T, J, 3) the whole clip, gaps filled and smoothed, y roughly down; any unit of length.
        start, bottom, end: frames of the repetition, end inclusive.
        bottom_s: its deepest moment where it is known better than to a frame.

    Raises:
        InputError: for a motion without depth, or frames out of order.
    """
    if motion.n_dimensions != 3:
        raise InputError("measures need joints in 3D; choose a lifter, for example supervised")
    if not 0 <= start <= bottom <= end < len(motion):
        raise InputError(f"expected 0 ≤ start ≤ bottom ≤ end < {len(motion)}, got {start}, {bottom}, {end}")
    motion, stands, skipped = _cut_around(motion, start, end)
    start, bottom, end = start - skipped, bottom - skipped, end - skipped
    times_s = motion.timestamps
    standing = _choose_own_standing(stands, times_s, float(times_s[start]), float(times_s[end]))
    to_level = rotation_to_level(motion, standing)
    levelled = motion if to_level is None else rotate_motion(motion, to_level)
    inside = levelled.frames(start, end + 1)
    across = compute_across(inside)
    turned = levelled if across is None else rotate_motion(levelled, rotation_to_front(across))
    return Performance(
        turned, start, bottom, end,
        float(times_s[start]), float(times_s[bottom] if bottom_s is None else bottom_s), float(times_s[end]),
        standing, compute_view_angle_deg(inside),
    )  # fmt: skip


def _cut_around(motion: Motion, start: int, end: int) -> tuple[Motion, NDArray[np.bool_], int]:
    """What surrounds a repetition, further where the person does not stand near it; in which of its frames the person
    stands; and how many frames come before it.

    Nothing of a repetition rests on what is a minute away, and a recording of many would be read whole for each.
    """
    times_s = motion.timestamps
    for around_s in (_KEPT_S, _FAR_S):
        first = int(np.searchsorted(times_s, times_s[start] - around_s))
        last = int(np.searchsorted(times_s, times_s[end] + around_s, side="right"))
        part = motion.frames(first, last)
        stands = find_standing_frames(part)
        if stands.any():
            break
    return part, stands, first


def _choose_own_standing(
    standing: NDArray[np.bool_], times_s: FloatArray, start_s: float, end_s: float
) -> NDArray[np.bool_]:
    """(T,) the frames of standing next to a repetition; all of them where there are none near."""
    near = standing & (times_s >= start_s - _AROUND_S) & (times_s <= end_s + _AROUND_S)
    return near if near.any() else standing
