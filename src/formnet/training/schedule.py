"""Courses of the learning rate."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as lightning
import torch


def one_cycle(
    module: torch.nn.Module, learning_rate: float, weight_decay: float, trainer: lightning.Trainer
) -> dict[str, Any]:
    """AdamW whose rate rises and falls once over the whole training, as Lightning takes it."""
    steps = int(trainer.estimated_stepping_batches)
    optimiser = torch.optim.AdamW(module.parameters(), lr=learning_rate, weight_decay=weight_decay)
    # With a tenth of exactly 10 steps the rise would end at the step where it begins.
    rise = 0.1 if steps != 10 else 0.2
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps, pct_start=rise)
    return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
