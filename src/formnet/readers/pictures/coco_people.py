"""COCO keypoint JSON with its pictures: `images`, `annotations`, and the joints' names in `categories`.

Also what formnet renders: annotations then carry `solid`, (J, 3) metres about the pelvis, and images `clip`, `frame`.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from formnet.errors import DataError, InputError, SkeletonError
from formnet.readers.pictures.base import LabelledPerson, LabelledPicture, PictureSet, box_around, require_people
from formnet.skeleton import COCO_17, SKELETONS, Skeleton
from formnet.storage.files import atomic_path
from formnet.storage.texts import read_json


def read_coco_people(path: Path, pictures: Path | None = None) -> PictureSet:
    """Reads the people that are labelled in a COCO file.

    Args:
        path: the JSON, or a folder with `labels.json`.
        pictures: folder that file names start from; None: the one the JSON lies in.

    Raises:
        InputError: missing or malformed, or joints that formnet does not know.
        DataError: nobody is labelled.
    """
    path = Path(path) / "labels.json" if Path(path).is_dir() else Path(path)
    content = read_json(path)
    if not isinstance(content, dict) or not all(isinstance(content.get(k), list) for k in ("images", "annotations")):
        raise InputError(f"{path} is no COCO keypoint file: expected lists 'images' and 'annotations'")
    skeleton = _read_skeleton(content.get("categories"), path)
    of_image: dict[Any, list[Mapping[str, Any]]] = {}
    for number, row in enumerate(content["annotations"]):
        if not isinstance(row, dict) or "image_id" not in row:
            raise InputError(f"{path}, annotation {number}: expected an object with 'image_id' and 'keypoints'")
        of_image.setdefault(row["image_id"], []).append(row)
    found = []
    for image in content["images"]:
        if not isinstance(image, dict) or "id" not in image or not isinstance(image.get("file_name"), str):
            raise InputError(f"{path}: expected every image to have 'id' and 'file_name'")
        rows = of_image.get(image["id"], [])
        read = [_read_person(row, skeleton, path) for row in rows]
        unknown = [row["bbox"] for row, person in zip(rows, read, strict=True) if person is None and "bbox" in row]
        boxes = np.array(unknown, dtype=float).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        found.append(
            LabelledPicture(
                (pictures or path.parent) / image["file_name"], tuple(person for person in read if person), boxes,
                str(image.get("clip", "")), int(image.get("frame", 0)),
            )
        )  # fmt: skip
    return PictureSet(require_people(found, path), skeleton)


def write_coco_people(path: Path, pictures: Sequence[LabelledPicture], skeleton: Skeleton) -> None:
    """Writes labels that `read_coco_people` reads again; pictures are named relative to the file's folder."""
    annotations: list[dict[str, Any]] = []
    for image_id, picture in enumerate(pictures):
        for person in picture.people:
            there = person.flags > 0
            rows = np.column_stack([np.where(there[:, None], person.joints, 0).round(2), person.flags])
            x0, y0, x1, y1 = (round(float(value), 2) for value in person.box)
            annotations.append(
                {"id": len(annotations) + 1, "image_id": image_id, "category_id": 1, "iscrowd": 0,
                 "num_keypoints": int(there.sum()), "keypoints": rows.ravel().tolist(),
                 "bbox": [x0, y0, round(x1 - x0, 2), round(y1 - y0, 2)], "area": round(person.area, 1),
                 **({} if person.solid is None else {"solid": person.solid.round(4).tolist()})}
            )  # fmt: skip
    content = {
        "images": [
            {"id": number, "file_name": picture.path.relative_to(path.parent).as_posix(), "clip": picture.clip,
             "frame": picture.frame}
            for number, picture in enumerate(pictures)
        ],
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person", "keypoints": list(skeleton.joints)}],
    }  # fmt: skip
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content) + "\n", encoding="utf-8")


def _read_skeleton(categories: Any, path: Path) -> Skeleton:
    if not categories:
        return COCO_17
    names = categories[0].get("keypoints") if isinstance(categories[0], dict) else None
    if not isinstance(names, list) or not names:
        raise InputError(f"{path}: expected 'categories' to name its 'keypoints'")
    joints = tuple(str(name) for name in names)
    known = next((skeleton for skeleton in SKELETONS.values() if skeleton.joints == joints), None)
    if known is not None:
        return known
    with contextlib.suppress(SkeletonError):
        return Skeleton("own", joints)
    raise InputError(f"{path} names joints that formnet does not know: {', '.join(joints)}; rename them as in "
                     "formnet/skeleton.py, e.g. left_knee")  # fmt: skip


def _read_person(row: Mapping[str, Any], skeleton: Skeleton, path: Path) -> LabelledPerson | None:
    """A person, or None for a crowd or somebody without labels."""
    values = row.get("keypoints")
    if row.get("iscrowd") or not values:
        return None
    table = np.array(values, dtype=float) if _are_numbers(values) else np.zeros(0)
    if len(table) != 3 * len(skeleton) or not np.isfinite(table).all():
        raise InputError(f"{path}, image {row['image_id']}: expected {3 * len(skeleton)} numbers of {skeleton.name!r}")
    table = table.reshape(-1, 3)
    flags = table[:, 2].astype(np.intp)
    if not np.isin(flags, (0, 1, 2)).all():
        raise InputError(f"{path}, image {row['image_id']}: the flag of a joint must be 0, 1 or 2")
    if not flags.any():
        return None
    joints = np.where(flags[:, None] > 0, table[:, :2], np.nan)
    box = box_around(joints)
    if _are_numbers(row.get("bbox")) and len(row["bbox"]) == 4:
        x, y, width, height = row["bbox"]
        box = np.array([x, y, x + width, y + height], dtype=float)
    size = box[2:] - box[:2]
    if (size <= 0).any():
        raise DataError(f"{path}, image {row['image_id']}: a box has no size; correct its 'bbox'")
    solid = np.array(row["solid"], dtype=float) if "solid" in row else None
    return LabelledPerson(joints, flags, box, float(row.get("area") or size.prod()), solid=solid)


def _are_numbers(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
