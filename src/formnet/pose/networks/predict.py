"""A network's answer for pictures: crop, flip test, maps, people, in pixels of the picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from formnet.pose.grouping.base import FoundPeople
from formnet.pose.grouping.heatmaps import Array
from formnet.pose.grouping.shape import complete_people
from formnet.pose.networks.condition import mirror_conditions
from formnet.pose.networks.crop import Crop
from formnet.pose.networks.description import STRIDE, PoseNetwork, prepare

Picture = NDArray[np.uint8]
MapArrays = dict[str, Array]


def find_in_crops(
    network: PoseNetwork,
    pictures: Sequence[Picture],
    crops: Sequence[Crop],
    conditions: Array | None = None,
    *,
    flip: bool = True,
) -> list[FoundPeople]:
    """People in each crop; one for networks of crops, any number for those of whole pictures.

    Args:
        network: not RPSTN, see `find_in_clip`.
        pictures: (H, W, 3) RGB.
        crops: the part of each that the network sees.
        conditions: (N, C, H/4, W/4) what a conditioned network is shown beside them.
        flip: mean of the maps of the picture and, mirrored back, of its mirror image.
    """
    views, shown = _cut(pictures, crops), [] if conditions is None else [conditions]
    straight = _compute(network, views, shown)
    if not flip:
        return _read(network, crops, straight)
    mirrored = [mirror_conditions(part, network.spec.skeleton) for part in shown]
    return _read(network, crops, straight, _compute(network, views.flip(-1), mirrored))


def find_in_clip(
    network: PoseNetwork, pictures: Sequence[Picture], crops: Sequence[Crop], *, flip: bool = True
) -> list[FoundPeople]:
    """The same for RPSTN: frames that follow each other, all of which it sees."""
    views = _cut(pictures, crops)

    def compute(frames: torch.Tensor) -> MapArrays:
        return {name: part[0] for name, part in _compute(network, frames[None]).items()}

    return _read(network, crops, compute(views), compute(views.flip(-1)) if flip else None)


def _cut(pictures: Sequence[Picture], crops: Sequence[Crop]) -> torch.Tensor:
    return prepare(torch.from_numpy(np.stack([c.cut(p) for c, p in zip(crops, pictures, strict=True)])))


def _read(
    network: PoseNetwork, crops: Sequence[Crop], straight: MapArrays, turned: MapArrays | None = None
) -> list[FoundPeople]:
    """People in maps (N, C, H, W) of crops, with those of the mirrored crops where there are any."""
    grouping = network.spec.make_grouping()
    found = []
    for number, crop in enumerate(crops):
        maps = {name: part[number] for name, part in straight.items()}
        if turned is not None:
            back = grouping.mirror({name: part[number] for name, part in turned.items()})
            maps = {name: (part + back[name]) / 2 if name in back else part for name, part in maps.items()}
        people = complete_people(grouping.group(maps), network.spec.shape)
        joints = crop.to_picture(people.joints * STRIDE)
        found.append(FoundPeople(joints, people.confidence, people.score, people.solid))
    return found


def _compute(network: PoseNetwork, views: torch.Tensor, conditions: Sequence[Array] = ()) -> MapArrays:
    maps = network.maps(views, *map(torch.from_numpy, conditions))
    return {name: part.numpy() for name, part in maps.items()}
