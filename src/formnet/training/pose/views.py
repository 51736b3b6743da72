"""Training samples of pose networks: a crop, turned and coloured at random, and the maps it should give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from formnet.checks import check_fields, real, within
from formnet.pose.networks.condition import draw_condition
from formnet.pose.networks.crop import Crop, crop_around, crop_whole
from formnet.pose.networks.description import STRIDE, PoseNetworkSpec
from formnet.readers.pictures.base import HIDDEN, VISIBLE, LabelledPerson, LabelledPicture, PictureSet
from formnet.skeleton import Skeleton
from formnet.training.pose.conditions import disturb_pose

Picture = NDArray[np.uint8]
Sample = dict[str, NDArray[np.generic]]
Read = Callable[[LabelledPicture], Picture]
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class PoseAugment:
    """How far training pictures stray from what was labelled; all values 0 for none.

    Attributes:
        flip: mirror half of them.
        turn_deg, scale, shift: standard deviations of turning, of the logarithm of size, and of the crop's place in
            shares of its width.
        colour: of brightness and contrast, of each colour's strength and of saturation.
        erase: share of the pictures, or pieces of clips, in which a patch is covered.
    """

    flip: bool = True
    turn_deg: float = within(real(0, 180), 15.0)
    scale: float = within(real(0, 10), 0.12)
    shift: float = within(real(0, 10), 0.03)
    colour: float = within(real(0, 10), 0.12)
    erase: float = within(real(0, 1), 0.25)

    def __post_init__(self) -> None:
        check_fields(self, "task.data.augment")


NO_AUGMENT = PoseAugment(flip=False, turn_deg=0, scale=0, shift=0, colour=0, erase=0)


@dataclass(frozen=True, eq=False)
class View:
    """What one sample shows: a picture or frames that follow each other, and one person in them or everybody.

    Attributes:
        frames: one or more.
        person: number of the person in each frame; None for everybody.
        crop: the part that is looked at.
        found: (P, J, 2) pixels, joints of whom is meant, then of everybody else, as another network found them in the
            picture; None where a conditioned network is to be shown true ones made wrong.
    """

    frames: tuple[LabelledPicture, ...]
    person: int | None
    crop: Crop
    found: NDArray[np.float64] | None = None

    def people(self, frame: int) -> tuple[LabelledPerson, ...]:
        """Whose joints the maps show."""
        everybody = self.frames[frame].people
        return everybody if self.person is None else (everybody[self.person],)


def list_views(pictures: PictureSet, spec: PoseNetworkSpec) -> list[View]:
    """All samples of a set: people in crops, whole pictures, or for RPSTN pieces of clips with one person."""
    if spec.kind == "rpstn":
        return _list_pieces(pictures, spec)
    if spec.finds_several:
        return [View((picture,), None, crop_whole(*picture.size(), spec.size)) for picture in pictures.pictures]
    return [
        View((picture,), number, _crop(person, spec))
        for picture in pictures.pictures
        for number, person in enumerate(picture.people)
    ]


def _crop(person: LabelledPerson, spec: PoseNetworkSpec) -> Crop:
    """Conditioned networks know nothing but joints."""
    known = person.joints[person.flags > 0]
    return spec.crop_joints(known) if spec.conditioned and len(known) else crop_around(person.box, spec.size)


def _list_pieces(pictures: PictureSet, spec: PoseNetworkSpec) -> list[View]:
    """Pieces of `spec.frames` frames, one after the other; the crop holds the person in all of them."""
    pieces = []
    for clip in pictures.clips():
        for start in range(0, len(clip) - spec.frames + 1, spec.frames):
            frames = clip[start : start + spec.frames]
            if all(len(frame.people) == 1 for frame in frames):
                boxes = np.stack([frame.people[0].box for frame in frames])
                box = np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])
                pieces.append(View(tuple(frames), 0, crop_around(box, spec.size)))
    return pieces


def draw_sample(
    view: View,
    spec: PoseNetworkSpec,
    augment: PoseAugment,
    rng: np.random.Generator,
    read: Read = LabelledPicture.read,
) -> Sample:
    """Pictures (H, W, 3) uint8 under `pictures`, and what the network should give; with T in front for RPSTN.

    All frames of a piece are changed in the same way, but that a patch covers only some that follow each other: what it
    hides was seen before or will be.
    """
    crop = vary_crop(view.crop, augment, rng)
    is_mirrored = augment.flip and rng.random() < 0.5
    colours = _draw_colours(augment, rng)
    patch = _draw_patch(spec.size, rng) if rng.random() < augment.erase else None
    first, last = np.sort(rng.integers(len(view.frames), size=2)) if len(view.frames) > 1 else (0, 0)
    samples = [
        _make_sample(
            read(frame), frame, view.people(number), crop, spec, is_mirrored, colours,
            patch if first <= number <= last else None,
        )
        for number, frame in enumerate(view.frames)
    ]  # fmt: skip
    if spec.conditioned:
        samples[0]["condition"] = _draw_training_condition(view, crop, spec, is_mirrored, rng)
    if spec.kind != "rpstn":
        return samples[0]
    return {name: np.stack([sample[name] for sample in samples]) for name in samples[0]}


def _draw_training_condition(
    view: View, crop: Crop, spec: PoseNetworkSpec, is_mirrored: bool, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Where another network put the joints of the person and of everybody else, or might have put them."""
    if view.found is not None:
        found = move_into_crop(view.found, crop, spec.skeleton, is_mirrored) / STRIDE
        return draw_condition(found[0], found[1:], spec.map_size)
    joints, flags, _ = place_people(view.frames[0].people, crop, spec.skeleton, is_mirrored)
    cells = np.where(flags[..., None] > 0, joints / STRIDE, np.nan)
    found = np.stack([
        disturb_pose(own, flags[number] == HIDDEN, np.delete(cells, number, axis=0), spec.skeleton, rng)
        for number, own in enumerate(cells)
    ])  # fmt: skip
    assert view.person is not None
    return draw_condition(found[view.person], np.delete(found, view.person, axis=0), spec.map_size)


