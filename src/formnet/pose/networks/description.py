"""What a pose network is, in plain values that stand beside its weights, and how it is built from them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from formnet.checks import check_fields, real, whole, within
from formnet.errors import CheckpointError, FormnetError, InputError
from formnet.pose.grouping.base import Grouping
from formnet.pose.grouping.cells import LikelyCells
from formnet.pose.grouping.fields import AffinityFields
from formnet.pose.grouping.offsets import PersonOffsets
from formnet.pose.grouping.personlab import PersonLab
from formnet.pose.grouping.shape import PoseShape
from formnet.pose.grouping.single import LocationMaps, SinglePerson
from formnet.pose.grouping.tags import AssociativeEmbedding
from formnet.pose.networks.blocks import DeconvTrunk, Hourglass, HourglassStem, ResidualEncoder
from formnet.pose.networks.blocks import refinement as make_refinement
from formnet.pose.networks.crop import Crop, box_joints, crop_around
from formnet.pose.networks.rpstn import Relation, Rpstn
from formnet.pose.networks.staged import StagedNetwork
from formnet.skeleton import Skeleton
from formnet.storage.modules import arrays_of, build_with_weights
from formnet.storage.weights import halve, read_weights_of, write_weights

Kind = Literal["deconv", "hourglass", "rpstn"]
Method = Literal["heatmaps", "cells", "location", "fields", "tags", "personlab", "offsets"]
FORMAT, FORMAT_VERSION = "formnet-pose", 3
_MAX_LEVELS = 8
STRIDE = 4
"""Pixels of the picture to a cell of the maps."""
SEVERAL: tuple[Method, ...] = ("fields", "tags", "personlab", "offsets")
"""Methods that find several people in a whole picture; the others look at a crop of one."""
_LOGITS = ("discs", "seen")
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pictures; every network expects colours 0–1 after subtraction and division."""


