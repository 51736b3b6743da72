"""The registry of feature blocks, and the array that a FeatureSpec describes.

A block is one function `(pose, **options) -> Channels` under `@feature_block("name")` in
`formnet.features.blocks`; it works on NumPy arrays and PyTorch tensors alike (see `formnet.geometry`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from formnet.errors import InputError
from formnet.features.array import Channels
from formnet.geometry.joints import Joints
from formnet.geometry.vectors import Array
from formnet.motion import Motion
from formnet.preprocess.spec import FeatureSpec
from formnet.skeleton import Skeleton

Block = Callable[..., Channels]

FEATURE_BLOCKS: dict[str, Block] = {}


def feature_block(name: str) -> Callable[[Block], Block]:
    """Registers a block under a name that a FeatureSpec can use."""

    def register(block: Block) -> Block:
        assert name not in FEATURE_BLOCKS, f"two feature blocks are called {name!r}"
        FEATURE_BLOCKS[name] = block
        return block

    return register


def compute_block(pose: Joints, name: str, options: dict[str, Any]) -> Channels:
    """One block by name.

    Raises:
        InputError: for an unknown block or option, naming those there are.
        SkeletonError: when the joint set lacks joints of the block.
    """
    _load_blocks()
    if name not in FEATURE_BLOCKS:
        raise InputError(f"unknown feature block {name!r}; use {', '.join(sorted(FEATURE_BLOCKS))}")
    block = FEATURE_BLOCKS[name]
    known = [option for option in inspect.signature(block).parameters if option != "pose"]
    unknown = [option for option in options if option not in known]
    if unknown:
        raise InputError(
            f"feature block {name!r} has no option {', '.join(unknown)}; it has {', '.join(known) or 'none'}"
        )
    return block(pose, **options)


def compute_channels(positions: Array, skeleton: Skeleton, spec: FeatureSpec) -> Channels:
    """All channels of a spec for positions (…, T, J, D), NumPy or PyTorch: values (…, T, F).

    Channels that need a missing joint are NaN there; the classifier's input layer replaces them by the mean of
    its training data (`formnet.judges.network.classifier`), so nothing invented enters the measurements.
    """
    pose = Joints(positions, skeleton)
    parts = [compute_block(pose, block.name, dict(block.options)) for block in spec.blocks]
    names = tuple(f"{block.name}/{name}" for block, part in zip(spec.blocks, parts, strict=True) for name in part.names)
    if len(parts) == 1:
        return Channels(names, parts[0].values)
    return Channels(names, pose.xp.concatenate([part.values for part in parts], -1))


def compute_features(motion: Motion, spec: FeatureSpec) -> NDArray[np.float32]:
    """(T, F) float32 of one motion; see `compute_channels`."""
    return compute_channels(motion.positions, motion.skeleton, spec).values.astype(np.float32)


def feature_names(spec: FeatureSpec, skeleton: Skeleton, n_dimensions: int = 3) -> tuple[str, ...]:
    """Names of the channels, `block/channel`; raises as `compute_block`."""
    blank = np.zeros((2, len(skeleton), n_dimensions))
    with np.errstate(all="ignore"):
        return compute_channels(blank, skeleton, spec).names


def _load_blocks() -> None:
    from formnet.features import blocks, distances  # noqa: F401  (registers by importing)
