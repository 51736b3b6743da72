"""How far a back is bent, by its outline seen from the side: what joints cannot show.

From the line between hips and shoulders rays go out backwards until they leave the person's silhouette; a parabola
through where they end is the back. Its bend at the bottom against that of the same person standing is the measurement.

No measure rests on it yet (benchmarks/outline.py): on rendered people it tells round and hollow backs, no better than a
lifter does from true joints. Of two good real clips from the side, one shows long hair that hangs free of the back when
standing and would be called 73° of rounding, and one a bar, of which it does not speak.
"""

from __future__ import annotations

import numpy as np

from formnet.motion import FloatArray
from formnet.skeleton import BLAZEPOSE_33

LOW, HIGH = 0.05, 0.7
"""The part of the back that is looked at, in shares from hips to shoulders: over the buttocks, under the neck."""
_RAYS = 33
_FARTHEST = 0.45
"""A ray that is still inside so far out, in lengths of the trunk, has met something else than the back."""
_ARM_BEHIND = 0.15
"""A wrist or elbow so far behind the line of the trunk, in its lengths, may be taken for the back."""
_LEAST_SHARE = 0.5


def measure_back_bend_deg(mask: FloatArray, joints: FloatArray) -> float:
    """Turn of the back's outline between the buttocks and the neck in degrees, positive rounded, negative hollow.

    Only for a person seen from the side (within about 25°) with nothing on or behind the back: a bar, a rucksack or
    loose cloth is outline, too.

    Args:
        mask: (H, W) 0–1, that a pixel belongs to the person (`Silhouette.in_picture`).
        joints: (33, 2) of BlazePose, pixels of the same picture.

    Returns:
        NaN where joints are missing, an arm is behind the back, or the outline is no back's.
    """
    at = _Trunk(joints)
    if not at.is_whole or at.arm_behind > _ARM_BEHIND:
        return float("nan")
    along = np.linspace(LOW, HIGH, _RAYS)
    away = np.array([at.cast(mask, share) for share in along])
    kept = np.isfinite(away)
    for _ in range(3):
        if kept.mean() < _LEAST_SHARE:
            return float("nan")
        curve = np.polyfit(along[kept], away[kept], 2)
        off = np.abs(away - np.polyval(curve, along))
        # A fold of cloth or a hand in the outline bends no back.
        kept = kept & (off <= max(0.02, 2.5 * float(np.nanmedian(off))))
    slopes = np.polyval(np.polyder(curve), [LOW, HIGH])
    return float(np.degrees(np.arctan(slopes[0]) - np.arctan(slopes[1])))


class _Trunk:
    """The line from hips to shoulders in a picture, and which side of it is the back."""

    def __init__(self, joints: FloatArray) -> None:
        def joint(name: str) -> FloatArray:
            return np.asarray(joints[BLAZEPOSE_33.index(name)], dtype=float)

        def middle(name: str) -> FloatArray:
            return 0.5 * (joint(f"left_{name}") + joint(f"right_{name}"))

        self._hips, trunk = middle("hip"), middle("shoulder") - middle("hip")
        self._length = float(np.linalg.norm(trunk))
        forwards = middle("foot_index") - middle("heel")
        self._up = trunk / max(self._length, 1e-9)
        aside = np.array([-self._up[1], self._up[0]])
        self._backwards = -np.sign(aside @ forwards) * aside
        arms = [joint(f"{side}_{name}") for side in ("left", "right") for name in ("elbow", "wrist")]
        self.arm_behind = max(float((arm - self._hips) @ self._backwards) for arm in arms) / max(self._length, 1e-9)
        self.is_whole = bool(np.isfinite([self.arm_behind, *self._backwards]).all() and self._length > 0)

    def cast(self, mask: FloatArray, share: float) -> float:
        """How far behind the trunk's line the silhouette ends, in trunk lengths; NaN where it does not."""
        steps = np.arange(0.0, _FARTHEST, 1.0 / max(2.0 * self._length, 1.0))
        start = self._hips + share * self._length * self._up
        points = np.round(start + self._length * steps[:, None] * self._backwards).astype(int)
        inside = ((points >= 0) & (points < np.array(mask.shape)[::-1])).all(axis=1)
        own = np.zeros(len(steps), dtype=bool)
        own[inside] = mask[points[inside, 1], points[inside, 0]] > 0.5
        left = np.flatnonzero(~own)
        return float(steps[left[0]]) if own[0] and len(left) else float("nan")
