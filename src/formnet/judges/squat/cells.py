"""Weights and statistics by cells: the rows of one class on one day (or of one person)."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from formnet.motion import FloatArray

LEAST_ROWS = 3


def compute_cell_weights(labels: np.ndarray, groups: np.ndarray, power: float = 0.5) -> FloatArray:
    """(N,) weights: a cell of n rows weighs n^(1-power), every class the same, and all rows N together.

    A long day of one class teaches less than as many rows from several days.
    """
    weights = np.zeros(len(labels))
    for label in np.unique(labels):
        for group in np.unique(groups[labels == label]):
            cell = (labels == label) & (groups == group)
            weights[cell] = float(cell.sum()) ** -power
        weights[labels == label] /= weights[labels == label].sum()
    return np.asarray(weights * len(labels) / len(np.unique(labels)))


def compute_fisher_ratios(
    values: FloatArray, labels: np.ndarray, groups: np.ndarray
) -> dict[tuple[int, int], FloatArray]:
    """For every pair of classes (F,): how far each feature holds them apart, from one day to another.

    The squared difference of means over the sum of variances (Fisher 1936), where a class' mean is that of its cells
    and its variance that within cells plus that between them. A class of one cell is given the variance 1 between
    cells (features are expected at about unit scale).
    """
    means, variances = {}, {}
    for label in np.unique(labels).tolist():
        own = labels == label
        cells = [own & (groups == group) for group in np.unique(groups[own])]
        cells = [cell for cell in cells if cell.sum() >= LEAST_ROWS] or [own]
        centres = np.stack([values[cell].mean(axis=0) for cell in cells])
        within = np.mean([values[cell].var(axis=0) for cell in cells], axis=0)
        between = centres.var(axis=0, ddof=1) if len(cells) > 1 else np.ones(values.shape[1])
        means[label], variances[label] = centres.mean(axis=0), within + between
    return {
        (a, b): (means[a] - means[b]) ** 2 / (variances[a] + variances[b] + 0.05) for a, b in combinations(means, 2)
    }


def pick_features(
    ratios: FloatArray, standard: FloatArray, count: int, most_correlation: float = 0.9, most_looked_at: int = 600
) -> list[int]:
    """The best `count` features by their ratios, none correlated with a better one by `most_correlation` or more.

    Args:
        standard: (N, F) features with mean 0 and deviation 1.
    """
    picked: list[int] = []
    for number in np.argsort(-ratios, kind="stable")[:most_looked_at].tolist():
        correlations = standard[:, picked].T @ standard[:, number] / len(standard)
        if (np.abs(correlations) < most_correlation).all():
            picked.append(number)
        if len(picked) == count:
            break
    return picked
