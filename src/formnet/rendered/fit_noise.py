"""Fits `formnet.synth.estimator_noise` to what the real estimator returned on rendered clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from formnet.synth.estimator_noise import LAG_S, Array, EstimatorNoise, build_inputs, centre_on_hips

_WIDTH = 256
_N_DIRECTIONS = 48
_VISIBILITY_WEIGHT = 0.02
_RATE, _EPOCHS = 4e-3, 40
_RATE_FROM_START, _EPOCHS_FROM_START = 1e-4, 12
"""Faster, and a few clips teach a trained network their own chances."""


@dataclass(frozen=True, eq=False)
class EstimatedPair:
    """One rendered clip: the truth and what the estimator made of it.

    Attributes:
        truth: (T, 33, 3) true landmarks in camera axes, metres.
        estimated: (T, 33, 3) 3D landmarks from the estimator, NaN where it saw nobody.
        visibility: (T, 33).
        step_s: seconds between frames.
    """

    truth: NDArray[np.floating]
    estimated: NDArray[np.floating]
    visibility: NDArray[np.floating]
    step_s: float


def fit_estimator_noise(
    pairs: Sequence[EstimatedPair], *, n_epochs: int | None = None, seed: int = 0, start: EstimatorNoise | None = None
) -> EstimatorNoise:
    """Fits the network on all clips, and the residual on clips that the network has not seen.

    The residual comes from two-fold cross-fitting over clips: on its own training clips a network leaves less
    than it will on new ones.

    Args:
        start: a model whose network is begun with; another size of the estimator then needs far fewer clips.
    """
    n_epochs = n_epochs or (_EPOCHS if start is None else _EPOCHS_FROM_START)
    halves = [list(range(start, len(pairs), 2)) for start in (0, 1)]
    residuals: dict[int, Array] = {}
    for seen, unseen in (halves, halves[::-1]):
        model = _fit_network([pairs[i] for i in seen], n_epochs, seed, start)
        residuals |= {i: _residual(model, pairs[i]) for i in unseen}
    final = _fit_network(pairs, n_epochs, seed, start)
    return _with_residual(final, [(residuals[i], pair.step_s) for i, pair in enumerate(pairs)])


def _rows(pair: EstimatedPair) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Inputs (T, I), offsets (T, 99) and a mask (T,) of the frames in which somebody was seen."""
    inputs = build_inputs(pair.truth[None], pair.step_s)[0]
    offsets = (centre_on_hips(pair.estimated) - centre_on_hips(pair.truth)).reshape(len(inputs), 99)
    return inputs, offsets, ~np.isnan(offsets).any(axis=1)


def _fit_network(
    pairs: Sequence[EstimatedPair], n_epochs: int, seed: int, start: EstimatorNoise | None
) -> EstimatorNoise:
    torch.manual_seed(seed)
    rows = [(_rows(pair), pair.visibility) for pair in pairs]
    x = np.concatenate([inputs[seen] for (inputs, _, seen), _ in rows])
    y = np.concatenate([offsets[seen] for (_, offsets, seen), _ in rows])
    v = np.concatenate([visibility[seen] for (_, _, seen), visibility in rows]).astype(np.float32)
    mean, scale = (x.mean(axis=0), x.std(axis=0) + 1e-3) if start is None else (start.input_mean, start.input_scale)
    data = torch.utils.data.TensorDataset(
        torch.from_numpy((x - mean) / scale), torch.from_numpy(y), torch.from_numpy(v)
    )
    generator = torch.Generator().manual_seed(seed)
    batches = torch.utils.data.DataLoader(data, batch_size=256, shuffle=True, generator=generator)
    network = nn.Sequential(
        nn.Linear(x.shape[1], _WIDTH), nn.SiLU(), nn.Linear(_WIDTH, _WIDTH), nn.SiLU(), nn.Linear(_WIDTH, 132)
    )
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    if start is not None:
        for layer, weight, bias in zip(linear, start.weights, start.biases, strict=True):
            layer.weight.data, layer.bias.data = torch.from_numpy(weight.T.copy()), torch.from_numpy(bias.copy())
    rate = _RATE if start is None else _RATE_FROM_START
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=n_epochs * len(batches))
    for _ in range(n_epochs):
        for inputs, offsets, visibility in batches:
            predicted = network(inputs)
            # Metres are small numbers: in decimetres both terms have the size of ordinary losses.
            loss = nn.functional.smooth_l1_loss(predicted[:, :99] * 10, offsets * 10, beta=0.5)
            loss = loss + _VISIBILITY_WEIGHT * nn.functional.binary_cross_entropy_with_logits(
                predicted[:, 99:], visibility
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    none = np.zeros(0, dtype=np.float32)
    return EstimatorNoise(
        input_mean=mean,
        input_scale=scale,
        weights=tuple(layer.weight.detach().numpy().T.copy() for layer in linear),
        biases=tuple(layer.bias.detach().numpy().copy() for layer in linear),
        basis=np.zeros((0, 99), dtype=np.float32),
        clip_scale=none,
        frame_scale=none,
        persistence=none,
    )


def _residual(model: EstimatorNoise, pair: EstimatedPair) -> Array:
    """(T, 99) what the network does not explain, NaN in frames without a person."""
    inputs, offsets, _ = _rows(pair)
    return offsets - model.expect(inputs)[0]


def _with_residual(model: EstimatorNoise, residuals: Sequence[tuple[Array, float]]) -> EstimatorNoise:
    """Adds principal directions, scales and persistence of what is left: (T, 99) and seconds per frame of each clip."""
    seen = [(residual[~np.isnan(residual).any(axis=1)], step_s) for residual, step_s in residuals]
    seen = [(residual, step_s) for residual, step_s in seen if len(residual) > 2]
    stacked = np.concatenate([residual for residual, _ in seen])
    _, _, basis = np.linalg.svd(stacked[:: max(1, len(stacked) // 20_000)], full_matrices=False)
    basis = basis[:_N_DIRECTIONS]
    coefficients = [residual @ basis.T for residual, _ in seen]
    offsets = np.stack([c.mean(axis=0) for c in coefficients])
    jitter = [c - c.mean(axis=0) for c in coefficients]
    lagged, power = np.zeros(len(basis)), np.full(len(basis), 1e-12)
    for change, (_, step_s) in zip(jitter, seen, strict=True):
        back = max(1, round(LAG_S / step_s))
        lagged += (change[back:] * change[:-back]).sum(axis=0)
        power += (change[back:] ** 2 + change[:-back] ** 2).sum(axis=0) / 2
    return replace(
        model,
        basis=basis.astype(np.float32),
        clip_scale=offsets.std(axis=0).astype(np.float32),
        frame_scale=np.concatenate(jitter).std(axis=0).astype(np.float32),
        persistence=np.clip(lagged / power, 0.0, 0.999).astype(np.float32),
    )
