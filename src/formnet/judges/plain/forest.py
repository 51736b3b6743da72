"""Random forest on joint-angle curves, summarised with regard to the deepest frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from formnet.geometry.angles import compute_lean_deg
from formnet.geometry.joints import Joints
from formnet.geometry.paths import interpolate_gaps, resample_frames
from formnet.geometry.vectors import compute_distance, compute_length
from formnet.judges.parts.series import compute_root, require_rows, spread_probabilities
from formnet.motion import FloatArray, Motion
from formnet.readers.table import RepetitionTable

CURVES = (
    "knee", "hip", "shoulder", "ankle", "trunk lean", "shin lean", "foot pitch",
    "knee width over ankle width", "hip height over the knee in shin lengths",
)  # fmt: skip
_TRIPLES = (
    ("hip", "knee", "ankle"),
    ("shoulder", "hip", "knee"),
    ("hip", "shoulder", "elbow"),
    ("knee", "ankle", "foot_index"),
)


def compute_angle_curves(motion: Motion) -> FloatArray:
    """(T, 9) curves in the order of `CURVES`: seven angles in degrees (mean of both sides) and two ratios.

    A curve that the joint set cannot give is 0.
    """
    joints = Joints.of(motion, absent="nan")
    root = compute_root(motion)
    shin = np.nanmedian(_mean_of_sides(compute_distance(*joints.side(s, "knee", "ankle")) for s in ("left", "right")))
    widths = [compute_length(joints.across(joint)) for joint in ("knee", "ankle")]
    back = "heel" if "left_heel" in joints else "ankle"
    columns = [
        *(_mean_of_sides(joints.angles_deg(*triple)) for triple in _TRIPLES),
        compute_lean_deg(root, joints["neck"]),
        90.0 - _mean_of_sides(joints.elevations_deg("ankle", "knee")),
        _mean_of_sides(joints.elevations_deg(back, "foot_index")),
        widths[0] / np.maximum(widths[1], 1e-9),
        (joints.middle("knee")[:, 1] - root[:, 1]) / max(shin, 1e-9),
    ]
    return interpolate_gaps(np.stack(columns, axis=1), unseen=0.0)


def find_deepest_frame(motion: Motion) -> int:
    """The frame whose hips are nearest to the floor, over the lower ankle; the middle where legs are missing."""
    joints = Joints.of(motion, absent="nan")
    ankles = np.stack([joints[f"{side}_ankle"][:, 1] for side in ("left", "right")])
    height = ankles.max(axis=0) - compute_root(motion)[:, 1]
    return len(motion) // 2 if np.isnan(height).all() else int(np.nanargmin(height))


def summarise_repetition(motion: Motion) -> FloatArray:
    """(9 · 9 + 2,): each of `CURVES` at the start, half way down, deepest, half way up and at the end, its least,
    greatest, mean and deviation; then when the deepest frame comes (0–1), and seconds."""
    curves = compute_angle_curves(motion)
    deepest = min(max(find_deepest_frame(motion), 1), max(len(motion) - 2, 1))
    down = resample_frames(curves[: deepest + 1], 5)
    up = resample_frames(curves[deepest:], 5)
    parts = (down[0], down[2], up[0], up[2], up[-1], curves.min(0), curves.max(0), curves.mean(0), curves.std(0))
    return np.concatenate([*parts, [deepest / max(len(motion) - 1, 1), motion.duration_s]])


class AngleForest:
    """Random forest on `summarise_repetition`, classes weighted by their rarity.

    Args:
        n_trees: trees of the forest.
    """

    def __init__(self, n_trees: int = 500) -> None:
        self.n_trees = n_trees

    def fit(self, table: RepetitionTable, seed: int = 0) -> AngleForest:
        require_rows(table)
        self.n_classes = len(table.classes)
        self._forest = RandomForestClassifier(
            self.n_trees, class_weight="balanced", min_samples_leaf=2, random_state=seed, n_jobs=1
        )
        self._forest.fit(_features(table.motions), table.labels)
        return self

    def probabilities(self, motions: Sequence[Motion]) -> FloatArray:
        learnt = self._forest.predict_proba(_features(motions))
        return spread_probabilities(learnt, self._forest.classes_, self.n_classes)

    def describe(self) -> dict[str, Any]:
        return {"learner": "forest", "n_trees": self.n_trees}


def _features(motions: Sequence[Motion]) -> FloatArray:
    return np.stack([summarise_repetition(motion) for motion in motions])


def _mean_of_sides(curves: Iterable[FloatArray]) -> FloatArray:
    """Half the sum of a left and a right curve."""
    left, right = curves
    return np.asarray(0.5 * (left + right))
