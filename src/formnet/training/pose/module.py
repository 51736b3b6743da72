"""The training of a pose network as Lightning runs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor

from formnet.checks import check_fields, real, within
from formnet.pose.networks.description import PoseNetwork, PoseNetworkSpec
from formnet.readers.pictures.base import PictureSet
from formnet.training.pose.losses import LossWeights, compute_loss
from formnet.training.pose.measure import measure_network
from formnet.training.schedule import one_cycle


@dataclass(frozen=True)
class PoseFitOptions:
    """How a pose network is fitted.

    Attributes:
        learning_rate: greatest of a one-cycle course.
        weight_decay: of AdamW.
        clip_norm: longest gradient.
        weights: of the parts of the loss.
    """

    learning_rate: float = within(real(1e-12, 1e3), 2e-3)
    weight_decay: float = within(real(0, 1e3), 1e-4)
    clip_norm: float = within(real(1e-9), 5.0)
    weights: LossWeights = field(default_factory=LossWeights)

    def __post_init__(self) -> None:
        check_fields(self, "task.fit")


class PoseTraining(lightning.LightningModule):
    """Loss on training batches; the figure that matters on validation pictures, without the flip test."""

    def __init__(
        self, spec: PoseNetworkSpec, options: PoseFitOptions, val: PictureSet, val_samples: int,
        first: PoseNetwork | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.spec, self.options = spec, options
        # Convolutions on processors are half as fast again with colours last.
        self.network: torch.nn.Module = spec.build().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._val, self._val_samples, self._first = val, val_samples, first

    def training_step(self, batch: dict[str, Tensor], _: int) -> Tensor:
        pictures, targets = batch["pictures"], {name: part for name, part in batch.items() if name != "pictures"}
        if self.spec.kind != "rpstn":
            pictures = pictures.contiguous(memory_format=torch.channels_last)
        conditions = [batch["condition"]] if self.spec.conditioned else []
        loss = compute_loss(self.network(pictures, *conditions), targets, self.options.weights)
        self.log("train/loss", loss, prog_bar=True)
        return loss

    def validation_step(self, _: Any, __: int) -> None:
        network = PoseNetwork(self.spec, self.network, first=self._first)
        for name, value in measure_network(network, self._val, flip=False, most=self._val_samples).items():
            self.log(f"val/{name}", value, prog_bar=name in ("pck", "ap"), batch_size=1)

    def configure_optimizers(self) -> Any:
        return one_cycle(self.network, self.options.learning_rate, self.options.weight_decay, self.trainer)

    def configure_gradient_clipping(self, optimizer: torch.optim.Optimizer, *_: Any, **__: Any) -> None:
        self.clip_gradients(optimizer, self.options.clip_norm, "norm")
