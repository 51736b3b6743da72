"""Batches, loss and optimiser of the measuring network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytorch_lightning as lightning
import torch
from torch import Tensor

from formnet.checks import check_fields, real, within
from formnet.judges.measuring.network import MeasureNetwork
from formnet.judges.measuring.sight import Sight, mirror_sight, mirror_values
from formnet.judges.measuring.spec import MeasuringSpec
from formnet.training.batches import NumberedEpochs
from formnet.training.measures.disturb import Disturbance, disturb_sight
from formnet.training.measures.table import MeasureTable
from formnet.training.schedule import one_cycle

Batch = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


class MeasureBatches(NumberedEpochs):
    """Every repetition once an epoch, cut in one of its ways, half of them in a mirror, and disturbed; the same seed
    gives the same batches."""

    def __init__(
        self, table: MeasureTable, spec: MeasuringSpec, batch_size: int, disturbance: Disturbance, seed: int
    ) -> None:
        self.table, self.spec, self.batch_size, self.seed = table, spec, batch_size, seed
        self.disturbance = disturbance

    def __len__(self) -> int:
        return max(1, len(self.table) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng([self.seed, self.begin_epoch()])
        order = rng.permutation(len(self.table))
        for number in range(len(self)):
            rows = order[number * self.batch_size : (number + 1) * self.batch_size]
            sight, truths = self.table.sights[rng.integers(len(self.table.sights))][rows], self.table.truths[rows]
            if rng.uniform() < 0.5:
                sight, truths = mirror_sight(sight, self.spec), mirror_values(truths, self.spec.measures)
            yield to_batch(disturb_sight(sight, self.disturbance, rng), truths)


def to_batch(sight: Sight, truths: np.ndarray) -> Batch:
    """As tensors in the network's order, the truths (B, M) last."""
    arrays = (sight.solid, sight.picture, sight.readings, sight.view_deg, truths)
    parts = [torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32)) for array in arrays]
    return parts[0], parts[1], parts[2], parts[3], parts[4]


@dataclass(frozen=True)
class MeasureFitOptions:
    """How the network is fitted.

    Attributes:
        learning_rate: greatest of a one-cycle course.
        weight_decay: of AdamW.
    """

    learning_rate: float = within(real(1e-12, 1e3), 3e-3)
    weight_decay: float = within(real(0, 1e3), 1e-2)

    def __post_init__(self) -> None:
        check_fields(self, "task.fit")


class MeasureModule(lightning.LightningModule):
    """Negative logarithm of the normal density of the truths, each measure in its own deviations."""

    def __init__(self, network: MeasureNetwork, options: MeasureFitOptions) -> None:
        super().__init__()
        self.network, self.options = network, options

    def training_step(self, batch: Batch, _: int) -> Tensor:
        loss = self._loss(batch)
        self.log("train/loss", loss, on_step=False, on_epoch=True, prog_bar=True, batch_size=len(batch[0]))
        return loss

    def validation_step(self, batch: Batch, _: int) -> None:
        self.log("val/loss", self._loss(batch), prog_bar=True, batch_size=len(batch[0]))

    def configure_optimizers(self) -> Any:
        return one_cycle(self.network, self.options.learning_rate, self.options.weight_decay, self.trainer)

    def _loss(self, batch: Batch) -> Tensor:
        *inputs, truths = batch
        mean, log_sd = self.network(*inputs)
        return normal_loss(mean, log_sd, (truths - self.network.true_mean) / self.network.true_deviation)


def normal_loss(mean: Tensor, log_sd: Tensor, truth: Tensor) -> Tensor:
    """Mean over what is known of log σ + (truth − mean)² / 2σ², all (B, M), NaN where the truth has none."""
    known = torch.isfinite(truth)
    # A truth far out (ankles nearly together make any ratio) must not decide alone.
    error = torch.where(known, truth.clamp(-6.0, 6.0) - mean, 0.0)
    loss = log_sd + 0.5 * (error * torch.exp(-log_sd)) ** 2
    return torch.where(known, loss, 0.0).sum() / known.sum().clamp(min=1)