def vary_crop(crop: Crop, augment: PoseAugment, rng: np.random.Generator) -> Crop:
    """The crop turned, scaled and moved at random."""
    span = crop.span * float(np.exp(np.clip(rng.normal(0, augment.scale), -0.35, 0.35)))
    x, y = np.array(crop.centre) + rng.normal(0, augment.shift, 2) * crop.span
    turn_deg = float(np.clip(rng.normal(0, augment.turn_deg), -2 * augment.turn_deg, 2 * augment.turn_deg))
    return replace(crop, span=span, centre=(float(x), float(y)), turn_deg=turn_deg)


def _make_sample(
    pixels: Picture,
    picture: LabelledPicture,
    people: Sequence[LabelledPerson],
    crop: Crop,
    spec: PoseNetworkSpec,
    is_mirrored: bool,
    colours: NDArray[np.float32] | None,
    patch: tuple[slice, slice, NDArray[np.float32]] | None,
) -> Sample:
    seen = crop.cut(pixels)
    joints, flags, solid = place_people(people, crop, spec.skeleton, is_mirrored)
    if is_mirrored:
        seen = seen[:, ::-1]
    seen = _paint(seen, colours, patch)
    cells = joints / STRIDE
    sample: Sample = {"pictures": np.ascontiguousarray(seen)}
    sample |= spec.make_grouping().make_maps(
        np.where(flags[..., None] > 0, cells, np.nan), spec.map_size, seen=flags == VISIBLE
    )
    boxes = [_to_cells(person.box, crop, is_mirrored) for person in people]
    unknown = [_to_cells(box, crop, is_mirrored) for box in picture.unknown]
    joint_known = find_known(flags, boxes, unknown, spec)
    sample["known"] = joint_known
    if spec.method == "fields":
        ends = np.array(spec.make_grouping().limbs)  # type: ignore[attr-defined]
        sample["limbs_known"] = np.minimum(joint_known[ends[:, 0]], joint_known[ends[:, 1]])
    if spec.method == "location":
        sample["solid"] = solid[0].astype(np.float32)
    return sample


