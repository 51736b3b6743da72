"""What is measured: the same figures in training and evaluation."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric, MetricCollection
from torchmetrics.classification import (
    MulticlassAccuracy,
    MulticlassCalibrationError,
    MulticlassConfusionMatrix,
    MulticlassF1Score,
)


def compute_recalls(confusion: Tensor) -> Tensor:
    """(C,) recall of every class from a confusion table (truth in rows); NaN for a class that does not occur."""
    support = confusion.sum(1)
    return torch.where(support > 0, confusion.diag() / support.clamp(min=1), torch.nan)


class BalancedAccuracy(Metric):
    """Mean recall over the classes that occur in the truth (as scikit-learn defines it).

    torchmetrics' macro accuracy also counts classes that are only ever predicted, which punishes a test side
    without some class twice.
    """

    full_state_update = False
    confusion: Tensor

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.n_classes = n_classes
        self.add_state("confusion", torch.zeros(n_classes, n_classes, dtype=torch.long), dist_reduce_fx="sum")

    def update(self, probabilities: Tensor, labels: Tensor) -> None:
        pairs = labels * self.n_classes + probabilities.argmax(-1)
        self.confusion += torch.bincount(pairs, minlength=self.n_classes**2).reshape(self.n_classes, -1)

    def compute(self) -> Tensor:
        return compute_recalls(self.confusion).nanmean()


def make_metrics(n_classes: int) -> MetricCollection:
    """All metrics over probabilities (B, C) and labels (B,)."""
    return MetricCollection(
        {
            "balanced_accuracy": BalancedAccuracy(n_classes),
            "accuracy": MulticlassAccuracy(n_classes, average="micro"),
            "macro_f1": MulticlassF1Score(n_classes, average="macro"),
            "f1": MulticlassF1Score(n_classes, average="none"),
            "calibration_error": MulticlassCalibrationError(n_classes, n_bins=15, norm="l1"),
            "confusion": MulticlassConfusionMatrix(n_classes),
        },
        compute_groups=False,
    )


def describe_metrics(computed: dict[str, Tensor], classes: tuple[str, ...], side: str = "test") -> dict[str, Any]:
    """A flat, JSON-ready object: `side/balanced_accuracy`, …, per class, confusion table, majority baseline.

    A class that does not occur on this side has recall null. The majority baseline is the accuracy of always
    answering the most frequent class; its balanced accuracy is one over the number of classes that occur.
    """
    confusion = computed["confusion"].long()
    recalls, support = compute_recalls(confusion), confusion.sum(1)
    f1 = computed["f1"]
    total = int(support.sum())
    figures: dict[str, Any] = {
        name: _round(computed[name]) for name in ("balanced_accuracy", "accuracy", "macro_f1", "calibration_error")
    }
    figures["majority_accuracy"] = round(int(support.max()) / max(total, 1), 6)
    figures["majority_balanced_accuracy"] = round(1 / max(int((support > 0).sum()), 1), 6)
    figures["repetitions"] = total
    for i, name in enumerate(classes):
        occurs = bool(support[i] > 0)
        figures[f"recall/{name}"] = _round(recalls[i]) if occurs else None
        figures[f"f1/{name}"] = _round(f1[i]) if occurs else None
        figures[f"support/{name}"] = int(support[i])
    figures["confusion"] = confusion.tolist()
    return {f"{side}/{name}": value for name, value in figures.items()}


def _round(value: Tensor) -> float:
    return round(float(value), 6)
