"""What people look like as a whole: places joints that were not found where the others leave them.

A point distribution model (Cootes et al., CVIU 1995) of the labelled people of a training: joints, less their mean and
over their size, are Gaussian; missing ones are the conditional mean given the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from formnet.pose.grouping.base import FoundPeople

_AXES = 16
"""Of how joints vary together, the largest."""
_LEAST_LABELLED = 100
"""People with all joints labelled, without whom there is no model."""
_LEAST_FOUND = 4
_NOISE = 0.1
"""Standard deviation of found joints about the model, over the person's size."""
_OF_SHAPE = 0.02
"""Confidence of a joint that is where the model has it."""
_ROUNDS = 4
"""Mean and size of a person depend on where the missing joints are: both are found in turn."""


@dataclass(frozen=True)
class PoseShape:
    """Mean (J, 2) and axes (K, J, 2), each one standard deviation long, of joints of mean 0 and size 1.

    Size is the root of the mean squared distance of joints from their mean.
    """

    mean: tuple[tuple[float, float], ...]
    axes: tuple[tuple[tuple[float, float], ...], ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"mean": self.mean, "axes": self.axes}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PoseShape:
        """The inverse; raises `KeyError`, `TypeError` or `ValueError` for what is no shape."""
        mean, axes = np.array(values["mean"], dtype=float), np.array(values["axes"], dtype=float)
        if mean.ndim != 2 or mean.shape[1] != 2 or axes.shape[1:] != mean.shape or not np.isfinite(axes).all():
            raise ValueError("a shape has a mean (J, 2) and axes (K, J, 2)")
        return _round(mean, axes)

    def complete(self, joints: NDArray[np.float64]) -> NDArray[np.float64]:
        """Joints (J, 2) of one person with those that are NaN placed; unchanged when fewer than four are known."""
        is_known = np.isfinite(joints[:, 0])
        if is_known.sum() < _LEAST_FOUND or is_known.all():
            return joints
        mean, axes = np.array(self.mean), np.array(self.axes)
        own = axes[:, is_known].reshape(len(axes), -1)
        gram = own @ own.T + _NOISE**2 * np.eye(len(axes))
        shape = mean
        for _ in range(_ROUNDS):
            centre, size = _align(shape[is_known], joints[is_known])
            away = (joints[is_known] - centre) / size - mean[is_known]
            weights = np.linalg.solve(gram, own @ away.ravel())
            shape = mean + np.tensordot(weights, axes, axes=1)
        return np.where(is_known[:, None], joints, centre + size * shape)


def _align(shape: NDArray[np.float64], joints: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Shift (2,) and scale that bring a shape's joints (N, 2) nearest to those of a person."""
    inner, outer = shape - shape.mean(axis=0), joints - joints.mean(axis=0)
    size = max(float((inner * outer).sum() / max((inner**2).sum(), 1e-12)), 1e-6)
    return joints.mean(axis=0) - size * shape.mean(axis=0), size


def fit_shape(joints: NDArray[np.float64], mirror: NDArray[np.intp]) -> PoseShape | None:
    """The model of people (P, J, 2) and of their mirror images; None when too few have all joints labelled.

    Args:
        mirror: number of each joint's other side, see `Skeleton.mirror`.
    """
    whole = joints[np.isfinite(joints).all(axis=(1, 2))]
    if len(whole) < _LEAST_LABELLED:
        return None
    both = np.concatenate([whole, whole[:, mirror] * (-1, 1)])
    both = both - both.mean(axis=1, keepdims=True)
    both /= np.sqrt((both**2).sum(axis=-1).mean(axis=1))[:, None, None]
    mean = both.mean(axis=0)
    _, lengths, axes = np.linalg.svd((both - mean).reshape(len(both), -1), full_matrices=False)
    scaled = axes[:_AXES] * lengths[:_AXES, None] / np.sqrt(len(both))
    return _round(mean, scaled.reshape(-1, *mean.shape))


def _round(mean: NDArray[np.float64], axes: NDArray[np.float64]) -> PoseShape:
    def pairs(rows: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
        return tuple((round(float(x), 4), round(float(y), 4)) for x, y in rows)

    return PoseShape(pairs(mean), tuple(pairs(axis) for axis in axes))


def complete_people(people: FoundPeople, shape: PoseShape | None) -> FoundPeople:
    """People whose missing joints are where the shape has them, with a confidence that says so; scores stay."""
    if shape is None or not len(people):
        return people
    joints = np.stack([shape.complete(person) for person in people.joints])
    is_new = np.isfinite(joints[..., 0]) & np.isnan(people.joints[..., 0])
    return FoundPeople(joints, np.where(is_new, _OF_SHAPE, people.confidence), people.score, people.solid)
