"""Penn Action (Zhang et al., ICCV 2013): `labels/0001.mat` and `frames/0001/000001.jpg` for each clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from formnet.errors import InputError
from formnet.readers.pictures.base import (
    HIDDEN,
    UNLABELLED,
    VISIBLE,
    LabelledPerson,
    LabelledPicture,
    PictureSet,
    box_around,
    require_people,
)
from formnet.readers.pictures.matlab import read_mat
from formnet.skeleton import PENN_ACTION_13


def read_penn_action(root: Path) -> PictureSet:
    """Reads all clips; frames of one clip follow each other, so it serves for video.

    Args:
        root: folder with `labels` and `frames`.

    Raises:
        InputError: no such folders, or a damaged file.
        DataError: nobody is labelled.
    """
    root = Path(root)
    files = sorted((root / "labels").glob("*.mat"))
    if not files:
        raise InputError(f"{root} holds no labels/*.mat; give the folder of Penn Action with 'labels' and 'frames'")
    found = [picture for file in files for picture in _read_clip(file, root / "frames" / file.stem)]
    return PictureSet(require_people(found, root), PENN_ACTION_13)


def _read_clip(file: Path, frames: Path) -> list[LabelledPicture]:
    content = read_mat(file)
    missing = [name for name in ("x", "y", "visibility", "bbox") if name not in content]
    if missing:
        raise InputError(f"{file} lacks {', '.join(missing)}; give labels of Penn Action")
    size = (-1, len(PENN_ACTION_13))
    x, y, seen = (np.asarray(content[name], dtype=float).reshape(size) for name in ("x", "y", "visibility"))
    boxes = np.asarray(content["bbox"], dtype=float).reshape(-1, 4)
    pictures = []
    # Some clips have fewer boxes than poses.
    for frame in range(len(x)):
        joints = np.stack([x[frame], y[frame]], axis=-1)
        # Joints that nobody could place stand in the first pixel.
        there = np.asarray((joints > 1).any(axis=1))
        flags = np.where(~there, UNLABELLED, np.where(seen[frame] > 0, VISIBLE, HIDDEN)).astype(np.intp)
        people: tuple[LabelledPerson, ...] = ()
        if there.any():
            joints = np.where(there[:, None], joints - 0.5, np.nan)
            box = boxes[frame] if frame < len(boxes) else box_around(joints)
            people = (LabelledPerson(joints, flags, box, float((box[2:] - box[:2]).prod())),)
        pictures.append(LabelledPicture(frames / f"{frame + 1:06d}.jpg", people, clip=file.stem, frame=frame))
    return pictures
