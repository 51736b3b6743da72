"""What a set of labelled pictures is, whatever format it came in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from formnet.errors import DataError, InputError
from formnet.skeleton import Skeleton

UNLABELLED, HIDDEN, VISIBLE = 0, 1, 2
"""COCO's flags of a joint: where it is nobody knows; known but behind something; seen."""


@dataclass(frozen=True, eq=False)
class LabelledPerson:
    """One person of a picture.

    Attributes:
        joints: (J, 2) pixels, NaN where unlabelled; pixel (0, 0) is centred at (0.5, 0.5).
        flags: (J,) `UNLABELLED`, `HIDDEN` or `VISIBLE`.
        box: (x0, y0, x1, y1) pixels.
        area: pixels that the person covers, for OKS.
        head_px: length of the head, for PCKh; NaN where not known.
        solid: (J, 3) metres in camera axes about the pelvis; None where not known.
    """

    joints: NDArray[np.float64]
    flags: NDArray[np.intp]
    box: NDArray[np.float64]
    area: float
    head_px: float = float("nan")
    solid: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False)
class LabelledPicture:
    """One picture and its people.

    Attributes:
        path: of the picture.
        people: those with labels.
        unknown: (N, 4) boxes of people or crowds without labels, where nothing is right or wrong.
        clip: the video it is a frame of, or "".
        frame: its number there.
    """

    path: Path
    people: tuple[LabelledPerson, ...]
    unknown: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 4)))
    clip: str = ""
    frame: int = 0

    def read(self) -> NDArray[np.uint8]:
        """The picture (H, W, 3), RGB; raises `InputError` when it is missing or damaged."""
        with open_picture(self.path) as image:
            return np.asarray(image.convert("RGB"))

    def size(self) -> tuple[int, int]:
        """Width and height, without reading all of it; raises as `read` does."""
        with open_picture(self.path) as image:
            return image.size


@dataclass(frozen=True, eq=False)
class PictureSet:
    """Pictures whose people are labelled with the joints of one skeleton."""

    pictures: tuple[LabelledPicture, ...]
    skeleton: Skeleton

    def __len__(self) -> int:
        return len(self.pictures)

    def only(self, chosen: Sequence[LabelledPicture]) -> PictureSet:
        """The same set with some of its pictures."""
        return PictureSet(tuple(chosen), self.skeleton)

    def clips(self) -> list[list[LabelledPicture]]:
        """The pictures of each clip in their order; a picture that belongs to none is a clip of its own."""
        found: dict[str, list[LabelledPicture]] = {}
        for number, picture in enumerate(self.pictures):
            found.setdefault(picture.clip or f"/{number}", []).append(picture)
        return [sorted(frames, key=lambda picture: picture.frame) for frames in found.values()]


@contextlib.contextmanager
def open_picture(path: Path) -> Iterator[Image.Image]:
    """An open picture file; raises `InputError` when it is missing or damaged."""
    try:
        with Image.open(path) as image:
            yield image
    except FileNotFoundError:
        raise InputError(f"the picture {path} does not exist; give the folder that the labels name it in") from None
    except (OSError, UnidentifiedImageError, ValueError) as error:
        raise InputError(f"{path} is no readable picture ({error}); remove its labels or get it again") from None


def box_around(joints: NDArray[np.float64], margin: float = 0.1) -> NDArray[np.float64]:
    """Box (4,) around the labelled joints (J, 2), grown by a share of its longer side on all sides."""
    low, high = np.nanmin(joints, axis=0), np.nanmax(joints, axis=0)
    pad = margin * max(float((high - low).max()), 1.0)
    return np.concatenate([low - pad, high + pad])


def require_people(pictures: Sequence[LabelledPicture], path: Path) -> tuple[LabelledPicture, ...]:
    """Those that show somebody; raises `DataError` when none does."""
    kept = tuple(picture for picture in pictures if picture.people)
    if not kept:
        raise DataError(f"{path} labels nobody; give labels with at least one person and one joint")
    return kept
