"""The temporal lifter at work, in NumPy; see `formnet.lifting.network`, which is trained."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from formnet.checks import check_fields, real, say_value, whole, within
from formnet.errors import InputError
from formnet.layers import (
    Convolution,
    Linear,
    normalise_last,
    pad_frames,
    relu,
    softmax_last,
    take_convolution,
    take_linear,
)
from formnet.lifting.observation import OBSERVED_24, Array
from formnet.lifting.placing import carry_matrix, derivation_matrix, place_lifted
from formnet.skeleton import LIFTED_32
from formnet.storage.weights import StoredWeights

if TYPE_CHECKING:
    from formnet.lifting.network import TemporalLifter


@dataclass(frozen=True)
class LifterNetwork:
    """What a `TemporalLifter` is made of; see there."""

    width: int = within(whole(1, 4096), 256)
    token: int = within(whole(1, 256), 16)
    dilations: tuple[int, ...] = (1, 2, 4, 8)
    relation: bool = True
    derived: bool = False
    dropout: float = within(real(0, 1), 0.1)

    def __post_init__(self) -> None:
        check_fields(self, "task.network")
        allowed = whole(1, 256)
        if not 1 <= len(self.dilations) <= 16 or not all(map(allowed.holds, self.dilations)):
            got = say_value(list(self.dilations))
            raise InputError(f"expected task.network.dilations to be up to 16 whole numbers of 1…256, got {got}")

    def build(self) -> TemporalLifter:
        """To be trained, with fresh weights."""
        from formnet.lifting.network import TemporalLifter

        return TemporalLifter(**dataclasses.asdict(self))


@dataclass(frozen=True, eq=False)
class RelationForward:
    """See `formnet.lifting.network.JointRelation`."""

    spread: Linear
    gather: Linear
    gain: Array
    shift: Array

    def __call__(self, tokens: Array) -> Array:
        normal = normalise_last(tokens, self.gain, self.shift)
        weights = softmax_last(normal @ normal.swapaxes(-1, -2) / normal.shape[-1] ** 0.5)
        return tokens + self.gather(weights @ self.spread(normal))


@dataclass(frozen=True, eq=False)
class BlockForward:
    """See `formnet.lifting.network.TemporalBlock`."""

    dilation: int
    wide: Convolution
    narrow: Linear

    def __call__(self, x: Array, stride: int) -> Array:
        reach = self.dilation * stride
        return x + self.narrow(relu(self.wide(pad_frames(x, reach, "edge"), dilation=reach)))


@dataclass(frozen=True, eq=False)
class LifterForward:
    """As `formnet.lifting.network.TemporalLifter`, of which its parts have the names."""

    embed: Linear
    name: Array
    relation: RelationForward | None
    enter: Linear
    blocks: tuple[BlockForward, ...]
    leave: Linear
    size: Linear
    carry: Array
    derive: Array | None

    def __call__(self, points: Array, confidence: Array, stride: int = 1) -> Array:
        batch, frames, _, _ = points.shape
        seen = (confidence > 0).astype(np.float32)
        given = np.concatenate([points, confidence[..., None], seen[..., None]], axis=-1)
        tokens = relu(self.embed(given) + self.name)
        if self.relation is not None:
            tokens = self.relation(tokens)
        x = self.enter(np.concatenate([tokens, given], axis=-1).reshape(batch, frames, -1))
        for block in self.blocks:
            x = block(x, stride)
        out = self.leave(x).reshape(batch, frames, len(LIFTED_32), 3)
        log_size = self.size(x).mean(axis=1)[:, 0]
        return np.asarray(place_lifted(out, points, seen, log_size, self.carry, self.derive), dtype=np.float32)


def take_lifter(weights: StoredWeights, options: LifterNetwork) -> LifterForward:
    """The lifter of these options with its weights; raises `CheckpointError` where they do not fit."""
    joints, width, token = len(OBSERVED_24), options.width, options.token
    lifter = LifterForward(
        take_linear(weights, "embed", 4, token),
        weights.take("name", joints, token),
        _take_relation(weights, token) if options.relation else None,
        take_linear(weights, "enter", joints * (token + 4), width, 1),
        tuple(_take_block(weights, n, width, dilation) for n, dilation in enumerate(options.dilations)),
        take_linear(weights, "leave", width, len(LIFTED_32) * 3, 1),
        take_linear(weights, "size", width, 1, 1),
        carry_matrix(),
        derivation_matrix() if options.derived else None,
    )
    weights.finish()
    return lifter


def _take_relation(weights: StoredWeights, channels: int) -> RelationForward:
    return RelationForward(
        take_linear(weights, "relation.spread", channels, channels),
        take_linear(weights, "relation.gather", channels, channels),
        weights.take("relation.norm.weight", channels),
        weights.take("relation.norm.bias", channels),
    )


def _take_block(weights: StoredWeights, number: int, width: int, dilation: int) -> BlockForward:
    name = f"blocks.{number}"
    return BlockForward(
        dilation,
        take_convolution(weights, f"{name}.wide", width, width, 3, norm=f"{name}.norm"),
        take_linear(weights, f"{name}.narrow", width, width, 1),
    )
