"""The door to every lifter: what it does, and how one is chosen by name."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from formnet.checks import say_value
from formnet.errors import InputError
from formnet.lifting.joints import assemble_lifted
from formnet.motion import Motion
from formnet.pose.track import PoseTrack
from formnet.skeleton import LIFTED_32

FITTED = "+smpl"
"""Ending of a lifter's name that has a SMPL body fitted to what it lifted."""
FOLLOWED = "+picture"
"""Ending of a lifter's name whose joints follow the picture and keep the lifter's depth, see `following`."""


class Lifter(Protocol):
    """Turns joints in the picture into joints in metres."""

    @property
    def name(self) -> str:
        """As in the registry and in a verdict's provenance."""

    @property
    def needs_depth(self) -> bool:
        """True when the pose source has to bring a depth of its own."""

    def lift(self, track: PoseTrack) -> Motion:
        """(T, J, 3) metres on the track's times, camera axes (y down), the pelvis or the middle of the hips at the
        origin; raises `PoseError` where the track does not show enough of a person."""


@dataclass(frozen=True)
class WorldLifter:
    """The estimator's joints in metres, as they are."""

    name: str = "world"
    needs_depth: bool = True

    def lift(self, track: PoseTrack) -> Motion:
        return track.require_world()


@dataclass(frozen=True)
class PictureLifter:
    """The picture's x and y with the estimator's depth, see `PoseTrack.solid`."""

    name: str = "picture"
    needs_depth: bool = True

    def lift(self, track: PoseTrack) -> Motion:
        return track.solid


@dataclass(frozen=True)
class FittedLifter:
    """A SMPL body fitted to what another lifter says."""

    inner: Lifter

    @property
    def name(self) -> str:
        return f"{self.inner.name}{FITTED}"

    @property
    def needs_depth(self) -> bool:
        return self.inner.needs_depth

    def lift(self, track: PoseTrack) -> Motion:
        from formnet.lifting.fitting import fit_body

        lifted = self.inner.lift(track)
        body = fit_body(lifted)
        positions = assemble_lifted(body.landmarks, body.joints)
        positions[lifted.missing.all(axis=1)] = np.nan
        sure = np.repeat(np.median(lifted.confidence, axis=1, keepdims=True), len(LIFTED_32), axis=1)
        return Motion(positions, sure, lifted.timestamps, LIFTED_32)


def create_lifter(name: str = "picture") -> Lifter:
    """The lifter of that name, or of a file of weights.

    Raises:
        InputError: for an unknown name, listing the known ones.
        CheckpointError: for a file that is no lifter.
    """
    if name.endswith(2 * FITTED):
        raise InputError(f"the lifter {name!r} fits a body to a fitted body; write {FITTED} once")
    if name.endswith(FITTED):
        return FittedLifter(create_lifter(name.removesuffix(FITTED)))
    if name.endswith(FOLLOWED):
        return _follow(create_lifter(name.removesuffix(FOLLOWED)))
    if name in LIFTERS:
        return LIFTERS[name]()
    if name.lower().endswith((".safetensors", ".json")):
        return _from_file(Path(name))
    known = f"{', '.join(LIFTERS)}, with {FOLLOWED} or {FITTED} behind"
    raise InputError(f"there is no lifter {name!r}; use one of {known}, or a .safetensors file")


def _follow(inner: Lifter) -> Lifter:
    from formnet.lifting.following import FollowedLifter
    from formnet.lifting.temporal import NetworkLifter

    if not isinstance(inner, NetworkLifter):
        raise InputError(f"{inner.name} has nothing to follow the picture with; use supervised{FOLLOWED}")
    return FollowedLifter(inner)


def check_lifter_name(name: str) -> None:
    """Holds what a model file says of its lifter: the name of one that formnet has, or of a file in its own folder.

    Raises:
        InputError: for a path, which would let a file choose what is read elsewhere.
    """
    plain = name.removesuffix(FITTED)
    if plain not in LIFTERS and (not plain.endswith(".safetensors") or set(plain) & set("/\\:\0")):
        known = ", ".join(LIFTERS)
        raise InputError(f"there is no lifter {say_value(name)}; a model asks for {known} or a file beside itself")


def find_beside(name: str, folder: Path) -> str:
    """What `create_lifter` takes for the lifter that a model in `folder` asks for."""
    return str(folder / name) if name.removesuffix(FITTED).endswith(".safetensors") else name


def adopt_lifter(name: str, folder: Path) -> str:
    """Copies a lifter that is a file into a model's folder, so that the two stay together.

    Returns:
        what the model's description says of its lifter.
    """
    plain = name.removesuffix(FITTED)
    if plain in LIFTERS:
        return name
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in (".safetensors", ".json"):
        given, kept = Path(plain).with_suffix(suffix), folder / f"lifter{suffix}"
        if given.resolve() != kept.resolve():
            shutil.copyfile(given, kept)
    return f"lifter.safetensors{name[len(plain) :]}"


def _from_file(path: Path) -> Lifter:
    from formnet.lifting.temporal import load_lifter

    return load_lifter(path)


def _shipped(name: str) -> Callable[[], Lifter]:
    def load() -> Lifter:
        from formnet.lifting.temporal import load_shipped_lifter

        return load_shipped_lifter(name)

    return load


LIFTERS: dict[str, Callable[[], Lifter]] = {
    "picture": PictureLifter,
    "world": WorldLifter,
    "supervised": _shipped("supervised"),
    "unsupervised": _shipped("unsupervised"),
}
