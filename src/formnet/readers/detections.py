"""Detections: what every keypoint file holds before one person of it becomes a Motion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from formnet.errors import InputError
from formnet.motion import FloatArray, Motion, Unit
from formnet.skeleton import Skeleton

_FARTHEST = 1e6
"""Places farther from the corner of a picture, or from the person, in any unit stand for none."""
_MIN_THINNED = 10
"""Fewer frames that all are, say, even may be so by chance."""


@dataclass(frozen=True, eq=False)
class Detections:
    """Rows of a keypoint file in file order: one row for each person and frame.

    Attributes:
        keypoints: (N, J, 3) x, y in pixels (or as the file has them) and confidence 0–1; missing: NaN, NaN, 0.
        boxes: (N, 4) x, y, width, height; NaN where the file gives none.
        frames: (N,) frame numbers.
        tracks: (N,) person numbers of the file's own tracker, −1 where it has none.
        skeleton: names of the J joints.
        kind: the format, "alphapose", "openpose", "coco", "mmpose", …
        unit: "pixel", or "body" when the file was L2-normalised before.
        times_s: (N,) where the file says them.
        is_film: False for pictures that do not follow each other.
        size: (width, height) of the picture, where known.
        notes: what a user should know, one sentence each.
        clips: (N,) number of the film a row belongs to, index into `clip_names`; None where there is one.
        clip_names: what the names of each film's pictures have in common.
        depth: (N, J) metres away, where the file holds points in space: x and y are then metres, too ("metre").
    """

    keypoints: FloatArray
    boxes: FloatArray
    frames: NDArray[np.int64]
    tracks: NDArray[np.int64]
    skeleton: Skeleton
    kind: str
    unit: Unit = "pixel"
    times_s: FloatArray | None = None
    is_film: bool = True
    size: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()
    clips: NDArray[np.int64] | None = None
    clip_names: tuple[str, ...] = ("",)
    depth: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.frames)

    def rows(self, chosen: NDArray[np.intp]) -> Detections:
        """The chosen rows in the order given."""
        return replace(
            self,
            keypoints=self.keypoints[chosen],
            boxes=self.boxes[chosen],
            frames=self.frames[chosen],
            tracks=self.tracks[chosen],
            times_s=None if self.times_s is None else self.times_s[chosen],
            clips=None if self.clips is None else self.clips[chosen],
            depth=None if self.depth is None else self.depth[chosen],
        )


def clean_keypoints(keypoints: FloatArray) -> FloatArray:
    """The one place that says which joints of a file are missing: they become NaN, NaN, 0.

    Missing are a confidence of 0 or less, coordinates that are no numbers, and the places that tools write for
    "not found" whatever the confidence beside them: 0, 0 and −1, −1, and numbers that no picture has. Confidence is cut
    to 0–1.
    """
    cleaned = np.array(keypoints, dtype=np.float64)
    confidence, places = cleaned[..., 2], cleaned[..., :2]
    gone = ~np.isfinite(places).all(axis=-1) | np.isnan(confidence) | (confidence <= 0)
    gone |= (np.abs(np.nan_to_num(places)) > _FARTHEST).any(axis=-1)
    for nowhere in (0.0, -1.0):
        gone |= (places == nowhere).all(axis=-1)
    cleaned[..., 2] = np.clip(confidence, 0.0, 1.0)
    cleaned[gone] = (np.nan, np.nan, 0.0)
    return cleaned


def is_l2_normalised(keypoints: FloatArray) -> bool:
    """True when the coordinates of every row have length 1, as Scoring-Your-Video writes them."""
    norms = np.sqrt(np.nansum(keypoints[..., :2] ** 2, axis=(1, 2)))
    return bool(np.abs(norms - 1.0).max() < 1e-4)


def detections_to_motion(detections: Detections, fps: float, source: str) -> tuple[Motion, FloatArray]:
    """Motion (T, J, 2 or 3) with one frame for each frame number between the first and the last, and boxes (T, 4).

    Frames without the person are NaN with confidence 0, so that time stays true. Of a film of which only every second,
    third, … frame was taken, the frames between are none.

    Raises:
        InputError: the rate is not above 0, a frame number stands twice, or the numbers span an absurd range.
    """
    if not (np.isfinite(fps) and fps > 0):
        raise InputError(f"the frame rate must be above 0, got {fps}; give the frames per second with --fps")
    first, last = int(detections.frames.min()), int(detections.frames.max())
    stride = _find_stride(detections.frames)
    n_frames = (last - first) // stride + 1
    if n_frames > 1000 + 100 * len(detections):
        raise InputError(
            f"in {source} frames run from {first} to {last} but only {len(detections)} hold a pose; check their names"
        )
    if len(np.unique(detections.frames)) != len(detections):
        raise InputError(f"in {source} a frame number stands twice; select one person first")
    at = (detections.frames - first) // stride
    keypoints = np.full((n_frames, len(detections.skeleton), 3), (np.nan, np.nan, 0.0))
    keypoints[at] = detections.keypoints
    boxes = np.full((n_frames, 4), np.nan)
    boxes[at] = detections.boxes
    timestamps = _frame_times(detections, np.arange(first, last + 1, stride), fps)
    positions = keypoints[..., :2]
    if detections.depth is not None:
        depth = np.full(positions.shape[:2], np.nan)
        depth[at] = detections.depth
        positions = np.dstack([positions, depth])
    motion = make_motion(source, positions, keypoints[..., 2], timestamps, detections.skeleton, detections.unit)
    return motion, boxes


def make_motion(source: str, *content: Any) -> Motion:
    """`Motion(*content)`; raises `InputError` that names the file it came from."""
    try:
        return Motion(*content)
    except InputError as error:
        raise InputError(f"{source}: {error}; write the file again") from None


def _find_stride(frames: NDArray[np.int64]) -> int:
    """The step between frame numbers of which all others are multiples; 1 where there are too few to tell."""
    if len(frames) < _MIN_THINNED:
        return 1
    return max(1, int(np.gcd.reduce(np.diff(np.unique(frames)))))


def _frame_times(detections: Detections, numbers: NDArray[np.int64], fps: float) -> FloatArray:
    """(T,) the file's own times, frames between them at even steps; else the number over the rate."""
    if detections.times_s is not None:
        order = np.argsort(detections.frames)
        times_s = detections.times_s[order]
        if (np.diff(times_s) > 0).all():
            return np.interp(numbers, detections.frames[order], times_s)
    return numbers / fps
