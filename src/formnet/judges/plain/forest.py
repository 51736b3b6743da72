"""Random forest on joint-angle curves, summarised with regard to the deepest frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from formnet.geometry.angles import compute_angle_between_deg as _angle_deg
from formnet.judges.parts.series import compute_root, fill_missing, require_rows, resample_frames, spread_probabilities
from formnet.motion import FloatArray, Motion
from formnet.readers.table import RepetitionTable

CURVES = (
    "knee", "hip", "shoulder", "ankle", "trunk lean", "shin lean", "foot pitch",
    "knee width over ankle width", "hip height over the knee in shin lengths",
)  # fmt: skip
SUMMARIES = ("start", "half way down", "deepest", "half way up", "end", "least", "greatest", "mean", "spread")
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
    up = np.zeros((len(motion), motion.n_dimensions))
    up[:, 1] = -1.0

    def lean(low: str, high: str) -> FloatArray:
        return _mean_of_sides(lambda side: _angle_deg(_path(motion, side + high) - _path(motion, side + low), up))

    def triple(first: str, middle: str, last: str) -> FloatArray:
        return _mean_of_sides(
            lambda side: _angle_deg(
                _path(motion, side + first) - _path(motion, side + middle),
                _path(motion, side + last) - _path(motion, side + middle),
            )
        )

    shin = np.nanmedian(_mean_of_sides(lambda s: _length(motion, f"{s}knee", f"{s}ankle")))
    knees_y = _mean_of_sides(lambda side: _path(motion, side + "knee")[:, 1])
    widths = [_length(motion, f"left_{joint}", f"right_{joint}") for joint in ("knee", "ankle")]
    columns = [
        *(triple(*joints) for joints in _TRIPLES),
        _angle_deg(_neck(motion) - compute_root(motion), up),
        lean("ankle", "knee"),
        90.0 - lean("heel" if "left_heel" in motion.skeleton else "ankle", "foot_index"),
        widths[0] / np.maximum(widths[1], 1e-9),
        (knees_y - compute_root(motion)[:, 1]) / max(shin, 1e-9),
    ]
    return fill_missing(np.stack(columns, axis=1))


def find_deepest_frame(motion: Motion) -> int:
    """The frame whose hips are nearest to the floor, over the lower ankle; the middle where legs are missing."""
    ankles = np.stack([_path(motion, f"{side}_ankle")[:, 1] for side in ("left", "right")])
    height = ankles.max(axis=0) - compute_root(motion)[:, 1]
    return len(motion) // 2 if np.isnan(height).all() else int(np.nanargmin(height))


def summarise_repetition(motion: Motion) -> FloatArray:
    """(9 · 9 + 2,): `SUMMARIES` of each of `CURVES`, when the deepest frame comes (0–1), and seconds."""
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
        seed: of the forest.
    """

    def __init__(self, n_trees: int = 500, seed: int = 0) -> None:
        self.n_trees, self.seed = n_trees, seed

    def fit(self, table: RepetitionTable) -> AngleForest:
        require_rows(table)
        self._forest = RandomForestClassifier(
            self.n_trees, class_weight="balanced", min_samples_leaf=2, random_state=self.seed, n_jobs=1
        )
        self._forest.fit(_features(table), table.labels)
        return self

    def predict_proba(self, table: RepetitionTable) -> FloatArray:
        learnt = self._forest.predict_proba(_features(table))
        return spread_probabilities(learnt, self._forest.classes_, len(table.classes))


def _features(table: RepetitionTable) -> FloatArray:
    return np.stack([summarise_repetition(motion) for motion in table.motions])


def _path(motion: Motion, joint: str) -> FloatArray:
    if joint in motion.skeleton:
        return motion.joint(joint)
    return np.full((len(motion), motion.n_dimensions), np.nan)


def _neck(motion: Motion) -> FloatArray:
    if "neck" in motion.skeleton:
        return motion.joint("neck")
    return _mean_of_sides(lambda side: _path(motion, side + "shoulder"))


def _mean_of_sides(curve: Callable[[str], FloatArray]) -> FloatArray:
    return np.asarray(0.5 * (curve("left_") + curve("right_")))


def _length(motion: Motion, first: str, second: str) -> FloatArray:
    return np.asarray(np.linalg.norm(_path(motion, first) - _path(motion, second), axis=-1))
