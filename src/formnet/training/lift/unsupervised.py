"""Training without any 3D: lift, turn, project, lift again (Chen et al., CVPR 2019; Drover et al., ECCVW 2018).

A lifted person who is turned before a random camera must look like a person, which a discriminator judges; lifting
that picture must give the turned person again; and bodies keep their limbs (`anatomy`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytorch_lightning as lightning
import torch
from pytorch_lightning.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler

from formnet.lifting.network import TYPICAL_SIZE_M, TemporalLifter
from formnet.lifting.observation import OBSERVED_24
from formnet.skeleton import LIFTED_32
from formnet.training.lift.anatomy import (
    loss_balance,
    loss_foreshortening,
    loss_forwards,
    loss_lengths,
    reference_lengths,
)
from formnet.training.lift.data import Batch
from formnet.training.lift.supervised import LiftFitOptions, measure_batch, one_cycle
from formnet.training.lift.turning import sample_turns, take_picture, turn

_OBSERVED = [LIFTED_32.index(joint) for joint in OBSERVED_24.joints]
_HIPS = [OBSERVED_24.index("left_hip"), OBSERVED_24.index("right_hip")]
_KEPT_BACK = 0.08
"""Share of the joints that the lifter is not shown."""


@dataclass(frozen=True)
class UnsupervisedWeights:
    """Weights of the losses, see `UnsupervisedLift`."""

    picture: float = 20.0
    again: float = 2.0
    back: float = 2.0
    plausible: float = 0.3
    lengths: float = 8.0
    foreshortening: float = 20.0
    forwards: float = 6.0
    balance: float = 6.0
    smooth: float = 2.0


class Discriminator(nn.Module):
    """Pictures of single frames (N, 24, 2) → (N,), high for those that look real."""

    def __init__(self, width: int = 256) -> None:
        super().__init__()
        spectral = nn.utils.parametrizations.spectral_norm
        self.body = nn.Sequential(
            spectral(nn.Linear(len(OBSERVED_24) * 2, width)), nn.LeakyReLU(0.2),
            spectral(nn.Linear(width, width)), nn.LeakyReLU(0.2),
            spectral(nn.Linear(width, width)), nn.LeakyReLU(0.2),
            nn.Linear(width, 1),
        )  # fmt: skip

    def forward(self, pictures: Tensor) -> Tensor:
        return self.body(pictures.flatten(1))[:, 0]


class UnsupervisedLift(lightning.LightningModule):
    """Learns from points and confidence alone; the true joints of a batch are only measured against.

    Losses, in sizes of the person: `picture` (a lifted joint lies where it was seen), `again` (lifting the turned
    picture gives the turned person), `back` (which, turned back, lies where it was seen), `plausible` (the
    discriminator takes the turned picture for a real one), `lengths`, `foreshortening`, `forwards` and `balance` (see
    `anatomy`), and `smooth` (acceleration in depth).
    """

    def __init__(self, lifter: TemporalLifter, options: LiftFitOptions, weights: UnsupervisedWeights) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.lifter, self.options, self.weights = lifter, options, weights
        self.discriminator = Discriminator()
        self.reference: Tensor
        self.register_buffer("reference", reference_lengths() / TYPICAL_SIZE_M, persistent=False)
        self.generator = torch.Generator().manual_seed(0)

    def training_step(self, batch: Batch, number: int) -> None:
        points, confidence, _ = batch
        lifting, judging = cast(list[LightningOptimizer], self.optimizers())
        losses, turned, whole = self._losses(points, confidence)
        total = torch.stack([getattr(self.weights, name) * loss for name, loss in losses.items()]).sum()
        self._step(lifting, total)
        real, fake = self.discriminator(whole), self.discriminator(turned.detach())
        judge_loss = torch.relu(1 - real).mean() + torch.relu(1 + fake).mean()
        self._step(judging, judge_loss)
        for schedule in cast(list[LRScheduler], self.lr_schedulers()):
            schedule.step()
        self.log_dict({f"train/{name}": loss for name, loss in losses.items()})
        self.log("train/judge", judge_loss, prog_bar=True)

    def _step(self, optimiser: LightningOptimizer, loss: Tensor) -> None:
        optimiser.zero_grad()
        self.manual_backward(loss)
        self.clip_gradients(optimiser.optimizer, self.options.clip_norm, "norm")
        optimiser.step()

    def validation_step(self, batch: Batch, _: int) -> None:
        for name, value in measure_batch(self.lifter, batch).items():
            self.log(f"val/{name}", value, prog_bar=name == "pa_mpjpe_mm")

    def configure_optimizers(self) -> Any:
        steps = int(self.trainer.estimated_stepping_batches)
        return [one_cycle(module, self.options, steps) for module in (self.lifter, self.discriminator)]

    def _losses(self, points: Tensor, confidence: Tensor) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        seen = (confidence > 0)[..., None]
        # Some joints are kept from the lifter, which has to find them from the others.
        shown = torch.rand(len(points), 1, points.shape[2], generator=self.generator) > _KEPT_BACK
        solid = self._lift(points * shown[..., None], confidence * shown)
        turns = sample_turns(len(points), self.generator)
        turned = turn(solid, turns)
        picture, factor = take_picture(turned, self.generator)
        again = self._lift(picture, torch.ones_like(confidence))
        wanted = turned * factor[:, None, None, None]
        back = turn(again / factor[:, None, None, None], turns.transpose(1, 2))
        some = torch.randint(points.shape[1], (8,), generator=self.generator)
        # Where joints are missing the lifter's own picture stands in: nothing can be read from it being there.
        whole = torch.where(seen, points, solid[..., :2].detach())
        losses = {
            "picture": _mean_where((solid[..., :2] - points).abs(), seen),
            "again": (again - wanted).abs().mean(),
            "back": _mean_where((back[..., :2] - points).abs(), seen),
            "plausible": -self.discriminator(picture[:, some].flatten(0, 1)).mean(),
            "lengths": loss_lengths(solid, self.reference),
            "foreshortening": loss_foreshortening(solid, self.reference),
            "forwards": loss_forwards(solid),
            "balance": loss_balance(solid),
            "smooth": solid[..., 2].diff(n=2, dim=1).abs().mean(),
        }
        return losses, picture[:, some].flatten(0, 1), whole[:, some].flatten(0, 1)

    def _lift(self, points: Tensor, confidence: Tensor) -> Tensor:
        """Observed joints (B, T, 24, 3) in sizes of the person about the middle of the hips."""
        solid = self.lifter(points, confidence)[:, :, _OBSERVED] / TYPICAL_SIZE_M
        return solid - solid[:, :, _HIPS].mean(dim=2, keepdim=True)


def _mean_where(values: Tensor, mask: Tensor) -> Tensor:
    chosen = mask.expand_as(values)
    return (values * chosen).sum() / chosen.sum().clamp_min(1)
