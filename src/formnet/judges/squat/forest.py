"""Extremely randomised trees (Geurts, Ernst and Wehenkel 2006): grown by scikit-learn, stored and read as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numba import njit
from sklearn.ensemble import ExtraTreesClassifier

from formnet.errors import CheckpointError
from formnet.judges.protocol import Arrays, require_range, take_array
from formnet.motion import FloatArray


@dataclass(frozen=True, eq=False)
class Forest:
    """The nodes of all trees, one after the other, each tree from its root; children come after their parents.

    Attributes:
        roots: (K,) first node of each tree.
        features: (n,) column that a node asks for; -1 in a leaf.
        thresholds: (n,) a row goes left when its value (as 32 bits) is at most this.
        left, right: (n,) children; in a leaf `left` is the row of `leaves`.
        leaves: (m, C) shares of the classes.
    """

    roots: np.ndarray
    features: np.ndarray
    thresholds: FloatArray
    left: np.ndarray
    right: np.ndarray
    leaves: np.ndarray

    def probabilities(self, features: FloatArray) -> FloatArray:
        """(N, F) → (N, C), the mean over trees."""
        return np.asarray(
            _walk_trees(
                np.ascontiguousarray(features, dtype=np.float32),
                self.roots, self.features, self.thresholds, self.left, self.right, self.leaves,
            )
        )  # fmt: skip

    def arrays(self) -> Arrays:
        names = ("roots", "features", "thresholds", "left", "right", "leaves")
        return {f"forest.{name}": getattr(self, name) for name in names}


def restore_forest(arrays: Mapping[str, np.ndarray], n_features: int, n_classes: int) -> Forest:
    """What `Forest.arrays` gave.

    Raises:
        CheckpointError: for what does not fit, also trees that would never end: compiled code checks nothing.
    """
    features = take_array(arrays, "forest.features", (None,), "i")
    n_nodes = len(features)
    leaves = take_array(arrays, "forest.leaves", (None, n_classes))
    roots = take_array(arrays, "forest.roots", (None,), "i")
    left, right = (take_array(arrays, f"forest.{name}", (n_nodes,), "i") for name in ("left", "right"))
    inner = features >= 0
    require_range(features, "forest.features", -1, n_features)
    require_range(roots, "forest.roots", 0, n_nodes)
    require_range(left[~inner], "forest.left", 0, len(leaves))
    nodes = np.flatnonzero(inner)
    for name, children in (("forest.left", left[inner]), ("forest.right", right[inner])):
        require_range(children, name, 0, n_nodes)
        if (children <= nodes).any():
            raise CheckpointError(f"{name!r} of the stored learner goes round in circles; get the model again")
    if not len(roots):
        raise CheckpointError("the stored learner has a forest without trees; get the model again")
    return Forest(roots, features, take_array(arrays, "forest.thresholds", (n_nodes,)), left, right, leaves)


def fit_forest(
    features: FloatArray, labels: np.ndarray, weights: FloatArray, n_classes: int, seed: int, *, trees: int = 300,
    least_leaf: int = 2, share: float = 0.1,
) -> Forest:  # fmt: skip
    """Grows a forest on (N, F).

    Args:
        weights: (N,) of the rows.
        least_leaf: rows in a leaf at least.
        share: of the features that every node may ask for.
    """
    grown = ExtraTreesClassifier(
        trees, min_samples_leaf=least_leaf, max_features=share, random_state=seed, n_jobs=1
    ).fit(features, labels, sample_weight=weights)
    return convert_forest(grown, n_classes)


def convert_forest(grown: ExtraTreesClassifier, n_classes: int) -> Forest:
    """The nodes of scikit-learn's trees; classes that it did not see get 0."""
    roots, parts, leaves = [], [], []
    n_nodes = n_leaves = 0
    for estimator in grown.estimators_:
        tree = estimator.tree_
        is_leaf = tree.children_left < 0
        rows = n_leaves + np.cumsum(is_leaf) - 1
        parts.append(
            (
                np.where(is_leaf, -1, tree.feature),
                np.where(is_leaf, 0.0, tree.threshold),
                np.where(is_leaf, rows, tree.children_left + n_nodes),
                np.where(is_leaf, 0, tree.children_right + n_nodes),
            )
        )
        shares = np.zeros((int(is_leaf.sum()), n_classes), dtype=np.float32)
        counts = tree.value[is_leaf, 0]
        shares[:, grown.classes_.astype(np.intp)] = counts / counts.sum(axis=1, keepdims=True)
        leaves.append(shares)
        roots.append(n_nodes)
        n_nodes, n_leaves = n_nodes + tree.node_count, n_leaves + len(shares)
    asked, thresholds, left, right = (np.concatenate([part[k] for part in parts]) for k in range(4))
    return Forest(
        np.array(roots, dtype=np.int32),
        asked.astype(np.int32),
        thresholds.astype(np.float64),
        left.astype(np.int32),
        right.astype(np.int32),
        np.concatenate(leaves),
    )


@njit(cache=True)
def _walk_trees(
    rows: np.ndarray,
    roots: np.ndarray,
    features: np.ndarray,
    thresholds: FloatArray,
    left: np.ndarray,
    right: np.ndarray,
    leaves: np.ndarray,
) -> FloatArray:
    total = np.zeros((len(rows), leaves.shape[1]))
    for row in range(len(rows)):
        for root in roots:
            node = root
            while features[node] >= 0:
                node = left[node] if rows[row, features[node]] <= thresholds[node] else right[node]
            for number in range(leaves.shape[1]):
                total[row, number] += leaves[left[node], number]
    return total / len(roots)
