"""A network's answer for pictures: crop, flip test, maps, people, in pixels of the picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from formnet.pose.grouping.base import FoundPeople
from formnet.pose.grouping.heatmaps import Array
from formnet.pose.grouping.shape import complete_people
from formnet.pose.networks.crop import Crop
from formnet.pose.networks.description import STRIDE, PoseNetwork, prepare

Picture = NDArray[np.uint8]


def find_in_crops(
    network: PoseNetwork, pictures: Sequence[Picture], crops: Sequence[Crop], *, flip: bool = True
) -> list[FoundPeople]:
    """People in each crop; one for networks of crops, any number for those of whole pictures.

    Args:
        network: not RPSTN, see `find_in_clip`.
        pictures: (H, W, 3) RGB.
        crops: the part of each that the network sees.
        flip: mean of the maps of the picture and, mirrored back, of its mirror image.
    """
    views = prepare(torch.from_numpy(np.stack([c.cut(p) for c, p in zip(crops, pictures, strict=True)])))
    return _read(network, views, crops, network.maps, flip)


def find_in_clip(
    network: PoseNetwork, pictures: Sequence[Picture], crops: Sequence[Crop], *, flip: bool = True
) -> list[FoundPeople]:
    """The same for RPSTN: frames that follow each other, all of which it sees."""
    views = prepare(torch.from_numpy(np.stack([c.cut(p) for c, p in zip(crops, pictures, strict=True)])))

    def maps(frames: torch.Tensor) -> dict[str, torch.Tensor]:
        return {name: part[0] for name, part in network.maps(frames[None]).items()}

    return _read(network, views, crops, maps, flip)


def _read(
    network: PoseNetwork,
    views: torch.Tensor,
    crops: Sequence[Crop],
    compute: Callable[[torch.Tensor], dict[str, torch.Tensor]],
    flip: bool,
) -> list[FoundPeople]:
    grouping = network.spec.make_grouping()
    straight = _to_arrays(compute(views))
    turned = _to_arrays(compute(views.flip(-1))) if flip else {}
    found = []
    for number, crop in enumerate(crops):
        maps = {name: part[number] for name, part in straight.items()}
        if flip:
            back = grouping.mirror({name: part[number] for name, part in turned.items()})
            maps = {name: (part + back[name]) / 2 if name in back else part for name, part in maps.items()}
        people = complete_people(grouping.group(maps), network.spec.shape)
        joints = crop.to_picture(people.joints * STRIDE)
        found.append(FoundPeople(joints, people.confidence, people.score, people.solid))
    return found


def _to_arrays(maps: dict[str, torch.Tensor]) -> dict[str, Array]:
    return {name: part.numpy() for name, part in maps.items()}
