"""The temporal lifter at work: its weights on disk, and any 2D motion through its network."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from formnet.checks import check_fields, real, say_value, whole, within
from formnet.errors import CheckpointError, InputError
from formnet.geometry.vectors import mirror_points
from formnet.lifting.network import WORKING_FPS, TemporalLifter
from formnet.lifting.observation import OBSERVED_24, Array, observe
from formnet.motion import Motion
from formnet.pose.track import PoseTrack
from formnet.skeleton import LIFTED_32
from formnet.storage.weights import build_with_weights, read_weights_of, shipped_path, write_weights

FORMAT = "formnet-lifter"
FORMAT_VERSION = 2


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
        return TemporalLifter(**dataclasses.asdict(self))


@dataclass(frozen=True, eq=False)
class NetworkLifter:
    """Lifts by a trained network, whatever joints the source has.

    Attributes:
        name: of the lifter.
        network: in evaluation mode.
        about: what stands beside its weights: network, training, figures.
    """

    name: str
    network: TemporalLifter
    about: Mapping[str, Any]
    needs_depth: bool = False

    def lift(self, track: PoseTrack) -> Motion:
        return self.lift_motion(track.image)

    def lift_motion(self, motion: Motion) -> Motion:
        """Joints (T, 32, 3) of `LIFTED_32` in metres about the pelvis, camera axes, from a motion in the picture.

        Frames in which nobody was seen stay missing; for the confidence see `spread_confidence`.

        Raises:
            SkeletonError, PoseError: see `observe`.
        """
        return lift_observed(self, motion)

    def lift_points(self, points: Array, confidence: Array, fps: float) -> Array:
        """Normalised points (N, T, 24, 2) and confidence (N, T, 24) → metres (N, T, 32, 3); see `observe`.

        The mean of what the network says of the picture and, mirrored back, of its mirror image (Pavllo et al.,
        CVPR 2019): a mirrored film lifts to the mirrored motion exactly.
        """
        stride = max(1, round(fps / WORKING_FPS)) if np.isfinite(fps) else 1
        with torch.inference_mode():
            seen, sure = torch.from_numpy(points), torch.from_numpy(confidence)
            straight = self.network(seen, sure, stride)
            turned = self.network(
                mirror_points(seen, OBSERVED_24.mirror), sure[:, :, OBSERVED_24.mirror.copy()], stride
            )
            return ((straight + mirror_points(turned, LIFTED_32.mirror)) / 2).numpy()


class PointLifter(Protocol):
    """Lifts whole arrays of joints in the picture, as simulation needs it."""

    def lift_points(self, points: Array, confidence: Array, fps: float) -> Array:
        """Normalised points (N, T, 24, 2) and confidence (N, T, 24) → metres (N, T, 32, 3); see `observe`."""


def lift_observed(lifter: PointLifter, motion: Motion) -> Motion:
    """Joints (T, 32, 3) of `LIFTED_32` in metres from a motion in the picture; see `NetworkLifter.lift_motion`."""
    seen = observe(motion)
    solid = lifter.lift_points(seen.points[None], seen.confidence[None], motion.fps)[0].astype(float)
    sure = spread_confidence(seen.confidence).astype(float)
    solid[motion.missing.all(axis=1)] = np.nan
    return Motion(solid, sure, motion.timestamps, LIFTED_32)


def spread_confidence(observed: Array) -> Array:
    """Confidence (…, 32) of lifted joints: of the joint where it was observed, else the median of all observed.

    A joint that was hidden is still lifted: little sure (0.01), but there.
    """
    known = np.where(observed > 0, observed, np.nan)
    typical = (
        np.nan_to_num(np.nanmedian(known, axis=-1)) if (observed > 0).any(axis=-1).all() else observed.max(axis=-1)
    )
    sure = np.repeat(typical[..., None], len(LIFTED_32), axis=-1)
    for number, joint in enumerate(OBSERVED_24.joints):
        sure[..., LIFTED_32.index(joint)] = observed[..., number]
    return np.clip(sure, 0.01, 1.0)


def save_lifter(path: Path, network: TemporalLifter, options: LifterNetwork, about: Mapping[str, Any]) -> Path:
    """Writes NAME.safetensors (16 bits) and NAME.json; returns the path of the weights."""
    tensors = {
        name: tensor.detach().cpu().contiguous().half() if "running_" not in name and tensor.is_floating_point()
        else tensor.detach().cpu().contiguous()
        for name, tensor in network.state_dict().items()
    }  # fmt: skip
    content = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "network": dataclasses.asdict(options),
        "joints": list(LIFTED_32.joints),
        **about,
    }
    return write_weights(path, tensors, content)


def load_lifter(path: Path, name: str | None = None) -> NetworkLifter:
    """A lifter that `train.py task=lift` wrote.

    Raises:
        CheckpointError: no such file, damaged, or no lifter.
    """
    content, state, weights = read_weights_of(Path(path), "lifter", "lift", FORMAT, FORMAT_VERSION)
    if content.get("joints") != list(LIFTED_32.joints):
        raise CheckpointError(f"{path} was written by a newer formnet; upgrade formnet")
    try:
        plain = dict(content["network"])
        options = LifterNetwork(**{**plain, "dilations": tuple(plain["dilations"])})
        network = build_with_weights(options.build, state, weights)
    except (KeyError, TypeError, ValueError, RuntimeError, InputError) as error:
        raise CheckpointError(f"{path} describes a lifter that cannot be built ({error}); get it again") from error
    return NetworkLifter(name or weights.stem, network, content)


def load_shipped_lifter(name: str) -> NetworkLifter:
    """One of the two lifters that formnet brings along: "supervised" or "unsupervised"."""
    return load_lifter(shipped_path(f"lifter_{name}.safetensors"), name)
