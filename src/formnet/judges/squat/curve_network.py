"""A small residual network on curves, trained to look at shapes rather than levels.

Every channel of a training row is moved and scaled at random, since what differs between days is mostly where a curve
lies; rows are drawn by weight and mixed (mixup; Zhang et al., ICLR 2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor, nn

from formnet.errors import CheckpointError
from formnet.judges.protocol import Arrays, take_array
from formnet.motion import FloatArray

MOST_DEVIATIONS = 4.0


@dataclass(frozen=True)
class CurveNetworkOptions:
    """How networks are trained; offsets, scales and noise in deviations of each channel."""

    members: int = 3
    width: int = 64
    layers: int = 3
    dropout: float = 0.2
    epochs: int = 25
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 2e-2
    label_smoothing: float = 0.1
    mixup: float = 0.2
    offset: float = 0.4
    scale: float = 0.15
    noise: float = 0.1


class _Block(nn.Module):
    """conv 5 (half the frames) – batch norm – ReLU – dropout – conv 3 – batch norm, plus a 1×1 shortcut; ReLU."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.first, self.second = nn.Conv1d(width, width, 5, 2, 2), nn.Conv1d(width, width, 3, 1, 1)
        self.first_norm, self.second_norm = nn.BatchNorm1d(width), nn.BatchNorm1d(width)
        self.shortcut, self.dropout = nn.Conv1d(width, width, 1, 2), nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.dropout(torch.relu(self.first_norm(self.first(x))))
        return torch.relu(self.second_norm(self.second(inner)) + self.shortcut(x))


class CurveNetwork(nn.Module):
    """(B, C, T) → logits (B, K): 1×1 convolution, residual layers, mean and maximum over time."""

    def __init__(self, n_channels: int, n_classes: int, width: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.channel_dropout, self.stem = nn.Dropout1d(0.1), nn.Conv1d(n_channels, width, 1)
        self.blocks = nn.Sequential(*(_Block(width, dropout) for _ in range(layers)))
        self.head = nn.Sequential(nn.Dropout(0.5), nn.Linear(2 * width, n_classes))

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(self.stem(self.channel_dropout(x)))
        logits: Tensor = self.head(torch.cat([x.mean(2), x.amax(2)], 1))
        return logits


@dataclass(frozen=True, eq=False)
class CurveNetworks:
    """Trained networks that vote, and the scale of their input, means and deviations (C,)."""

    means: FloatArray
    deviations: FloatArray
    networks: tuple[CurveNetwork, ...]
    width: int
    layers: int

    def probabilities(self, curves: FloatArray, batch_size: int = 64) -> FloatArray:
        """(N, T, C) → (N, K), the mean over networks."""
        values = scale_curves(curves, self.means, self.deviations)
        with torch.inference_mode():
            parts = [
                torch.stack(
                    [torch.softmax(network(values[i : i + batch_size]).double(), 1) for network in self.networks]
                )
                for i in range(0, len(values), batch_size)
            ]
        return np.asarray(torch.cat(parts, dim=1).mean(0).numpy())

    def arrays(self) -> Arrays:
        arrays = {"network.means": self.means, "network.deviations": self.deviations}
        for number, network in enumerate(self.networks):
            for name, tensor in network.state_dict().items():
                arrays[f"network.{number}.{name}"] = tensor.numpy()
        return arrays

    def options(self) -> dict[str, int]:
        return {"members": len(self.networks), "width": self.width, "layers": self.layers}


def restore_networks(
    options: Mapping[str, int], arrays: Mapping[str, np.ndarray], n_channels: int, n_classes: int
) -> CurveNetworks:
    """What `CurveNetworks.arrays` and `.options` gave; raises `CheckpointError` for what does not fit."""
    width, layers, members = (int(options[name]) for name in ("width", "layers", "members"))
    if not (1 <= width <= 4096 and 1 <= layers <= 16 and 1 <= members <= 64):
        raise CheckpointError(f"the stored learner wants networks of {width} × {layers}; get the model again")
    deviations = take_array(arrays, "network.deviations", (n_channels,))
    networks = []
    for number in range(members):
        network = CurveNetwork(n_channels, n_classes, width, layers, 0.0)
        state = {}
        for name, tensor in network.state_dict().items():
            kind = "f" if tensor.is_floating_point() else "i"
            stored = take_array(arrays, f"network.{number}.{name}", tuple(tensor.shape), kind)
            state[name] = torch.from_numpy(np.array(stored)).to(tensor.dtype)
        network.load_state_dict(state)
        networks.append(network.eval())
    means = take_array(arrays, "network.means", (n_channels,))
    return CurveNetworks(means, deviations, tuple(networks), width, layers)


def scale_curves(curves: FloatArray, means: FloatArray, deviations: FloatArray) -> Tensor:
    """(N, T, C) → (N, C, T) 32-bit, standardised and clipped; what is missing becomes 0, the mean."""
    values = np.clip((curves - means) / deviations, -MOST_DEVIATIONS, MOST_DEVIATIONS)
    values = np.where(np.isfinite(values), values, 0.0).transpose(0, 2, 1)
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))


