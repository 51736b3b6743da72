"""Anything on disk that holds poses becomes a PoseSource: the one place that tells the formats apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from formnet.errors import InputError
from formnet.motion import FloatArray, Motion
from formnet.readers.alphapose import parse_alphapose
from formnet.readers.coco import is_coco, parse_coco
from formnet.readers.detections import Detections, detections_to_motion, select_person
from formnet.readers.json_files import read_json
from formnet.readers.npz import read_npz
from formnet.readers.openpose import is_openpose, read_openpose

POSE_SUFFIXES = (".json", ".npz")
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


@dataclass(frozen=True, eq=False)
class PoseSource:
    """One person's poses and what a scorer or a picture may want to know about them.

    Attributes:
        path: where they came from.
        kind: "alphapose", "openpose", "coco", "npz", "video" or "image".
        motion: the best motion there is (3D where the source has it).
        image: the same frames in the picture (pixels), for drawing and for comparing 2D with 2D.
        boxes: (T, 4) x, y, width, height of the person in the picture; NaN where not known.
        frame_numbers: (T,) the source's own numbers.
        detections: every row of a keypoint file, as `--compat` reads it.
        picture: a video or image file that shows the frames, for drawing.
        warnings: one sentence each.
    """

    path: Path
    kind: str
    motion: Motion
    image: Motion | None
    boxes: FloatArray | None
    frame_numbers: NDArray[np.int64]
    detections: Detections | None = None
    picture: Path | None = None
    warnings: tuple[str, ...] = ()

    @property
    def flat(self) -> Motion:
        """The 2D motion; the 3D one seen from the front where there is no picture."""
        if self.image is not None:
            return self.image
        return self.motion.replace(positions=self.motion.positions[..., :2])


def is_pose_source(path: Path) -> bool:
    """True for keypoint files and for folders (OpenPose), False for pictures and films."""
    return path.is_dir() or path.suffix.lower() in POSE_SUFFIXES


def read_detections(path: Path) -> Detections:
    """Every row of an AlphaPose, COCO or OpenPose file or folder.

    Raises:
        InputError: not readable, or none of these formats.
        PoseError: it holds no pose.
    """
    if path.is_dir():
        return read_openpose(path)
    content = read_json(path)
    if is_openpose(content):
        return read_openpose(path)
    if is_coco(content):
        return parse_coco(content, path)
    if isinstance(content, list):
        rows = [row for row in content if isinstance(row, dict)]
        if rows and all(isinstance(row.get("image_id"), int) and "idx" not in row for row in rows):
            return parse_coco(content, path)
        return parse_alphapose(content, path)
    raise InputError(f"{path} is neither AlphaPose, OpenPose nor COCO keypoints; give one of these or an .npz")


def read_pose_source(path: Path | str, *, person: int | None = None, fps: float = 30.0) -> PoseSource:
    """Reads a keypoint file (AlphaPose, COCO), an OpenPose folder or formnet's npz.

    Args:
        person: which of several people, 1 for the largest; None when there is one.
        fps: frames per second, which keypoint files do not tell.

    Raises:
        InputError: missing, unreadable or of no known format.
        PoseError: nobody there, or two people and none chosen.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path} does not exist; check the path")
    if path.suffix.lower() == ".npz":
        motion, image = read_npz(path)
        if image is None and motion.n_dimensions == 2 and motion.unit == "pixel":
            image = motion
        return PoseSource(path, "npz", motion, image, None, np.arange(len(motion)))
    if not is_pose_source(path):
        raise InputError(f"{path} is no keypoint file; expected a folder or one of {', '.join(POSE_SUFFIXES)}")
    detections = read_detections(path)
    chosen, warnings = select_person(detections, person, str(path))
    motion, boxes = detections_to_motion(chosen, fps, str(path))
    numbers = int(chosen.frames.min()) + np.arange(len(motion))
    image = motion if motion.unit == "pixel" else None
    return PoseSource(path, detections.kind, motion, image, boxes, numbers, detections, None, warnings)
