"""Detections: what every keypoint file holds before one person of it becomes a Motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from formnet.errors import InputError, PoseError
from formnet.motion import FloatArray, Motion, Unit
from formnet.skeleton import Skeleton

# More of the frames than this with a second person is company, not a stray detection.
COMPANY_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class Detections:
    """Rows of a keypoint file in file order: one row for each person and frame.

    Attributes:
        keypoints: (N, J, 3) x, y in pixels (or as the file has them) and confidence 0–1; missing: NaN, NaN, 0.
        boxes: (N, 4) x, y, width, height; NaN where the file gives none.
        frames: (N,) frame numbers.
        tracks: (N,) person numbers of the file's own tracker, all 0 where it has none.
        skeleton: names of the J joints.
        kind: the format, "alphapose", "openpose" or "coco".
        unit: "pixel", or "body" when the file was L2-normalised before.
    """

    keypoints: FloatArray
    boxes: FloatArray
    frames: NDArray[np.int64]
    tracks: NDArray[np.int64]
    skeleton: Skeleton
    kind: str
    unit: Unit = "pixel"

    def __len__(self) -> int:
        return len(self.frames)

    def rows(self, chosen: NDArray[np.intp]) -> Detections:
        """The chosen rows in the order given."""
        return Detections(
            self.keypoints[chosen], self.boxes[chosen], self.frames[chosen], self.tracks[chosen],
            self.skeleton, self.kind, self.unit,
        )  # fmt: skip


def clean_keypoints(keypoints: FloatArray) -> FloatArray:
    """Marks undetected joints: 0, 0, 0 and non-finite coordinates become NaN, NaN, 0; confidence is cut to 0–1."""
    cleaned = np.array(keypoints, dtype=np.float64)
    cleaned[..., 2] = np.clip(np.nan_to_num(cleaned[..., 2], nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
    gone = ~np.isfinite(cleaned[..., :2]).all(axis=-1) | (cleaned == 0).all(axis=-1)
    cleaned[gone] = (np.nan, np.nan, 0.0)
    return cleaned


def is_l2_normalised(keypoints: FloatArray) -> bool:
    """True when the coordinates of every row have length 1, as Scoring-Your-Video writes them."""
    norms = np.sqrt(np.nansum(keypoints[..., :2] ** 2, axis=(1, 2)))
    return bool(np.abs(norms - 1.0).max() < 1e-4)


def require_one_person(detections: Detections, source: str) -> None:
    """Raises `PoseError` when a second person is in more than a tenth of the frames."""
    counts = np.unique(detections.frames, return_counts=True)[1]
    crowded = int((counts > 1).sum())
    if crowded > COMPANY_SHARE * len(counts):
        raise PoseError(
            f"{source} shows {counts.max()} people in {crowded} of {len(counts)} frames; choose one with --person 1 "
            "(1 is the largest, 2 the next)"
        )


def select_person(detections: Detections, person: int | None, source: str) -> tuple[Detections, tuple[str, ...]]:
    """One row for each frame: the person asked for, or the only one there is.

    The tracker's own numbers are not trusted to exist: a person is followed by the least change of the joints
    from the frame before, starting in the first frame with the most people, numbered from the largest on.

    Args:
        person: 1 for the largest, 2 for the next, …; None when there is one.

    Returns:
        the rows of that person by rising frame number, and what was dropped (one sentence each).

    Raises:
        PoseError: two people and none chosen, or no person of that number.
    """
    order = np.argsort(detections.frames, kind="stable")
    detections = detections.rows(order)
    frames, counts = np.unique(detections.frames, return_counts=True)
    if person is None:
        require_one_person(detections, source)
    if person is not None and not 1 <= person <= counts.max():
        raise PoseError(f"{source} has no person {person}; people are numbered from 1 to {counts.max()} by their size")
    if counts.max() == 1:
        return detections, ()
    chosen = _follow(detections, frames, counts, person)
    crowded = int((counts > 1).sum())
    note = f"{crowded} of {len(frames)} frames of {source} show another person, who was left out"
    return detections.rows(chosen), (note,)


def _follow(
    detections: Detections, frames: NDArray[np.int64], counts: NDArray[np.int64], person: int | None
) -> NDArray[np.intp]:
    """Row numbers (F,) of one person; `detections` is sorted by frame."""
    stops = np.cumsum(counts)
    starts = stops - counts
    if person is None:
        seed_frame = int(np.argmin(counts))
        seed = int(starts[seed_frame])
    else:
        seed_frame = int(np.argmax(counts))
        rows = np.arange(starts[seed_frame], stops[seed_frame])
        points = detections.keypoints[rows, :, :2]
        extent = np.prod(np.nanmax(points, axis=1) - np.nanmin(points, axis=1), axis=-1)
        seed = int(rows[np.argsort(-extent, kind="stable")[person - 1]])
    chosen = np.zeros(len(frames), dtype=np.intp)
    chosen[seed_frame] = seed
    for walk in (range(seed_frame + 1, len(frames)), range(seed_frame - 1, -1, -1)):
        last = seed
        for frame in walk:
            rows = np.arange(starts[frame], stops[frame])
            apart = np.linalg.norm(detections.keypoints[rows, :, :2] - detections.keypoints[last, :, :2], axis=-1)
            # A candidate that shares no joint with the last pose is as far as can be.
            change = np.array([np.median(a[np.isfinite(a)]) if np.isfinite(a).any() else np.inf for a in apart])
            last = int(rows[np.argmin(change)])
            chosen[frame] = last
    return chosen


def detections_to_motion(detections: Detections, fps: float, source: str) -> tuple[Motion, FloatArray]:
    """Motion (T, J, 2) with one frame for each frame number between the first and the last, and boxes (T, 4).

    Frames without the person are NaN with confidence 0, so that time stays true.

    Raises:
        InputError: the rate is not above 0, a frame number stands twice, or the numbers span an absurd range.
    """
    if not (np.isfinite(fps) and fps > 0):
        raise InputError(f"the frame rate must be above 0, got {fps}; give the frames per second with --fps")
    first, last = int(detections.frames.min()), int(detections.frames.max())
    n_frames = last - first + 1
    if n_frames > 1000 + 100 * len(detections):
        raise InputError(
            f"in {source} frames run from {first} to {last} but only {len(detections)} hold a pose; check their names"
        )
    if len(np.unique(detections.frames)) != len(detections):
        raise InputError(f"in {source} a frame number stands twice; select one person first")
    at = detections.frames - first
    keypoints = np.full((n_frames, len(detections.skeleton), 3), (np.nan, np.nan, 0.0))
    keypoints[at] = detections.keypoints
    boxes = np.full((n_frames, 4), np.nan)
    boxes[at] = detections.boxes
    timestamps = (first + np.arange(n_frames)) / fps
    motion = Motion(keypoints[..., :2], keypoints[..., 2], timestamps, detections.skeleton, detections.unit)
    return motion, boxes
