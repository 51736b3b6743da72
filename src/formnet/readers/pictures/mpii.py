"""MPII Human Pose (Andriluka et al., CVPR 2014): `mpii_human_pose_v1_u12_1.mat` and a folder of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from formnet.errors import InputError
from formnet.readers.pictures.base import (
    HIDDEN,
    UNLABELLED,
    VISIBLE,
    LabelledPerson,
    LabelledPicture,
    PictureSet,
    require_people,
)
from formnet.readers.pictures.matlab import as_list, field, read_mat
from formnet.skeleton import MPII_16

_PERSON_PX = 200.0
"""Height of a person of scale 1."""
_HEAD_SHARE = 0.6
"""PCKh's head length over the diagonal of the annotated head box (the set's own evaluation script)."""


def read_mpii(path: Path, pictures: Path | None = None) -> PictureSet:
    """Reads the training part, the only one with joints.

    Args:
        path: the .mat file.
        pictures: folder of the pictures; None: `images` beside the file.

    Raises:
        InputError: missing, damaged or another file.
        DataError: nobody is labelled.
    """
    path = Path(path)
    release = read_mat(path).get("RELEASE")
    if release is None or field(release, "annolist") is None:
        raise InputError(f"{path} is not MPII's file: expected 'RELEASE' with 'annolist'; give mpii_human_pose_v1_u12_1"
                         ".mat")  # fmt: skip
    folder = pictures or path.parent / "images"
    entries = as_list(release.annolist)
    is_training = np.atleast_1d(release.img_train).astype(bool)
    found = []
    for entry, usable in zip(entries, is_training, strict=True):
        if not usable:
            continue
        read = [_read_person(person) for person in as_list(field(entry, "annorect"))]
        people = tuple(person for person in read if isinstance(person, LabelledPerson))
        unknown = [box for box in read if isinstance(box, np.ndarray)]
        found.append(LabelledPicture(folder / str(entry.image.name), people, np.array(unknown).reshape(-1, 4)))
    return PictureSet(require_people(found, path), MPII_16)


def _read_person(row: Any) -> LabelledPerson | np.ndarray | None:
    """A person; only the box of one without joints; None where not even that is known."""
    place, scale = field(row, "objpos"), field(row, "scale")
    if place is None or scale is None:
        return None
    # MATLAB counts pixels from 1 and from their centres.
    half = 0.5 * _PERSON_PX * float(scale)
    centre = np.array([float(place.x), float(place.y)]) - 0.5
    box = np.concatenate([centre - half, centre + half])
    joints, flags = np.full((len(MPII_16), 2), np.nan), np.zeros(len(MPII_16), dtype=np.intp)
    points = field(row, "annopoints")
    for point in as_list(field(points, "point")) if points is not None else []:
        joints[int(point.id)] = float(point.x) - 0.5, float(point.y) - 0.5
        seen = field(point, "is_visible")
        # Points of the head carry no flag; they are always drawn where they are seen.
        flags[int(point.id)] = VISIBLE if seen is None or int(seen) else HIDDEN
    if not (flags != UNLABELLED).any():
        return box
    corners = [field(row, name) for name in ("x1", "y1", "x2", "y2")]
    x1, y1, x2, y2 = (float(corner) if corner is not None else np.nan for corner in corners)
    # The set has no masks: half of the square stands for the person's area.
    return LabelledPerson(joints, flags, box, 2 * half * half, _HEAD_SHARE * float(np.hypot(x2 - x1, y2 - y1)))
