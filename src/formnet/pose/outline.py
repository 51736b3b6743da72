"""The outline of a back seen from the side, traced in a person's silhouette: what joints cannot show.

From the line between hips and shoulders rays go out backwards until they leave the silhouette; where they end is the
back. How its upper half is turned against its lower half tells how far it is bent.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from formnet.motion import FloatArray
from formnet.skeleton import BLAZEPOSE_33

LOW, MIDDLE, HIGH = 0.0, 0.4, 0.8
"""The part of the back that is looked at, in shares from hips to shoulders, and where its halves meet."""
N_RAYS = 33
_FARTHEST = 0.45
"""A ray that is still inside so far out, in lengths of the trunk, has met something else than the back."""
_STEP = 0.01
_LEAST_SHARE = 0.7
"""So many rays have to end on the back."""
_SHAPE = 4
_FOLD = 0.02
"""What lies so far off a polynomial of that degree, in lengths of the trunk, is a fold of cloth."""
_ARM = 0.1
"""How thick an arm is about its bones, in lengths of the trunk."""


def trace_back(own_at: Callable[[FloatArray], FloatArray], joints: FloatArray, width: int, height: int) -> FloatArray:
    """(33,) how far behind the line from hips to shoulders the silhouette ends, in its lengths, from `LOW` to `HIGH`.

    Args:
        own_at: for pixels (R, S, 2) of the picture 0–1, that they belong to the person (`Silhouette.sample`).
        joints: (33, 2) of BlazePose, pixels of the picture.
        width, height: of the picture: what lies outside of it is no outline.

    Returns:
        NaN where a ray never leaves the person or leaves the picture, and where joints are missing.
    """
    trunk = _Trunk(joints)
    steps = np.arange(0.0, _FARTHEST, _STEP)
    places = trunk.place(np.linspace(LOW, HIGH, N_RAYS)[:, None], steps[None])
    if not np.isfinite(places).all():
        return np.full(N_RAYS, np.nan)
    own = np.array(own_at(places))
    own[((places < 0) | (places > [width - 1, height - 1])).any(axis=-1)] = np.nan
    return np.array([_find_end(ray, steps) for ray in own])


def _find_end(own: FloatArray, steps: FloatArray) -> float:
    """Where a ray first sinks below one half, between two steps; NaN where it does not, or nothing is known before."""
    outside = np.flatnonzero(~(own >= 0.5))
    if not len(outside) or outside[0] == 0 or np.isnan(own[outside[0]]):
        return float("nan")
    last, first = outside[0] - 1, outside[0]
    return float(steps[last] + _STEP * (own[last] - 0.5) / (own[last] - own[first]))


def compute_bend_deg(back: FloatArray) -> tuple[float, float]:
    """How far the upper half of a traced back (33,) is turned against the lower, and how far it is from a smooth curve.

    Returns:
        Degrees, positive rounded, negative hollow, and the standard deviation about that curve in lengths of the trunk;
        NaN where too little of the back is there.
    """
    along = np.linspace(LOW, HIGH, len(back))
    kept = np.isfinite(back)
    curve, off = np.zeros(_SHAPE + 1), np.zeros(len(back))
    for _ in range(3):
        if kept.mean() < _LEAST_SHARE:
            return float("nan"), float("nan")
        curve = np.polyfit(along[kept], back[kept], _SHAPE)
        off = np.abs(back - np.polyval(curve, along))
        # A fold of cloth or a hand in the outline bends no back.
        kept = kept & (off <= max(_FOLD, 2.5 * float(np.nanmedian(off))))
    ends = [LOW, MIDDLE, HIGH]
    lower, upper = np.arctan(np.diff(np.polyval(curve, ends)) / np.diff(ends))
    return float(np.degrees(lower - upper)), float(np.sqrt(np.nanmean(off**2)))


def is_arm_behind(joints: FloatArray, back: FloatArray) -> bool:
    """Whether an elbow, a forearm or a wrist reaches out of a traced back (33,), so that it may be taken for it.

    Args:
        joints: (33, 2) of BlazePose in the same picture.
    """
    trunk = _Trunk(joints)
    along = np.linspace(LOW, HIGH, len(back))
    for side in ("left", "right"):
        shoulder, elbow, wrist = (_joint(joints, f"{side}_{name}") for name in ("shoulder", "elbow", "wrist"))
        upper, lower = (np.linspace(*limb, 9) for limb in ((shoulder, elbow), (elbow, wrist)))
        shares, away = trunk.measure(np.concatenate([upper, lower]))
        near = (shares >= LOW - _ARM) & (shares <= HIGH + _ARM)
        if (near & (away + _ARM > np.interp(shares, along, back))).any():
            return True
    return False


def place_back(back: FloatArray, joints: FloatArray) -> FloatArray:
    """(33, 2) a traced back in the picture whose joints (33, 2) are given, NaN where it was not found."""
    return _Trunk(joints).place(np.linspace(LOW, HIGH, len(back)), back)


def _joint(joints: FloatArray, name: str) -> FloatArray:
    return np.asarray(joints[BLAZEPOSE_33.index(name)], dtype=float)


class _Trunk:
    """The line from hips to shoulders in a picture, and which side of it is the back."""

    def __init__(self, joints: FloatArray) -> None:
        def middle(name: str) -> FloatArray:
            return 0.5 * (_joint(joints, f"left_{name}") + _joint(joints, f"right_{name}"))

        self._hips, trunk = middle("hip"), middle("shoulder") - middle("hip")
        self.length = float(np.linalg.norm(trunk))
        self._up = trunk / max(self.length, 1e-9)
        aside = np.array([-self._up[1], self._up[0]])
        self._backwards = -np.sign(aside @ (middle("foot_index") - middle("heel"))) * aside

    def place(self, shares: FloatArray, away: FloatArray) -> FloatArray:
        """(…, 2) pixels of what lies at shares from hips to shoulders and so many lengths of the trunk behind."""
        moved = shares[..., None] * self._up + away[..., None] * self._backwards
        return np.asarray(self._hips + self.length * moved)

    def measure(self, places: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Shares from hips to shoulders, and lengths behind that line, of pixels (…, 2)."""
        offset = (places - self._hips) / max(self.length, 1e-9)
        return offset @ self._up, offset @ self._backwards
