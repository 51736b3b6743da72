"""The LightningModule: loss, optimiser and metrics around a Classifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor, nn

from formnet.checks import check_fields, real, within
from formnet.errors import InputError
from formnet.evaluation.metrics import compute_confusion, describe_answers, summarise_confusion
from formnet.judges.network.classifier import Classifier
from formnet.training.metrics import GatheredAnswers

OPTIMISERS = {
    "adadelta": torch.optim.Adadelta,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
}
VALIDATED = ("balanced_accuracy", "accuracy", "macro_f1")
"""Figures of the validation side after each epoch, beside its loss."""


@dataclass(frozen=True)
class OptimiserSpec:
    """How weights are learnt.

    Attributes:
        name: one of `OPTIMISERS`; the paper's is adadelta with lr 1.
        schedule: "constant", "cosine", or "onecycle" (warm up, then anneal), over the whole run.
        label_smoothing: of the cross-entropy.
    """

    name: str = "adamw"
    lr: float = within(real(1e-12, 1e3), 1e-3)
    weight_decay: float = within(real(0, 1e3), 1e-2)
    schedule: str = "onecycle"
    label_smoothing: float = within(real(0, 0.99), 0.0)

    def __post_init__(self) -> None:
        if self.name not in OPTIMISERS:
            raise InputError(f"unknown optimiser {self.name!r}; use one of {', '.join(OPTIMISERS)}")
        if self.schedule not in ("constant", "cosine", "onecycle"):
            raise InputError(f"unknown schedule {self.schedule!r}; use constant, cosine or onecycle")
        check_fields(self, "optimiser")


class RepetitionModule(lightning.LightningModule):
    """Trains and measures a classifier on batches of (features (B, T, F), labels (B,)).

    Args:
        classifier: network with scale and temperature.
        description: plain dictionaries that let `formnet.judges.checkpoint.load_model` rebuild the model; it is
            stored in every Lightning checkpoint as hyperparameters.
    """

    def __init__(
        self, classifier: Classifier, classes: tuple[str, ...], optimiser: OptimiserSpec,
        description: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.classifier, self.classes, self.optimiser = classifier, classes, optimiser
        self.save_hyperparameters({"formnet_model": dict(description or {})})
        self.loss = nn.CrossEntropyLoss(label_smoothing=optimiser.label_smoothing)
        self.val_answers, self.test_answers = GatheredAnswers(), GatheredAnswers()
        self.test_figures: dict[str, Any] = {}

    def forward(self, features: Tensor) -> Tensor:
        return self.classifier(features)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        features, labels = batch
        loss = self.loss(self(features), labels)
        self.log("train/loss", loss, on_step=False, on_epoch=True, batch_size=len(labels), prog_bar=True)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        features, labels = batch
        logits = self(features)
        self.log("val/loss", nn.functional.cross_entropy(logits, labels), batch_size=len(labels), prog_bar=True)
        self.val_answers.update(torch.softmax(logits, -1), labels)

    def on_validation_epoch_end(self) -> None:
        figures = summarise_confusion(compute_confusion(*self.val_answers.gather()))
        for name in VALIDATED:
            self.log(f"val/{name}", figures[name], prog_bar=name == "balanced_accuracy")

    def test_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        features, labels = batch
        self.test_answers.update(self.classifier.probabilities(features), labels)

    def on_test_epoch_end(self) -> None:
        self.test_figures = describe_answers(*self.test_answers.gather(), self.classes)
        for name in ("balanced_accuracy", "accuracy", "macro_f1", "calibration_error"):
            self.log(f"test/{name}", float(self.test_figures[f"test/{name}"]))

    def configure_optimizers(self) -> Any:
        spec = self.optimiser
        weights = [p for p in self.parameters() if p.requires_grad]
        optimiser = OPTIMISERS[spec.name](weights, lr=spec.lr, weight_decay=spec.weight_decay)
        n_steps = int(self.trainer.estimated_stepping_batches)
        # A handful of steps (a trial run) has no room for a schedule.
        if spec.schedule == "constant" or n_steps < 10:
            return optimiser
        schedule: Any
        if spec.schedule == "onecycle" and spec.name != "adadelta":
            schedule = torch.optim.lr_scheduler.OneCycleLR(
                optimiser, max_lr=spec.lr, total_steps=n_steps, pct_start=0.2
            )
        else:
            schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, n_steps)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
