"""Training without any 3D: lift, turn, project, lift again (Chen et al., CVPR 2019; Drover et al., ECCVW 2018).

A lifted person who is turned before a random camera must look like a person, which a discriminator judges; lifting
that picture must give the turned person again; and bodies keep their limbs (`anatomy`). The lifter is given pictures
with the errors of estimators and compared with pictures without them: both are two-dimensional.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, cast

import pytorch_lightning as lightning
import torch
from pytorch_lightning.core.optimizer import LightningOptimizer
from torch import Tensor
from torch.optim.lr_scheduler import LRScheduler

from formnet.checks import check_fields, real, within
from formnet.geometry.vectors import mirror_points
from formnet.lifting.network import TemporalLifter
from formnet.lifting.observation import OBSERVED_24
from formnet.lifting.placing import TYPICAL_SIZE_M
from formnet.skeleton import LIFTED_32
from formnet.training.lift.anatomy import (
    estimate_pitch,
    loss_balance,
    loss_foreshortening,
    loss_forwards,
    loss_lengths,
    reference_lengths,
)
from formnet.training.lift.data import Batch
from formnet.training.lift.discriminator import Discriminator, cut_windows, sample_windows
from formnet.training.lift.supervised import LiftFitOptions, measure_batch
from formnet.training.lift.turning import about_x, sample_turns, take_picture, turn
from formnet.training.schedule import one_cycle

_OBSERVED = [LIFTED_32.index(joint) for joint in OBSERVED_24.joints]
_HIPS = [OBSERVED_24.index("left_hip"), OBSERVED_24.index("right_hip")]
_KEPT_BACK = 0.08
"""Share of the joints that the lifter is not shown."""
_RAMP = 0.7
"""Share of the training after which weights have their late values."""


@dataclass(frozen=True)
class UnsupervisedWeights:
    """Weights of the losses, see `UnsupervisedLift`.

    Attributes:
        late_plausible, late_foreshortening: where `plausible` and `foreshortening` go in the course of training. What
            shortening tells leads out of flat poses, but is biased; what looks plausible is only known later.
    """

    picture: float = within(real(), 10.0)
    again: float = within(real(), 3.0)
    back: float = within(real(), 3.0)
    plausible: float = within(real(), 3.0)
    lengths: float = within(real(), 8.0)
    foreshortening: float = within(real(), 20.0)
    forwards: float = within(real(), 6.0)
    balance: float = within(real(), 6.0)
    smooth: float = within(real(), 2.0)
    late_plausible: float = within(real(), 6.0)
    late_foreshortening: float = within(real(), 1.0)

    def __post_init__(self) -> None:
        check_fields(self, "task.weights")

    def at(self, progress: float) -> dict[str, float]:
        """Name of a loss → its weight after that share of the training."""
        late, given = min(1.0, progress / _RAMP), asdict(self)
        return {
            name: weight + late * (given.get(f"late_{name}", weight) - weight)
            for name, weight in given.items()
            if not name.startswith("late_")
        }


class UnsupervisedLift(lightning.LightningModule):
    """Learns from pictures alone; the true joints of a batch are only measured against.

    Losses, in sizes of the person: `picture` (a lifted joint lies where it is in the picture), `again` (lifting the
    turned picture gives the turned person), `back` (which, turned back, lies where it is in the picture), `plausible`
    (the discriminator takes the turned picture for a real one), `lengths`, `foreshortening`, `forwards` and `balance`
    (see `anatomy`), and `smooth` (acceleration in depth).
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
        points, confidence, picture = mirror_some_people(batch, self.generator)
        lifting, judging = cast(list[LightningOptimizer], self.optimizers())
        losses, windows = self._losses(points, confidence, picture)
        weights = self.weights.at(self._progress(number))
        total = torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
        self._step(lifting, total)
        real, fake = (self.discriminator(part.detach()) for part in windows)
        judge_loss = torch.relu(1 - real).mean() + torch.relu(1 + fake).mean()
        self._step(judging, judge_loss)
        for schedule in cast(list[LRScheduler], self.lr_schedulers()):
            schedule.step()
        self.log_dict({f"train/{name}": loss for name, loss in losses.items()})
        self.log("train/judge", judge_loss, prog_bar=True)

    def _progress(self, number: int) -> float:
        done = self.trainer.current_epoch * int(self.trainer.num_training_batches) + number
        return done / int(self.trainer.estimated_stepping_batches)

    def _step(self, optimiser: LightningOptimizer, loss: Tensor) -> None:
        optimiser.zero_grad()
        self.manual_backward(loss)
        self.clip_gradients(optimiser.optimizer, self.options.clip_norm, "norm")
        optimiser.step()

    def validation_step(self, batch: Batch, _: int) -> None:
        for name, value in measure_batch(self.lifter, batch).items():
            self.log(f"val/{name}", value, prog_bar=name == "pa_mpjpe_mm")

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["generator"] = self.generator.get_state()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.generator.set_state(checkpoint["generator"])

    def configure_optimizers(self) -> Any:
        rates = (self.options.learning_rate, self.options.weight_decay)
        return [one_cycle(module, *rates, self.trainer) for module in (self.lifter, self.discriminator)]

    def _losses(
        self, points: Tensor, confidence: Tensor, picture: Tensor
    ) -> tuple[dict[str, Tensor], tuple[Tensor, Tensor]]:
        """Each loss, and windows of real and of turned pictures."""
        # Some joints are kept from the lifter, which has to find them from the others.
        shown = torch.rand(len(points), 1, points.shape[2], generator=self.generator) > _KEPT_BACK
        solid = self._lift(points * shown[..., None], confidence * shown)
        pitch = estimate_pitch(solid)
        level = turn(solid, about_x(-pitch))
        turns = sample_turns(pitch, self.generator)
        turned = turn(solid, turns)
        retaken, factor = take_picture(turned, self.generator)
        again = self._lift(retaken, torch.ones_like(confidence))
        wanted = turned * factor[:, None, None, None]
        back = turn(again / factor[:, None, None, None], turns.transpose(1, 2))
        frames = sample_windows(points.shape[1], self.generator)
        real, fake = cut_windows(picture, frames), cut_windows(retaken, frames)
        losses = {
            "picture": (solid[..., :2] - picture).abs().mean(),
            "again": (again - wanted).abs().mean(),
            "back": (back[..., :2] - picture).abs().mean(),
            "plausible": -self.discriminator(fake).mean(),
            "lengths": loss_lengths(solid, self.reference),
            "foreshortening": loss_foreshortening(solid, self.reference),
            "forwards": loss_forwards(level),
            "balance": loss_balance(level),
            "smooth": solid[..., 2].diff(n=2, dim=1).abs().mean(),
        }
        return losses, (real, fake)

    def _lift(self, points: Tensor, confidence: Tensor) -> Tensor:
        """Observed joints (B, T, 24, 3) in sizes of the person about the middle of the hips."""
        solid = self.lifter(points, confidence)[:, :, _OBSERVED] / TYPICAL_SIZE_M
        return solid - solid[:, :, _HIPS].mean(dim=2, keepdim=True)


def mirror_some_people(batch: Batch, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Points, confidence and picture of a batch, in half of the clips of mirrored people."""
    mirrored = torch.rand(len(batch.points), generator=generator) < 0.5
    chosen = mirrored[:, None, None]
    confidence = torch.where(chosen, batch.confidence[:, :, OBSERVED_24.mirror.copy()], batch.confidence)
    points, picture = (
        torch.where(chosen[..., None], mirror_points(part, OBSERVED_24.mirror), part)
        for part in (batch.points, batch.picture)
    )
    return points, confidence, picture