def fit_networks(
    curves: FloatArray, labels: np.ndarray, weights: FloatArray, n_classes: int, seed: int, options: CurveNetworkOptions
) -> CurveNetworks:
    """Trains `options.members` networks on (N, T, C); the same seed and threads give the same weights."""
    with np.errstate(invalid="ignore"):
        known = np.isfinite(curves)
        counts = np.maximum(known.sum(axis=(0, 1)), 1)
        means = np.where(known, curves, 0.0).sum(axis=(0, 1)) / counts
        deviations = np.sqrt(np.where(known, (curves - means) ** 2, 0.0).sum(axis=(0, 1)) / counts) + 1e-6
    values = scale_curves(curves, means, deviations)
    networks = [_train_one(values, labels, weights, n_classes, seed + k, options) for k in range(options.members)]
    return CurveNetworks(means, deviations, tuple(networks), options.width, options.layers)


def _train_one(
    values: Tensor, labels: np.ndarray, weights: FloatArray, n_classes: int, seed: int, options: CurveNetworkOptions
) -> CurveNetwork:
    rng, targets = np.random.default_rng(seed), torch.from_numpy(np.array(labels, dtype=np.int64))
    batch = min(options.batch_size, len(labels))
    n_steps = max(options.epochs * (len(labels) // batch), 2)
    loss = nn.CrossEntropyLoss(label_smoothing=options.label_smoothing)
    # Initial weights and dropout draw from PyTorch's own state; nobody else's draws are changed by ours.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = CurveNetwork(values.shape[1], n_classes, options.width, options.layers, options.dropout)
        optimiser = torch.optim.AdamW(network.parameters(), options.learning_rate, weight_decay=options.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.learning_rate, total_steps=n_steps)
        for _ in range(n_steps):
            rows = torch.from_numpy(rng.choice(len(labels), batch, p=weights / weights.sum()))
            x = _disturb(values[rows], options)
            share = float(rng.beta(options.mixup, options.mixup)) if options.mixup > 0 else 1.0
            order = torch.from_numpy(rng.permutation(batch))
            logits = network(share * x + (1 - share) * x[order])
            total = share * loss(logits, targets[rows]) + (1 - share) * loss(logits, targets[rows][order])
            optimiser.zero_grad()
            total.backward()
            optimiser.step()
            schedule.step()
    return network.eval()


def _disturb(x: Tensor, options: CurveNetworkOptions) -> Tensor:
    """Every channel of every row scaled and moved as a whole, and noise."""
    size = (*x.shape[:2], 1)
    moved = x * torch.exp(options.scale * torch.randn(size)) + options.offset * torch.randn(size)
    return moved + options.noise * torch.randn(x.shape)


def option_names() -> tuple[str, ...]:
    """What `method.network` may say."""
    return tuple(field.name for field in fields(CurveNetworkOptions))
