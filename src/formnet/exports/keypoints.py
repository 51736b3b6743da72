"""Keypoint files of other pose estimators: AlphaPose, OpenPose and COCO."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from formnet.conversion import convert_motion
from formnet.errors import InputError
from formnet.motion import FloatArray, Motion
from formnet.skeleton import BODY_25, COCO_17, COCO_18, HALPE_26, MPI_15, Skeleton
from formnet.storage.files import atomic_folder, atomic_path
from formnet.storage.outputs import MARK

ALPHAPOSE_SKELETONS = (COCO_17, HALPE_26)
OPENPOSE_SKELETONS = (BODY_25, COCO_18, MPI_15)


def write_alphapose(path: Path, image: Motion, skeleton: Skeleton = COCO_17) -> None:
    """AlphaPose's video form: a flat list, one object for each frame that shows the person.

    Frames are counted, as AlphaPose does; beside each stands its time as `time_s`, which other tools pass over and
    formnet reads.

    Raises:
        InputError: positions that are not 2D, or a joint set that AlphaPose does not have.
        SkeletonError: joints that cannot be derived.
    """
    rows = _collect_rows(image, _choose(skeleton, ALPHAPOSE_SKELETONS, "AlphaPose"))
    _write_json(
        path,
        [
            {
                "image_id": f"{frame}.jpg",
                "category_id": 1,
                "keypoints": _flatten(points),
                "score": float(points[:, 2].mean()),
                "box": _box(points),
                "idx": 0,
                "time_s": float(image.timestamps[frame]),
            }
            for frame, points in rows
        ],
    )


def write_coco(path: Path, image: Motion, width: int = 0, height: int = 0) -> None:
    """COCO keypoint annotations of 17 joints; visibility 2 from confidence 0.75, 1 below it, 0 when missing."""
    rows = _collect_rows(image, COCO_17)
    annotations = []
    for number, (frame, points) in enumerate(rows):
        flags = np.where(points[:, 2] <= 0, 0, np.where(points[:, 2] < 0.75, 1, 2))
        flat = np.concatenate([points[:, :2], flags[:, None]], axis=1)
        box = _box(points)
        annotations.append(
            {
                "id": number + 1,
                "image_id": frame,
                "category_id": 1,
                "keypoints": _flatten(flat),
                "num_keypoints": int((flags > 0).sum()),
                "bbox": box,
                "area": box[2] * box[3],
                "iscrowd": 0,
                "score": float(points[:, 2].mean()),
            }
        )
    category = {
        "id": 1,
        "name": "person",
        "keypoints": list(COCO_17.joints),
        "skeleton": [[COCO_17.index(a) + 1, COCO_17.index(b) + 1] for a, b in COCO_17.limbs],
    }
    images = [
        {"id": frame, "file_name": f"{frame:06d}.jpg", "width": width, "height": height, "time_s": float(time_s)}
        for frame, time_s in enumerate(image.timestamps)
    ]
    _write_json(path, {"images": images, "annotations": annotations, "categories": [category]})


def write_openpose(folder: Path, image: Motion, skeleton: Skeleton = BODY_25, stem: str = "clip") -> None:
    """OpenPose's folder: one `STEM_000000000012_keypoints.json` for each frame, nobody where the person is missing.

    The folder appears whole; one that exists and holds anything else is not touched.

    Raises:
        InputError: positions that are not 2D, a joint set that OpenPose does not have, or a folder in use.
    """
    points = _to_points(image, _choose(skeleton, OPENPOSE_SKELETONS, "OpenPose"))
    with atomic_folder(folder) as temporary:
        for frame, pose in enumerate(points):
            people = []
            if (pose[:, 2] > 0).any():
                people = [{"person_id": [-1], "pose_keypoints_2d": _flatten(pose)}]
            time_s = float(image.timestamps[frame])
            content = json.dumps({"version": 1.3, "made_by": MARK, "time_s": time_s, "people": people})
            (temporary / f"{stem}_{frame:012d}_keypoints.json").write_text(content)


def _choose(skeleton: Skeleton, known: tuple[Skeleton, ...], tool: str) -> Skeleton:
    if skeleton not in known:
        raise InputError(
            f"{tool} has no joint set {skeleton.name!r}; use one of {', '.join(one.name for one in known)}"
        )
    return skeleton


def _to_points(image: Motion, skeleton: Skeleton) -> FloatArray:
    """(T, J, 3) x, y, confidence; 0, 0, 0 for missing joints."""
    if image.n_dimensions != 2:
        raise InputError("keypoint files hold positions in the picture; this motion is 3D: export CSV, TRC or npz")
    motion = convert_motion(image, skeleton)
    return np.concatenate([np.nan_to_num(motion.positions), motion.confidence[..., None]], axis=-1)


def _collect_rows(image: Motion, skeleton: Skeleton) -> list[tuple[int, FloatArray]]:
    return [(frame, pose) for frame, pose in enumerate(_to_points(image, skeleton)) if (pose[:, 2] > 0).any()]


def _flatten(points: FloatArray) -> list[float]:
    return [float(value) for value in points.ravel()]


def _box(points: FloatArray) -> list[float]:
    seen = points[points[:, 2] > 0, :2]
    low, high = seen.min(axis=0), seen.max(axis=0)
    return [float(value) for value in (*low, *(high - low))]


def _write_json(path: Path, content: Any) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content))
