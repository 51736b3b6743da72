"""Supervised training: simulated joints are known in metres."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor

from formnet.checks import check_fields, real, within
from formnet.lifting.network import TemporalLifter
from formnet.lifting.placing import WORKING_FPS
from formnet.lifting.torch_metrics import make_lifting_metrics
from formnet.skeleton import LIFTED_32
from formnet.training.lift.data import Batch
from formnet.training.schedule import one_cycle


@dataclass(frozen=True)
class LiftFitOptions:
    """How a lifter is fitted.

    Attributes:
        learning_rate: greatest of a one-cycle course.
        weight_decay: of AdamW.
        velocity: weight of errors in change from frame to frame beside errors of position.
        clip_norm: longest gradient.
    """

    learning_rate: float = within(real(1e-12, 1e3), 2.4e-3)
    weight_decay: float = within(real(0, 1e3), 1e-2)
    velocity: float = within(real(), 1.0)
    clip_norm: float = within(real(1e-9), 1.0)

    def __post_init__(self) -> None:
        check_fields(self, "task.fit")


class SupervisedLift(lightning.LightningModule):
    """Mean joint error of position and of change from frame to frame, in decimetres."""

    def __init__(self, lifter: TemporalLifter, options: LiftFitOptions) -> None:
        super().__init__()
        self.lifter, self.options = lifter, options

    def training_step(self, batch: Batch, _: int) -> Tensor:
        error = self.lifter(batch.points, batch.confidence) - batch.solid
        loss = 10 * _mean_length(error) + 10 * self.options.velocity * _mean_length(error.diff(dim=1))
        self.log("train/loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch: Batch, _: int) -> None:
        for name, value in measure_batch(self.lifter, batch).items():
            self.log(f"val/{name}", value, prog_bar=name == "pa_mpjpe_mm")

    def configure_optimizers(self) -> Any:
        return one_cycle(self.lifter, self.options.learning_rate, self.options.weight_decay, self.trainer)


def measure_batch(lift: Callable[[Tensor, Tensor], Tensor], batch: Batch) -> dict[str, float]:
    """The figures of `make_lifting_metrics` over all joints of a batch, as if its frames came at the working rate."""
    metrics = make_lifting_metrics(LIFTED_32)
    with torch.inference_mode():
        lifted = lift(batch.points, batch.confidence)
    times_s = (torch.arange(lifted.shape[1]) / WORKING_FPS).expand(lifted.shape[:2])
    metrics.update(predicted=lifted, truth=batch.solid, timestamps=times_s)
    return {name: float(value) for name, value in metrics.compute().items()}


def _mean_length(vectors: Tensor) -> Tensor:
    return vectors.norm(dim=-1).mean()
