"""The temporal lifter at work: its weights on disk, and any 2D motion through its network."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from formnet.errors import CheckpointError, InputError
from formnet.geometry.vectors import mirror_points
from formnet.lifting.forward import LifterForward, LifterNetwork, take_lifter
from formnet.lifting.observation import OBSERVED_24, Array, observe
from formnet.lifting.placing import WORKING_FPS
from formnet.motion import Motion
from formnet.pose.track import PoseTrack
from formnet.skeleton import LIFTED_32
from formnet.storage.weights import Arrays, StoredWeights, halve, read_weights_of, shipped_path, write_weights

FORMAT = "formnet-lifter"
FORMAT_VERSION = 2


@dataclass(frozen=True, eq=False)
class NetworkLifter:
    """Lifts by a trained network, whatever joints the source has.

    Attributes:
        name: of the lifter.
        network: its layers and weights.
        about: what stands beside its weights: network, training, figures.
    """

    name: str
    network: LifterForward
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
        turned = mirror_points(points, OBSERVED_24.mirror), confidence[:, :, OBSERVED_24.mirror]
        with np.errstate(all="ignore"):
            straight, mirrored = self.network(points, confidence, stride), self.network(*turned, stride)
        return (straight + mirror_points(mirrored, LIFTED_32.mirror)) / 2


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


def save_lifter(path: Path, arrays: Arrays, options: LifterNetwork, about: Mapping[str, Any]) -> Path:
    """Writes NAME.safetensors (16 bits) and NAME.json; returns the path of the weights."""
    content = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "network": dataclasses.asdict(options),
        "joints": list(LIFTED_32.joints),
        **about,
    }
    return write_weights(path, halve(arrays, lambda name: "running_" in name), content)


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
        network = take_lifter(StoredWeights(state, weights), options)
    except (KeyError, TypeError, ValueError, RuntimeError, InputError) as error:
        raise CheckpointError(f"{path} describes a lifter that cannot be built ({error}); get it again") from error
    return NetworkLifter(name or weights.stem, network, content)


def load_shipped_lifter(name: str) -> NetworkLifter:
    """One of the two lifters that formnet brings along: "supervised" or "unsupervised"."""
    return load_lifter(shipped_path(f"lifter_{name}.safetensors"), name)