def place_people(
    people: Sequence[LabelledPerson], crop: Crop, skeleton: Skeleton, is_mirrored: bool
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    """Joints (P, J, 2) in pixels of the crop, flags (P, J), and joints (P, J, 3) in metres, turned like the picture."""
    if not people:
        shape = (0, len(skeleton))
        return np.zeros((*shape, 2)), np.zeros(shape, np.intp), np.zeros((*shape, 3))
    joints = move_into_crop(np.stack([person.joints for person in people]), crop, skeleton, is_mirrored)
    flags = np.stack([person.flags for person in people])
    unknown = np.full((len(skeleton), 3), np.nan)
    solid = np.stack([unknown if person.solid is None else person.solid for person in people])
    cos, sin = np.cos(np.radians(crop.turn_deg)), np.sin(np.radians(crop.turn_deg))
    solid = solid @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    if is_mirrored:
        flags, solid = flags[:, skeleton.mirror], solid[:, skeleton.mirror] * (-1, 1, 1)
    return joints, flags, solid


def move_into_crop(
    joints: NDArray[np.floating], crop: Crop, skeleton: Skeleton, is_mirrored: bool
) -> NDArray[np.float64]:
    """Joints (P, J, 2) of the picture in pixels of the crop, of its mirror image if that is what is seen."""
    places = crop.from_picture(joints)
    return places[:, skeleton.mirror] * (-1, 1) + (crop.size[0], 0) if is_mirrored else places


def find_known(
    flags: NDArray[np.intp],
    boxes: Sequence[NDArray[np.float64]],
    unknown: Sequence[NDArray[np.float64]],
    spec: PoseNetworkSpec,
) -> NDArray[np.float32]:
    """Where it is known whether a joint is there, (J, H, W): 0 or 1.

    In a crop of one person a joint is known everywhere or nowhere, (J, 1, 1). In a picture of several it is unknown in
    the box of somebody who lacks its label, and in boxes of people without labels (x0, y0, x1, y1 in cells).
    """
    if not spec.finds_several:
        return (flags[0] > 0).astype(np.float32)[:, None, None]
    width, height = spec.map_size
    known = np.ones((flags.shape[1], height, width), np.float32)
    for own, box in zip(flags, boxes, strict=True):
        x0, y0, x1, y1 = np.clip(np.round(box), 0, (width, height, width, height)).astype(int)
        known[np.flatnonzero(own == 0), y0:y1, x0:x1] = 0
    for box in unknown:
        x0, y0, x1, y1 = np.clip(np.round(box), 0, (width, height, width, height)).astype(int)
        known[:, y0:y1, x0:x1] = 0
    return known


def _to_cells(box: NDArray[np.float64], crop: Crop, is_mirrored: bool) -> NDArray[np.float64]:
    corners = crop.from_picture(box[[[0, 1], [2, 1], [0, 3], [2, 3]]])
    if is_mirrored:
        corners = corners * (-1, 1) + (crop.size[0], 0)
    return np.concatenate([corners.min(axis=0), corners.max(axis=0)]) / STRIDE


def _draw_colours(augment: PoseAugment, rng: np.random.Generator) -> NDArray[np.float32] | None:
    """(4, 3): a matrix and an offset on colours 0–255."""
    if not augment.colour:
        return None
    strength = np.exp(rng.normal(0, augment.colour) + rng.normal(0, augment.colour / 2, 3))
    saturation = float(np.exp(rng.normal(0, 2 * augment.colour)))
    mix = saturation * np.eye(3) + (1 - saturation) * _GREY[:, None]
    offset = np.full(3, rng.normal(0, 128 * augment.colour))
    return np.vstack([mix * strength, offset]).astype(np.float32)


def _draw_patch(size: tuple[int, int], rng: np.random.Generator) -> tuple[slice, slice, NDArray[np.float32]]:
    extent = (rng.uniform(0.1, 0.35, 2) * size).astype(int)
    x, y = (rng.uniform(0, 1, 2) * (np.array(size) - extent)).astype(int)
    return slice(y, y + extent[1]), slice(x, x + extent[0]), rng.uniform(0, 255, 3).astype(np.float32)


def _paint(
    picture: Picture,
    colours: NDArray[np.float32] | None,
    patch: tuple[slice, slice, NDArray[np.float32]] | None,
) -> Picture:
    if colours is not None:
        import cv2

        picture = np.asarray(cv2.transform(picture, colours.T))
    if patch is not None:
        picture = picture.copy()
        picture[patch[0], patch[1]] = patch[2]
    return picture
