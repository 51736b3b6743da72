"""Scores of left-out rows → probabilities that mean what they say."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar, nnls
from scipy.special import log_softmax, softmax

from formnet.errors import InputError
from formnet.evaluation.risk_coverage import choose_unsure_below
from formnet.motion import FloatArray

LOWEST, HIGHEST = 0.02, 50.0
LEFT_OUT = ("groups", "repetitions")
"""What is left out of training for choices and calibration: people and days never seen, or single repetitions."""


def fit_slope(scores: FloatArray, labels: np.ndarray, *, lowest: float = LOWEST, highest: float = HIGHEST) -> float:
    """The factor on scores (N, C) that minimises the negative log-likelihood of softmax(factor · scores).

    A temperature (Guo et al., ICML 2017) turned upside down; with two classes of opposite scores it is Platt's scaling
    (1999) with the decision kept at 0. Bounded, because separable scores would send it to infinity. 1 without rows.
    """
    if not len(labels):
        return 1.0

    def loss(log_slope: float) -> float:
        log_probabilities = log_softmax(np.exp(log_slope) * scores, axis=1)
        return float(-log_probabilities[np.arange(len(labels)), labels].mean())

    best = minimize_scalar(loss, bounds=(np.log(lowest), np.log(highest)), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(best.x))


def fit_calibration(scores: FloatArray, labels: np.ndarray, target_accuracy: float) -> tuple[float, float]:
    """The slope of `fit_slope`, and the probability below which `choose_unsure_below` has the model doubt."""
    slope = fit_slope(scores, labels)
    return slope, choose_unsure_below(softmax(slope * scores, axis=1), labels, target_accuracy)


def fit_weights(scores: FloatArray, labels: np.ndarray, pull_rows: float = 2.0) -> FloatArray:
    """Weights (E,), none below 0, whose sum of the scores (E, N, C) of E experts comes nearest to ±1 in least squares.

    Stacked regressions (Breiman, Machine Learning 1996); the scores must be those of rows the experts did not see.
    Equal weights pull as if `pull_rows` more rows spoke for them: of use where rows are few or all experts are right.
    """
    n_experts, _, n_classes = scores.shape
    targets = np.where(labels[:, None] == np.arange(n_classes), 1.0, -1.0)
    pull = np.sqrt(pull_rows * n_classes)
    known = np.concatenate([scores.reshape(n_experts, -1).T, pull * np.eye(n_experts)])
    weights, _ = nnls(known, np.concatenate([targets.ravel(), np.full(n_experts, pull / n_experts)]))
    # Experts that are all worse than chance on people they have not seen: no reason to trust one more than another.
    return np.asarray(weights) if weights.any() else np.full(n_experts, 1.0 / n_experts)


def check_target(target_accuracy: float, inner_folds: int) -> None:
    """Raises `InputError` for a target outside 0…1, or one that no left-out rows could be held against."""
    if not 0.0 <= target_accuracy <= 1.0:
        raise InputError(f"expected a target accuracy of 0…1, got {target_accuracy}; 0.9 means nine of ten right")
    if target_accuracy and not inner_folds:
        raise InputError("a target accuracy needs rows that are left out of training; set inner_folds to 2 or more")


def check_left_out(left_out: str) -> None:
    """Raises `InputError` for what is none of `LEFT_OUT`."""
    if left_out not in LEFT_OUT:
        raise InputError(f"expected left_out of {' or '.join(LEFT_OUT)}, got {left_out!r}")


def make_inner_folds(groups: np.ndarray, seed: int, count: int, left_out: str = "groups") -> list[np.ndarray]:
    """At most `count` masks of rows that are held out together: whole groups, or random parts.

    Groups are dealt out by their rows, largest first, so that folds are about the same size. A single group falls into
    random parts, too.

    Args:
        left_out: one of `LEFT_OUT`.
    """
    names, sizes = np.unique(groups, return_counts=True)
    if left_out == "repetitions" or len(names) < 2:
        part = np.random.default_rng(seed).permutation(len(groups)) % min(count, len(groups))
        return [part == number for number in range(min(count, len(groups)))]
    folds = [np.zeros(len(groups), dtype=bool) for _ in range(min(count, len(names)))]
    for name in names[np.argsort(-sizes, kind="stable")]:
        smallest = min(range(len(folds)), key=lambda k: int(folds[k].sum()))
        folds[smallest] |= groups == name
    return folds
