"""From rows as found to Detections: joints named, missing ones marked, frames numbered, shares made pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from formnet.errors import InputError, PoseError
from formnet.motion import FloatArray, Motion, Unit
from formnet.pose.upright import MAX_LEAN_DEG, compute_picture_lean_deg
from formnet.readers.detections import Detections, clean_keypoints, is_l2_normalised
from formnet.readers.keypoints.clock import mend_times, settle_times
from formnet.readers.keypoints.confidences import settle_confidences
from formnet.readers.keypoints.frames import FrameNumbers, has_gaps, number_frames, number_pictures
from formnet.readers.keypoints.layouts import choose_layout
from formnet.readers.keypoints.points import align_names
from formnet.readers.keypoints.shares import are_shares, find_signed_shares, to_pixels
from formnet.readers.keypoints.space import are_in_space, find_origin, orient
from formnet.readers.keypoints.walk import Found, Row
from formnet.skeleton import Skeleton

_MAX_OUTSIDE = 0.4


def gather(
    found: Found,
    kind: str,
    source: str,
    *,
    has_flags: bool = False,
    is_share: bool = False,
    is_film: bool = False,
    size: tuple[int, int] | None = None,
) -> Detections:
    """Detections of all rows.

    Args:
        kind: the format, for messages.
        has_flags: confidences are visibility flags even where none is 2.
        is_film: frames certainly belong together (else their names and poses tell).
        is_share: coordinates are shares of the picture (else it is seen from them).
        size: (width, height) of the picture where the user knows it.

    Raises:
        InputError: mixed joint sets, or rows with and without a frame.
        PoseError: nobody, or every joint missing.
    """
    rows = found.rows
    if not rows:
        raise PoseError(f"{source} holds no pose; nobody was found in the clip")
    points = align_names([row.points for row in rows])
    rows = [replace(row, points=one) for row, one in zip(rows, points, strict=True)]
    counts = sorted({len(row.points.values) for row in rows})
    if len(counts) > 1:
        raise InputError(f"{source} mixes joint sets of {counts} points; keep one")
    values = np.stack([row.points.values for row in rows])
    depth = _stack_depths(rows)
    if found.is_space and depth is None:
        depth, values[..., 2] = values[..., 2].copy(), 1.0
    given = values[..., 2].copy()
    values[..., 2], notes = settle_confidences(values, has_flags=has_flags)
    # What is no confidence may be a depth.
    depth = given if depth is None and notes else depth
    cleaned = clean_keypoints(values)
    layout = choose_layout(cleaned, rows[0].points.names, source)
    cleaned = cleaned[:, list(layout.columns)]
    if all(row.points.may_be_y_first for row in rows) and _stand_with_y_first(cleaned, layout.skeleton):
        cleaned[..., :2] = cleaned[..., [1, 0]]
        notes.append("y stands before x in the points, as MoveNet writes them: that way the person stands upright")
    if _counts_up(rows[0].points.names, cleaned, layout.skeleton):
        height = 1.0 if are_shares(cleaned) else float((size or found.size or (0, np.nanmax(cleaned[..., 1])))[1])
        cleaned[..., 1] = height - cleaned[..., 1]
        notes.append("y counts upwards in the points, as Apple's Vision has it, and was turned round")
    there = ~np.isnan(cleaned[..., 0]).all(axis=1)
    if not there.any():
        raise PoseError(f"{source} holds no pose: every joint of every row is missing")
    unit: Unit = "body" if is_l2_normalised(cleaned[there]) else "pixel"
    if depth is not None:
        space = np.dstack([values[..., :2], depth])[:, list(layout.columns)]
        at_origin = find_origin(space)
        space[np.isnan(cleaned[..., 0]) & ~at_origin] = np.nan
        depth = None
        if found.is_space or are_in_space(space, layout.skeleton.joints):
            space, note = _orient(space, layout.skeleton, source)
            cleaned[..., :2], depth, unit = space[..., :2], space[..., 2], "metre"
            cleaned[at_origin, 2] = 1.0
            notes = [note]
    times_s, frames, told = _find_times(rows, found, cleaned, source, is_film=is_film)
    notes += told
    if strays := int((frames.clips < 0).sum()):
        notes.append(f"{strays} poses belong to pictures with other names and were left out")
    if not all(row.points.has_confidence for row in rows):
        notes.append("the file holds no confidences: every point in it counts as sure")
    if unit == "pixel" and _count_from_elsewhere(cleaned):
        signed = find_signed_shares(cleaned, size or found.size, layout.skeleton)
        cleaned, is_share = (cleaned, is_share) if signed is None else (signed, True)
    if unit == "pixel" and _count_from_elsewhere(cleaned):
        unit = "body"
        notes.append("places do not count from the corner of a picture, so that nothing is known of its edges")
    if unit == "pixel" and (is_share or are_shares(cleaned)):
        cleaned, note = to_pixels(cleaned, size or found.size, layout.skeleton)
        notes += [note] if note else []
    detections = Detections(
        cleaned,
        np.stack([row.box for row in rows]),
        frames.numbers,
        np.array([-1 if row.track is None else row.track for row in rows], dtype=np.int64),
        layout.skeleton,
        kind,
        unit,
        times_s,
        frames.is_film,
        size or found.size,
        tuple(notes),
        frames.clips,
        frames.clip_names,
        depth,
    )
    return detections.rows(np.flatnonzero(there & (frames.clips >= 0)))


def _stack_depths(rows: list[Row]) -> FloatArray | None:
    """(N, J) third coordinates, where all rows have them."""
    depths = [row.points.depth for row in rows if row.points.depth is not None]
    return np.stack(depths) if len(depths) == len(rows) else None


def _orient(space: FloatArray, skeleton: Skeleton, source: str) -> tuple[FloatArray, str]:
    try:
        return orient(space, skeleton.joints)
    except ValueError:
        raise InputError(
            f"{source} holds points in 3D, and nobody in it is as tall as people are in metres, centimetres or "
            "millimetres; export them in one of these, or the points in the picture"
        ) from None


def _find_times(
    rows: list[Row], found: Found, points: FloatArray, source: str, *, is_film: bool
) -> tuple[FloatArray | None, FrameNumbers, tuple[str, ...]]:
    """(N,) times where the file says them, by itself, in names of pictures or by a rate; frames, and notes."""
    stated = np.array([np.nan if row.time is None else row.time for row in rows])
    times_s = settle_times(stated, found.time_units, found.fps)
    frames = _number(rows, found, points, source, is_film=is_film or times_s is not None)
    if times_s is not None and found.time_units == {"timecode"} and rows[0].frame is None and len(rows) > 1:
        # A timecode counts frames, and those that are not there.
        counted = (times_s - times_s.min()) / np.median(np.diff(np.unique(times_s)))
        frames = replace(frames, numbers=counted.round().astype(np.int64))
    if times_s is None and frames.stamps is not None:
        times_s = settle_times(frames.stamps, {"unknown"})
    if times_s is None and found.fps is not None and frames.is_film:
        times_s = frames.numbers / found.fps
    if times_s is None or len(np.unique(frames.clips)) > 1:
        return times_s, frames, ()
    times_s, told = mend_times(times_s, frames.numbers)
    return times_s, frames, told


def _number(rows: list[Row], found: Found, points: FloatArray, source: str, *, is_film: bool) -> FrameNumbers:
    keys = [row.frame for row in rows]
    named = [key for key in keys if key is not None]
    if named and len(named) < len(keys):
        raise InputError(
            f"{source}, pose {keys.index(None)}: it has no image_id as the others have; write the file again"
        )
    if named:
        frames = number_frames(named)
        is_doubtful = not is_film and frames.is_film and isinstance(named[0], str) and has_gaps(frames)
        if is_doubtful and len(frames.clip_names) == 1 and not follow_each_other(points[np.argsort(frames.numbers)]):
            return number_pictures(named)
        return frames
    places = np.array([row.place for row in rows], dtype=np.int64)
    # A plain list of people is one picture of several, or a film of one: a body moves little from frame to frame.
    if not found.has_places and len(rows) > 1 and not follow_each_other(points):
        places[:] = 0
    return FrameNumbers(np.maximum(places, 0), np.zeros(len(rows), np.int64), ("",))


def _stand_with_y_first(points: FloatArray, skeleton: Skeleton) -> bool:
    """Whether in rows (N, J, 3) of shares of a picture people lie, heads to the left, who stand once x and y change."""
    if not are_shares(points):
        return False
    return abs(_lean_deg(points, skeleton) + 90.0) <= 90.0 - MAX_LEAN_DEG


def _counts_up(names: tuple[str, ...] | None, points: FloatArray, skeleton: Skeleton) -> bool:
    """Whether rows (N, J, 3) with the names of Apple's Vision, whose y counts from the bottom, stand on the head."""
    is_vision = names is not None and any(name.endswith("_joint") for name in names)
    return is_vision and abs(_lean_deg(points, skeleton)) >= 180.0 - MAX_LEAN_DEG


def _lean_deg(points: FloatArray, skeleton: Skeleton) -> float:
    image = Motion(points[..., :2], points[..., 2], np.arange(len(points), dtype=np.float64), skeleton, "pixel")
    return compute_picture_lean_deg(image)


def _count_from_elsewhere(points: FloatArray) -> bool:
    """Whether places (N, J, 3) are those about the hips or the middle of the picture: too many are negative for people
    who are partly outside of it."""
    seen = points[..., :2][~np.isnan(points[..., 0])]
    return bool(len(seen)) and float((seen < 0).mean(axis=0).max()) > _MAX_OUTSIDE


def follow_each_other(points: FloatArray) -> bool:
    """Whether rows (N, J, 3) may be one person in frame after frame."""
    size = np.nanmedian(np.nanmax(points[..., :2], axis=1) - np.nanmin(points[..., :2], axis=1))
    steps = np.linalg.norm(np.diff(points[..., :2], axis=0), axis=-1)
    return bool(np.nanmedian(steps) < 0.3 * size)
