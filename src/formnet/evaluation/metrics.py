"""How right, how balanced and how honest answers are: every figure that formnet reports, once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from formnet.errors import DataError
from formnet.evaluation.risk_coverage import compute_risk_coverage
from formnet.motion import FloatArray

METRICS = ("balanced_accuracy", "accuracy", "macro_f1", "calibration_error", "aurc")
N_BINS = 10
"""Of the calibration error: with more, bins of sets of a few hundred repetitions hold next to no answers."""


def compute_confusion(probabilities: FloatArray, labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """(C, C) counts, truth in rows, the most probable class in columns, of answers (N, C) to labels (N,)."""
    n_classes = probabilities.shape[1]
    pairs = np.asarray(labels, dtype=np.int64) * n_classes + probabilities.argmax(axis=1)
    return np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes).astype(np.int64)


def compute_recalls(confusion: NDArray[np.int64]) -> FloatArray:
    """(C,) share of each class that was found; NaN for one that does not occur."""
    support = confusion.sum(axis=1)
    return np.divide(confusion.diagonal(), support, out=np.full(len(confusion), np.nan), where=support > 0)


def compute_f1(confusion: NDArray[np.int64]) -> FloatArray:
    """(C,) harmonic mean of precision and recall; NaN for a class that neither occurs nor is named."""
    both = confusion.sum(axis=0) + confusion.sum(axis=1)
    return np.divide(2.0 * confusion.diagonal(), both, out=np.full(len(confusion), np.nan), where=both > 0)


def summarise_confusion(confusion: NDArray[np.int64]) -> dict[str, float]:
    """Balanced accuracy (mean recall of the classes that occur, as scikit-learn has it), accuracy, macro F1."""
    return {
        "balanced_accuracy": float(np.nanmean(compute_recalls(confusion))),
        "accuracy": float(confusion.trace() / confusion.sum()),
        "macro_f1": float(np.nanmean(compute_f1(confusion))),
    }


def compute_calibration_error(probabilities: FloatArray, labels: NDArray[np.integer], n_bins: int = N_BINS) -> float:
    """Mean gap between confidence and accuracy over equal bins of confidence, weighted by their rows.

    The expected calibration error of Guo et al. (ICML 2017) of answers (N, C) to labels (N,).
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    gaps = [abs(confidence[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    return float(np.sum(gaps))


def compute_metrics(probabilities: FloatArray, labels: NDArray[np.integer]) -> dict[str, float]:
    """All of `METRICS` of answers (N, C) to labels (N,); AURC is the area under the risk–coverage curve.

    Raises:
        DataError: for answers that are no numbers.
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    if not np.isfinite(probabilities).all():
        raise DataError("a method gave probabilities that are no numbers; its answers cannot be counted")
    return {
        **summarise_confusion(compute_confusion(probabilities, labels)),
        "calibration_error": compute_calibration_error(probabilities, labels),
        "aurc": compute_risk_coverage(probabilities, np.asarray(labels)).aurc,
    }


def describe_answers(
    probabilities: FloatArray, labels: NDArray[np.integer], classes: tuple[str, ...], side: str = "test"
) -> dict[str, Any]:
    """A flat, JSON-ready object: `side/balanced_accuracy`, …, per class, confusion table, majority baseline.

    A class that does not occur on this side has recall null. The majority baseline is the accuracy of always
    answering the most frequent class; its balanced accuracy is one over the number of classes that occur.
    """
    confusion = compute_confusion(probabilities, labels)
    recalls, f1, support = compute_recalls(confusion), compute_f1(confusion), confusion.sum(axis=1)
    figures: dict[str, Any] = {name: round(value, 6) for name, value in compute_metrics(probabilities, labels).items()}
    figures["majority_accuracy"] = round(float(support.max() / support.sum()), 6)
    figures["majority_balanced_accuracy"] = round(1.0 / int((support > 0).sum()), 6)
    figures["repetitions"] = int(support.sum())
    for i, name in enumerate(classes):
        occurs = bool(support[i] > 0)
        figures[f"recall/{name}"] = round(float(recalls[i]), 6) if occurs else None
        figures[f"f1/{name}"] = round(float(f1[i]), 6) if occurs else None
        figures[f"support/{name}"] = int(support[i])
    figures["confusion"] = confusion.tolist()
    return {f"{side}/{name}": value for name, value in figures.items()}
