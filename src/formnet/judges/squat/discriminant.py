"""Linear discriminants on features that hold over days, bagged over features and days.

Each member sees a random part of the features and, in turn, all days but one. It keeps the best few features of every
pair of classes by cell-balanced Fisher ratios and fits a discriminant with a shrunk common covariance (Friedman 1989).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from formnet.errors import CheckpointError
from formnet.judges.protocol import Arrays, require_range, take_array
from formnet.judges.squat.cells import compute_cell_weights, compute_fisher_ratios, pick_features
from formnet.motion import FloatArray

MOST_DEVIATIONS = 3.0
LEAST_LEFT = 8
UNLIKELY = -1e9
"""Score of a class that was not learnt."""


@dataclass(frozen=True, eq=False)
class Discriminants:
    """Members one after the other: `sizes` (M,) features each, D together.

    Attributes:
        indices: (D,) columns of the features.
        centres, spreads: (D,) robust place and scale of each.
        weights: (D, C); biases: (M, C).
    """

    sizes: np.ndarray
    indices: np.ndarray
    centres: FloatArray
    spreads: FloatArray
    weights: FloatArray
    biases: FloatArray

    def probabilities(self, features: FloatArray) -> FloatArray:
        """(N, F) → (N, C), the mean over members."""
        edges = np.concatenate([[0], np.cumsum(self.sizes)])
        total = np.zeros((len(features), self.biases.shape[1]))
        for number, bias in enumerate(self.biases):
            part = slice(edges[number], edges[number + 1])
            values = compute_robust_scores(features[:, self.indices[part]], self.centres[part], self.spreads[part])
            total += softmax(values @ self.weights[part] + bias, axis=1)
        return np.asarray(total / len(self.biases))

    def arrays(self) -> Arrays:
        names = ("sizes", "indices", "centres", "spreads", "weights", "biases")
        return {f"discriminants.{name}": getattr(self, name) for name in names}


def restore_discriminants(arrays: Mapping[str, np.ndarray], n_features: int, n_classes: int) -> Discriminants:
    """What `Discriminants.arrays` gave; raises `CheckpointError` for what does not fit."""
    sizes = take_array(arrays, "discriminants.sizes", (None,), "i")
    if not len(sizes) or (sizes < 1).any():
        raise CheckpointError("'discriminants.sizes' of the stored learner holds nothing; get the model again")
    width = int(sizes.sum())
    indices = take_array(arrays, "discriminants.indices", (width,), "i")
    require_range(indices, "discriminants.indices", 0, n_features)
    spreads = take_array(arrays, "discriminants.spreads", (width,))
    if not (spreads > 0).all():
        raise CheckpointError("'discriminants.spreads' of the stored learner must be above 0; get the model again")
    return Discriminants(
        sizes,
        indices,
        take_array(arrays, "discriminants.centres", (width,)),
        spreads,
        take_array(arrays, "discriminants.weights", (width, n_classes)),
        take_array(arrays, "discriminants.biases", (len(sizes), n_classes)),
    )


def fit_discriminants(
    features: FloatArray, labels: np.ndarray, groups: np.ndarray, n_classes: int, seed: int, *, members: int = 15,
    share: float = 0.4, per_pair: int = 10, shrinkage: float = 0.3,
) -> Discriminants:  # fmt: skip
    """Fits all members.

    Args:
        features: (N, F), finite.
        share: of the features that a member sees.
        per_pair: features that a member keeps for each pair of classes.
        shrinkage: of the covariance towards a multiple of the unit matrix.
    """
    names = np.unique(groups)
    parts = []
    for member in range(members):
        rng = np.random.default_rng((seed, member))
        columns = rng.choice(features.shape[1], max(1, round(share * features.shape[1])), replace=False)
        rows = np.ones(len(labels), dtype=bool)
        if len(names) > 1:
            rows = groups != names[member % len(names)]
            for label in np.unique(labels):
                # A class that this day alone shows would be lost.
                if (labels[rows] == label).sum() < LEAST_LEFT:
                    rows |= labels == label
        parts.append(
            (
                columns,
                _fit_member(features[rows][:, columns], labels[rows], groups[rows], n_classes, per_pair, shrinkage),
            )
        )
    return Discriminants(
        np.array([len(part[0]) for _, part in parts], dtype=np.int64),
        np.concatenate([columns[part[0]] for columns, part in parts]).astype(np.int64),
        np.concatenate([part[1] for _, part in parts]),
        np.concatenate([part[2] for _, part in parts]),
        np.concatenate([part[3] for _, part in parts]),
        np.stack([part[4] for _, part in parts]),
    )


def _fit_member(
    features: FloatArray, labels: np.ndarray, groups: np.ndarray, n_classes: int, per_pair: int, shrinkage: float
) -> tuple[np.ndarray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Columns that were kept, their centres and spreads, weights (d, C) and bias (C,)."""
    centres = np.median(features, axis=0)
    quarters = np.percentile(features, [25, 75], axis=0)
    # Half from the deviation, half from the quartiles (0.74 of their distance is a normal deviation).
    spreads = 0.5 * features.std(axis=0) + 0.37 * (quarters[1] - quarters[0]) + 1e-6
    values = compute_robust_scores(features, centres, spreads)
    standard = (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-9)
    picked = sorted(
        {
            number
            for ratios in compute_fisher_ratios(values, labels, groups).values()
            for number in pick_features(ratios, standard, per_pair)
        }
    )
    weights, bias = fit_shrunk_discriminant(
        values[:, picked], labels, compute_cell_weights(labels, groups), n_classes, shrinkage
    )
    return np.array(picked, dtype=np.int64), centres[picked], spreads[picked], weights, bias


def fit_shrunk_discriminant(
    values: FloatArray, labels: np.ndarray, weights: FloatArray, n_classes: int, shrinkage: float
) -> tuple[FloatArray, FloatArray]:
    """Weights (d, C) and bias (C,) of the linear discriminant with equal priors; classes not there are never named."""
    present = np.unique(labels)
    means = np.zeros((n_classes, values.shape[1]))
    for label in present:
        means[label] = np.average(values[labels == label], axis=0, weights=weights[labels == label])
    rest = values - means[labels]
    covariance = (rest * weights[:, None]).T @ rest / weights.sum()
    level = max(float(np.trace(covariance)) / len(covariance), 1e-9)
    covariance = (1 - shrinkage) * covariance + shrinkage * level * np.eye(len(covariance))
    solved = np.linalg.solve(covariance, means.T)
    bias = -0.5 * (means.T * solved).sum(axis=0)
    bias[np.setdiff1d(np.arange(n_classes), present)] = UNLIKELY
    return solved, bias


def compute_robust_scores(features: FloatArray, centres: FloatArray, spreads: FloatArray) -> FloatArray:
    """Robust scores, at most ±`MOST_DEVIATIONS`."""
    return np.asarray(np.clip((features - centres) / spreads, -MOST_DEVIATIONS, MOST_DEVIATIONS))