@dataclass(frozen=True)
class PoseNetworkSpec:
    """A pose network.

    Attributes:
        skeleton: its joints.
        kind: "deconv" (SimpleBaseline), "hourglass" (stacked), "rpstn" (video).
        method: what its maps mean: "heatmaps" and "location" of one person; "fields", "tags", "personlab", "offsets" of
            several.
        size: width and height of the picture it sees, pixels; multiples of 4 times what its levels halve.
        widths, blocks: channels and residual blocks of the encoder's levels, see `ResidualEncoder`.
        patches: see `ResidualEncoder`.
        lateral: features of every level of the encoder are added to the deconvolutions (see `DeconvTrunk`).
        width: channels of the features that maps are read from.
        stages: of hourglasses, or of refinement after deconvolutions (1: none).
        depth: halvings of an hourglass.
        sigma: of Gaussians, cells; PersonLab's discs have twice that radius.
        refine: see `decode_heatmaps`.
        relation, propagate, frames: of RPSTN, see there.
        conditioned: it looks again at each of several people whom another network found, and is shown where that put
            the joints, so that it knows who is meant (BUCTD, Zhou et al., ICCV 2023).
        margin: how much larger than the box about found joints a conditioned network's crop is; the smaller, the more
            of it is the person.
        shape: places joints that were not found of somebody among several, see `PoseShape`.
    """

    skeleton: Skeleton
    kind: Kind = "deconv"
    method: Method = "heatmaps"
    size: tuple[int, int] = (192, 256)
    widths: tuple[int, ...] = (64, 128, 256)
    blocks: tuple[int, ...] = (2, 2, 2)
    patches: bool = False
    lateral: bool = False
    width: int = within(whole(1, 4096), 128)
    stages: int = within(whole(1, 16), 1)
    depth: int = within(whole(1, _MAX_LEVELS), 3)
    sigma: float = within(real(0.1, 100), 2.0)
    refine: Literal["none", "quarter", "taylor"] = "taylor"
    relation: Relation = "joints"
    propagate: bool = True
    frames: int = within(whole(1, 1000), 5)
    conditioned: bool = False
    margin: float = within(real(0.1, 10), 1.25)
    shape: PoseShape | None = None

    def __post_init__(self) -> None:
        lists = {"size": whole(1, 8192), "widths": whole(1, 4096), "blocks": whole(1, 64)}
        for name, allowed in lists.items():
            values = getattr(self, name)
            if not 1 <= len(values) <= _MAX_LEVELS or not all(map(allowed.holds, values)):
                raise InputError(f"expected task.network.{name} to be up to {_MAX_LEVELS} numbers, each {allowed}")
        check_fields(self, "task.network")
        problems = [
            f"{name} must be one of {', '.join(get_args(choice))}, got {value!r}"
            for name, value, choice in (
                ("kind", self.kind, Kind), ("method", self.method, Method), ("relation", self.relation, Relation),
            )
            if value not in get_args(choice)
        ]  # fmt: skip
        step = STRIDE * 2**self._halvings
        if any(side < step or side % step for side in self.size):
            problems.append(f"size must be multiples of {step}, got {self.size[0]}×{self.size[1]}")
        if self.kind == "rpstn" and self.method != "heatmaps":
            problems.append("RPSTN finds heatmaps; set method=heatmaps")
        if self.conditioned and (self.kind != "deconv" or self.method not in ("heatmaps", "cells")):
            problems.append("a conditioned network finds heatmaps in single pictures; set kind=deconv, method=heatmaps")
        if self.shape is not None and len(self.shape.mean) != len(self.skeleton):
            problems.append(f"its shape has {len(self.shape.mean)} joints, not {len(self.skeleton)}")
        if len(self.widths) != len(self.blocks):
            problems.append("widths and blocks must be lists of the same length")
        if problems:
            raise InputError("this is no pose network: " + "; ".join(problems))

    @property
    def _halvings(self) -> int:
        return self.depth if self.kind == "hourglass" else len(self.widths) - 1

    @property
    def map_size(self) -> tuple[int, int]:
        """Width and height of its maps, cells."""
        return self.size[0] // STRIDE, self.size[1] // STRIDE

    @property
    def finds_several(self) -> bool:
        """True when it looks at whole pictures instead of crops."""
        return self.method in SEVERAL

    @property
    def conditions(self) -> int:
        """Maps that it is shown beside pictures: one for each joint of the person meant, one for everybody else."""
        return len(self.skeleton) + 1 if self.conditioned else 0

    def crop_joints(self, joints: NDArray[np.floating]) -> Crop:
        """What a conditioned network sees of somebody with these joints (J, 2), of which some may be NaN."""
        return crop_around(box_joints(joints), self.size, self.margin)

    def make_grouping(self) -> Grouping:
        """What its maps mean."""
        if self.method == "heatmaps":
            return SinglePerson(self.skeleton, self.sigma, self.refine)
        if self.method == "cells":
            return LikelyCells(self.skeleton, self.sigma)
        if self.method == "location":
            return LocationMaps(self.skeleton, self.sigma, self.refine)
        if self.method == "fields":
            return AffinityFields(self.skeleton, self.sigma)
        if self.method == "tags":
            return AssociativeEmbedding(self.skeleton, self.sigma)
        if self.method == "offsets":
            return PersonOffsets(self.skeleton, self.sigma)
        return PersonLab(self.skeleton, radius=2 * self.sigma)

    def build(self) -> nn.Module:
        """The network with fresh weights: pictures (N, 3, H, W), or (N, T, 3, H, W) for RPSTN → maps of each stage."""
        channels = self.make_grouping().channels
        if self.kind == "hourglass":
            bodies = [Hourglass(self.width, self.depth) for _ in range(self.stages)]
            return StagedNetwork(HourglassStem(self.width), bodies, self.width, channels)
        encoder = ResidualEncoder(self.widths, self.blocks, self.conditions, patches=self.patches)
        stem = DeconvTrunk(encoder, self.width, lateral=self.lateral)
        if self.kind == "rpstn":
            return Rpstn(stem, stem.channels, len(self.skeleton), self.relation, self.propagate)
        later = [make_refinement(stem.channels) for _ in range(self.stages - 1)]
        return StagedNetwork(stem, [nn.Identity(), *later], stem.channels, channels)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            **{f.name: getattr(self, f.name) for f in dataclasses.fields(self)},
            "shape": None if self.shape is None else self.shape.to_dict(),
            "skeleton": {"name": self.skeleton.name, "joints": list(self.skeleton.joints)},
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PoseNetworkSpec:
        """The inverse; raises `KeyError`, `TypeError` or `FormnetError` for what is no description."""
        skeleton = Skeleton(values["skeleton"]["name"], tuple(values["skeleton"]["joints"]))
        lists = {name: tuple(values[name]) for name in ("size", "widths", "blocks") if name in values}
        shape = None if values.get("shape") is None else PoseShape.from_dict(values["shape"])
        return cls(**{**values, **lists, "skeleton": skeleton, "shape": shape})


