"""Named channels of features, for NumPy and PyTorch alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from formnet.geometry.vectors import Array, namespace_of

EPSILON = 1e-6


@dataclass(frozen=True, eq=False)
class Channels:
    """Named channels: `values` (…, T, F) with one name per channel."""

    names: tuple[str, ...]
    values: Array

    def __post_init__(self) -> None:
        assert self.values.shape[-1] == len(self.names), "every channel needs a name"

    def __getitem__(self, name: str) -> Array:
        """One channel (…, T)."""
        return self.values[..., self.names.index(name)]

    @classmethod
    def stack(cls, channels: Mapping[str, Array]) -> Channels:
        """From name → (…, T)."""
        arrays = list(channels.values())
        return cls(tuple(channels), namespace_of(arrays[0]).stack(arrays, -1))


def standing_value(values: Array, frames: int) -> Array:
    """Mean over the first and last `frames` frames of (…, T, F) → (…, 1, F), ignoring what is missing.

    A repetition starts and ends in the canonical posture, so this is the person standing.
    """
    xp = namespace_of(values)
    ends = xp.concatenate([values[..., :frames, :], values[..., -frames:, :]], -2)
    seen = ~xp.isnan(ends)
    total = xp.where(seen, ends, xp.zeros_like(ends)).sum(-2)
    count = seen.sum(-2)
    return (total / xp.where(count > 0, count * 1.0, xp.nan))[..., None, :]
