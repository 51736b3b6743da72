"""Batches that are drawn anew every epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch.utils.data import IterableDataset


class NumberedEpochs(IterableDataset):
    """Draws each epoch by its number, so that a run that goes on draws what it would have drawn without a stop."""

    epoch = 0
    """Number of the next one."""

    def begin_epoch(self) -> int:
        """The number to draw by; counts."""
        self.epoch += 1
        return self.epoch - 1

    def state_dict(self) -> dict[str, Any]:
        """Where it is after an epoch, for a run that goes on."""
        return {"epoch": self.epoch}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The inverse."""
        self.epoch = int(state["epoch"])
