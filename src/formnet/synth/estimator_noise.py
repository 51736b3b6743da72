"""What a pose estimator makes of true joints: its systematic errors and its noise, learned from renders.

The model has two parts, both fitted on clips that were rendered and then seen by the real estimator
(`formnet.rendered.fit_noise`):

- a small network that maps the true landmarks of a frame, seen from the camera, to the 3D landmarks that come
  from the estimator on average (`formnet.pose.depth`: perspective, flattened depth, guessed hidden
  limbs, lagging motion) and to their visibility;
- what is left, in its principal directions: an offset that stays for the whole clip (clothes, proportions,
  light) and a first-order autoregressive jitter, with scales that grow where the estimator is less sure.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from formnet.errors import InputError
from formnet.skeleton import BLAZEPOSE_33
from formnet.storage.arrays import read_arrays, write_arrays

Array = NDArray[np.float32]

LAG_S = 0.1
"""The estimator smooths over time: how far back the network may look, in seconds."""

_HIPS = BLAZEPOSE_33.indices(["left_hip", "right_hip"])


@dataclass(frozen=True, eq=False)
class EstimatorNoise:
    """Fitted error model for BlazePose-33 landmarks.

    Attributes:
        input_mean, input_scale: (I,) normalisation of the network's input.
        weights: layer matrices (I, H), (H, H), (H, 132); the last gives 99 offsets in metres and 33 logits.
        biases: one for each layer.
        basis: (K, 99) principal directions of the residual, metres.
        clip_scale, frame_scale: (K,) standard deviations of the clip's offset and of the jitter.
        persistence: (K,) correlation of the jitter over `LAG_S`.
    """

    input_mean: Array
    input_scale: Array
    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    basis: Array
    clip_scale: Array
    frame_scale: Array
    persistence: Array

    def expect(self, inputs: Array) -> tuple[Array, Array]:
        """Mean offsets (n, 99) in metres and visibility (n, 33) for network inputs (n, I)."""
        hidden = (inputs - self.input_mean) / self.input_scale
        with np.errstate(over="ignore"):
            hidden = self._apply_layers(hidden)
            return hidden[:, :99], np.asarray(1 / (1 + np.exp(-hidden[:, 99:])))

    def _apply_layers(self, hidden: Array) -> Array:
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            hidden = hidden @ weight + bias
            if number < len(self.weights) - 1:
                hidden = hidden / (1 + np.exp(-hidden))
        return hidden

    def estimate(
        self, landmarks: NDArray[np.floating], step_s: float, rng: np.random.Generator, strength: float = 1.0
    ) -> tuple[Array, Array]:
        """Plays the estimator.

        Args:
            landmarks: (N, T, 33, 3) true landmarks in camera axes, metres.
            step_s: seconds between frames.
            strength: factor on the random part; 0 gives the systematic part alone.

        Returns:
            Landmarks (N, T, 33, 3), centred on the hips, and visibility
            (N, T, 33).
        """
        n_clips, n_frames = landmarks.shape[:2]
        centred = centre_on_hips(landmarks)
        inputs = build_inputs(landmarks, step_s).reshape(n_clips * n_frames, -1)
        offsets, visibility = self.expect(inputs)
        drawn = self._draw(n_clips, n_frames, step_s, rng) * strength
        shaped = (offsets.reshape(n_clips, n_frames, 99) + drawn @ self.basis).reshape(n_clips, n_frames, 33, 3)
        return centre_on_hips(centred + shaped), visibility.reshape(n_clips, n_frames, 33)

    def _draw(self, n_clips: int, n_frames: int, step_s: float, rng: np.random.Generator) -> Array:
        """Coefficients (N, T, K) of the residual: a constant of the clip plus a stationary AR(1) process."""
        size = (n_clips, len(self.basis))
        constant = rng.normal(size=size) * self.clip_scale
        carry = np.clip(self.persistence, 1e-3, 0.999) ** (step_s / LAG_S)
        fresh = np.sqrt(1 - carry**2)
        jitter = np.empty((n_clips, n_frames, size[1]), dtype=np.float32)
        state = rng.normal(size=size)
        for frame in range(n_frames):
            jitter[:, frame] = state
            state = carry * state + fresh * rng.normal(size=size)
        return (constant[:, None] + jitter * self.frame_scale).astype(np.float32)

    def write(self, path: Path) -> None:
        """Stores the model in half precision (npz, no pickle)."""
        arrays: dict[str, Any] = {name: getattr(self, name).astype(np.float16) for name in _PLAIN_FIELDS}
        arrays |= {f"weight{i}": weight.astype(np.float16) for i, weight in enumerate(self.weights)}
        arrays |= {f"bias{i}": bias.astype(np.float16) for i, bias in enumerate(self.biases)}
        write_arrays(arrays, path)


_PLAIN_FIELDS = tuple(field.name for field in fields(EstimatorNoise) if field.name not in ("weights", "biases"))


SQUATS = Path(__file__).with_name("blazepose_noise.npz")
EXERCISES = Path(__file__).with_name("blazepose_noise_exercises.npz")
"""The two models that formnet brings: fitted on squats alone, whose errors are smaller, and on all known exercises."""
EXERCISES_BY_SIZE = {
    "fast": EXERCISES.with_stem(f"{EXERCISES.stem}_fast"),
    "standard": EXERCISES,
    "exact": EXERCISES.with_stem(f"{EXERCISES.stem}_exact"),
}
"""The same of the three sizes of the landmark network."""


def read_estimator_noise(path: Path = SQUATS) -> EstimatorNoise:
    """Reads a fitted model.

    Raises:
        InputError: when the file is missing or no such model.
    """
    try:
        stored = read_arrays(path, "estimator noise", "make one with formnet fit-noise")
        arrays = {name: array.astype(np.float32) for name, array in stored.items()}
        depth = sum(name.startswith("weight") for name in arrays)
        return EstimatorNoise(
            weights=tuple(arrays[f"weight{i}"] for i in range(depth)),
            biases=tuple(arrays[f"bias{i}"] for i in range(depth)),
            **{name: arrays[name] for name in _PLAIN_FIELDS},
        )
    except (ValueError, KeyError) as error:
        raise InputError(f"{path} holds no estimator noise ({error}); make one with formnet fit-noise") from error


def centre_on_hips(landmarks: NDArray[np.floating]) -> Array:
    """Landmarks (..., 33, 3) with the middle of the hips at the origin."""
    return np.asarray(landmarks - landmarks[..., _HIPS, :].mean(axis=-2, keepdims=True), dtype=np.float32)


def build_inputs(landmarks: NDArray[np.floating], step_s: float) -> Array:
    """What the network sees of each frame: (N, T, 33, 3) → (N, T, 201).

    The centred landmarks, their change over `LAG_S` (the first frames look back to the first), where the hips
    lie in the picture (tangents of the two angles off the camera's axis, since a person off the centre is seen
    turned), and one over their distance, which is the strength of the perspective.
    """
    centred = centre_on_hips(landmarks)
    back = max(1, round(LAG_S / step_s))
    earlier = np.concatenate([np.repeat(centred[:, :1], back, axis=1), centred], axis=1)[:, : centred.shape[1]]
    flat = centred.reshape(*centred.shape[:2], 99)
    change = (centred - earlier).reshape(flat.shape)
    hips = np.asarray(landmarks[..., _HIPS, :].mean(axis=-2), dtype=np.float32)
    bearing = hips[..., :2] / hips[..., 2:]
    return np.concatenate([flat, change, bearing, 1 / hips[..., 2:]], axis=-1)