@dataclass(frozen=True, eq=False)
class PoseNetwork:
    """A trained network in evaluation mode, its description, and what is known about it.

    Attributes:
        first: finds the people at whom a conditioned network looks again.
    """

    spec: PoseNetworkSpec
    module: nn.Module
    about: Mapping[str, Any] = field(default_factory=dict)
    first: PoseNetwork | None = None

    @property
    def opening(self) -> PoseNetwork:
        """The network that sees a picture first: itself, where nothing came before."""
        return self.first or self

    def maps(self, pictures: torch.Tensor, *conditions: torch.Tensor) -> dict[str, torch.Tensor]:
        """The last stage's maps of pictures as `prepare` makes them, wherever the network is; discs as shares."""
        place = next((part.device for part in self.module.parameters()), pictures.device)
        with torch.inference_mode():
            maps = finish_maps(self.module(pictures.to(place), *(part.to(place) for part in conditions))[-1])
            # Trainings in 16 bits validate in 16 bits, too, which NumPy does not know.
            return {name: part.float().cpu() for name, part in maps.items()}


def finish_maps(maps: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What `Grouping.group` expects: discs, seen cells and cells of one joint are learnt as logits and read as
    probabilities."""
    read = {name: torch.sigmoid(part) if name in _LOGITS else part for name, part in maps.items()}
    if "likely" in read:
        read["likely"] = torch.softmax(read["likely"].float().flatten(-2), dim=-1).view_as(read["likely"])
    return read


def prepare(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures (..., H, W, 3) uint8 → (..., 3, H, W) as networks expect them."""
    scaled = (pictures.float() / 255 - torch.tensor(MEAN)) / torch.tensor(SPREAD)
    return scaled.movedim(-1, -3).contiguous()


def save_pose_network(
    path: Path, spec: PoseNetworkSpec, module: nn.Module, about: Mapping[str, Any], first: PoseNetwork | None = None
) -> Path:
    """Writes NAME.safetensors (16 bits) and NAME.json, and what sees first as NAME_first; returns the path of the
    weights."""
    if first is not None:
        save_pose_network(path_of_first(path), first.spec, first.module, first.about)
    content = {"format": FORMAT, "format_version": FORMAT_VERSION, "network": spec.to_dict(), **about}
    return write_weights(path, halve(arrays_of(module), lambda name: "running_" in name), content)


def path_of_first(path: Path) -> Path:
    """Where the network lies that sees before a conditioned one."""
    return path.with_name(f"{path.stem}_first.safetensors")


def load_pose_network(path: Path) -> PoseNetwork:
    """A network that `train.py task=pose` wrote, with the one that sees first where it is conditioned.

    Raises:
        CheckpointError: missing, damaged, or no pose network.
    """
    content, state, weights = read_weights_of(Path(path), "pose network", "pose", FORMAT, FORMAT_VERSION)
    try:
        spec = PoseNetworkSpec.from_dict(content["network"])
        module = build_with_weights(spec.build, state, weights)
    except (KeyError, TypeError, ValueError, AttributeError, FormnetError) as error:
        raise CheckpointError(f"{path} describes a network that cannot be built ({error}); get it again") from error
    return PoseNetwork(spec, module, content, _load_first(Path(path), spec) if spec.conditioned else None)


def _load_first(path: Path, spec: PoseNetworkSpec) -> PoseNetwork:
    first = load_pose_network(path_of_first(path))
    require_first(first, spec.skeleton)
    return first


def require_first(first: PoseNetwork, skeleton: Skeleton) -> None:
    """Raises `CheckpointError` for a network that cannot see before a conditioned one of these joints."""
    if not first.spec.finds_several or first.spec.skeleton.joints != skeleton.joints:
        raise CheckpointError(
            "what a conditioned network looks at again must be found by a network of several people with the same "
            "joints; train one with python train.py task=pose_offsets"
        )
