"""Answers of an epoch, gathered over batches and processes; `formnet.evaluation.metrics` counts them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from formnet.motion import FloatArray


class GatheredAnswers(Metric):
    """Collects probabilities (B, C) and labels (B,)."""

    full_state_update = False
    answers: list[Tensor]
    truth: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("answers", [], dist_reduce_fx="cat")
        self.add_state("truth", [], dist_reduce_fx="cat")

    def update(self, probabilities: Tensor, labels: Tensor) -> None:
        self.answers.append(probabilities.detach())
        self.truth.append(labels)

    def compute(self) -> tuple[Tensor, Tensor]:
        """Probabilities (N, C) and labels (N,) of the epoch."""
        return dim_zero_cat(self.answers), dim_zero_cat(self.truth)

    def gather(self) -> tuple[FloatArray, np.ndarray]:
        """What was collected, as arrays on the processor; starts anew."""
        answers, truth = self.compute()
        self.reset()
        return answers.to("cpu", torch.float64).numpy(), truth.cpu().numpy()
