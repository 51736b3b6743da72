"""Repetitions that several test files look at, made once."""

from __future__ import annotations

from functools import cache

import numpy as np

from formnet.body.load import load_body
from formnet.faults import WASEDA_CLASSES
from formnet.skeleton import SMPL_24
from formnet.synth.dataset import Repetitions, sample_repetitions

J = SMPL_24.index


@cache
def everyone() -> Repetitions:
    """Forty people of each class, severities as drawn."""
    return sample_repetitions(load_body(), np.random.default_rng(11), 40 * len(WASEDA_CLASSES), frames=48)


@cache
def graded(name: str, severity: float) -> Repetitions:
    """The same thirty people, all with one fault at one severity."""
    count = 30
    labels = np.full(count, WASEDA_CLASSES.index(name))
    return sample_repetitions(
        load_body(), np.random.default_rng(12), count, frames=32, labels=labels, severity=np.full(count, severity)
    )


def of_class(name: str) -> np.ndarray:
    """Rows of `everyone` with that class."""
    return np.flatnonzero(everyone().labels == WASEDA_CLASSES.index(name))


def at_bottom(repetitions: Repetitions, values: np.ndarray) -> np.ndarray:
    """Values (N, …) of (N, T, …) at the frame nearest to the true bottom."""
    frame = np.abs(repetitions.timestamps - repetitions.bottom_s[:, None]).argmin(axis=1)
    return values[np.arange(len(values)), frame]


def angle_deg(joints: np.ndarray, first: str, middle: str, last: str) -> np.ndarray:
    """Angle at a joint, (...) for joints (..., 24, 3)."""
    a, b = (joints[..., J(end), :] - joints[..., J(middle), :] for end in (first, last))
    cos = (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return np.degrees(np.arccos(np.clip(cos, -1, 1)))


def middle(joints: np.ndarray, name: str) -> np.ndarray:
    """Mean of the left and the right joint."""
    return (joints[..., J(f"left_{name}"), :] + joints[..., J(f"right_{name}"), :]) / 2


def knee_width_ratio(joints: np.ndarray) -> np.ndarray:
    """Knee width over ankle width seen from the front."""
    width = {name: joints[..., J(f"left_{name}"), 0] - joints[..., J(f"right_{name}"), 0] for name in ("knee", "ankle")}
    return width["knee"] / width["ankle"]


def hip_over_knee(joints: np.ndarray) -> np.ndarray:
    """Height of the hips over the knees in shank lengths (y points down)."""
    shank = np.linalg.norm(joints[..., J("left_knee"), :] - joints[..., J("left_ankle"), :], axis=-1)
    return (middle(joints, "knee") - middle(joints, "hip"))[..., 1] / shank


def back_bend_deg(poses: np.ndarray) -> np.ndarray:
    """Bending of the spine forwards, summed over its three joints."""
    return np.degrees(poses[..., [J("spine1"), J("spine2"), J("spine3")], 0].sum(-1))


def head_extension_deg(poses: np.ndarray) -> np.ndarray:
    """Extension of neck and head against the chest."""
    return -np.degrees(poses[..., J("neck"), 0] + poses[..., J("head"), 0])
