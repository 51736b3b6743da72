"""Body segments: directions of limbs, free of place, size and limb lengths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.conversion import convert_motion, underivable_joints
from formnet.motion import FloatArray, Motion
from formnet.skeleton import Skeleton

_SIDES = ("left", "right")
_POINTS = (
    "pelvis", "spine2", "neck", "head", "nose",
    *(f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot_index")
      for side in _SIDES),
)  # fmt: skip


@dataclass(frozen=True)
class Segment:
    """A limb that is scored.

    Attributes:
        joint: the joint that gets the score.
        part: the body part it counts for.
        start, end: points between which it runs.
        weight: its share in the part and the total.
        rides: it is carried by the trunk, so that its direction relative to the trunk counts as well.
    """

    joint: str
    part: str
    start: str
    end: str
    weight: float = 1.0
    rides: bool = False


def list_segments(points: Skeleton) -> tuple[Segment, ...]:
    """The segments that a set of points allows."""
    trunk = (
        [Segment("spine2", "trunk", "pelvis", "spine2"), Segment("neck", "trunk", "spine2", "neck")]
        if "spine2" in points
        else [Segment("neck", "trunk", "pelvis", "neck", 2.0)]
    )
    lines = [Segment(f"right_{joint}", "trunk", f"left_{joint}", f"right_{joint}") for joint in ("shoulder", "hip")]
    head = [Segment("head", "head", "neck", "head", 1.0, True), Segment("nose", "head", "head", "nose", 0.5, True)]
    if "head" not in points:
        head = [Segment("nose", "head", "neck", "nose", 1.0, True)]
    limbs = []
    for side in _SIDES:
        arm, leg = f"{side}_arm", f"{side}_leg"
        limbs += [
            Segment(f"{side}_elbow", arm, f"{side}_shoulder", f"{side}_elbow", 1.0, True),
            Segment(f"{side}_wrist", arm, f"{side}_elbow", f"{side}_wrist", 1.0, True),
            Segment(f"{side}_knee", leg, f"{side}_hip", f"{side}_knee"),
            Segment(f"{side}_ankle", leg, f"{side}_knee", f"{side}_ankle"),
            Segment(f"{side}_foot_index", leg, f"{side}_ankle", f"{side}_foot_index", 0.5),
        ]
    wanted = [*head, *trunk, *lines, *limbs]
    return tuple(segment for segment in wanted if segment.start in points and segment.end in points)


def find_points(skeleton: Skeleton) -> Skeleton:
    """The points of a joint set that segments run between, derived ones included."""
    # Points of the back that are only a mixture of shoulders and hips would show no bending.
    wanted = [point for point in _POINTS if point != "spine2" or {"spine1", "spine2", "spine3"} & set(skeleton.joints)]
    absent = underivable_joints(skeleton, Skeleton("points", tuple(wanted)))
    points = [point for point in wanted if point not in absent]
    if "head" in points and not {"head", "head_top", "left_ear", "right_ear"} & set(skeleton.joints):
        points.remove("head")
    return Skeleton("segments of " + skeleton.name, tuple(points))


@dataclass(frozen=True, eq=False)
class SegmentMotion:
    """Segments over time.

    Attributes:
        segments: S of them.
        directions: (T, S, D) about unit length; 0 where unknown.
        relative: (T, S, D) the same seen from the trunk; equal to `directions` where the trunk is not known.
        weights: (T, S) confidence times the segment's weight; 0 where unknown.
    """

    segments: tuple[Segment, ...]
    directions: FloatArray
    relative: FloatArray
    weights: FloatArray


def compute_segments(motion: Motion, *, by_frame: bool = False) -> SegmentMotion:
    """Directions of all segments of a motion in its own axes.

    In 3D a direction has unit length. In the picture a limb that points to the camera is short and its direction
    is noise, so there a segment is divided by the greatest length (90th percentile) it shows in the clip.

    Args:
        by_frame: in the picture, divide by the segment's own length in the frame (at least a quarter of the
            trunk's), so that single pictures can be compared with clips.
    """
    points = convert_motion(motion, find_points(motion.skeleton))
    segments = list_segments(points.skeleton)
    start = points.skeleton.indices(segment.start for segment in segments)
    end = points.skeleton.indices(segment.end for segment in segments)
    vectors = points.positions[:, end] - points.positions[:, start]
    weights = np.minimum(points.confidence[:, start], points.confidence[:, end])
    lengths = np.linalg.norm(vectors, axis=-1)
    scale = lengths
    if motion.n_dimensions == 2:
        own = np.fmax(lengths, 0.25 * _sum_trunk(lengths, segments))
        scale = own if by_frame else np.broadcast_to(_full_lengths(lengths, segments), lengths.shape)
    known = (weights > 0) & (scale > 0)
    directions = np.where(known[..., None], vectors / np.where(known, scale, 1.0)[..., None], 0.0)
    weights = np.where(known, weights, 0.0) * np.array([segment.weight for segment in segments])
    return SegmentMotion(segments, directions, _see_from_trunk(points, directions), weights)


def _full_lengths(lengths: FloatArray, segments: tuple[Segment, ...]) -> FloatArray:
    """(S,) length of a segment when it lies in the picture's plane, at least a quarter of the trunk's."""
    seen = ~np.isnan(lengths).all(axis=0)
    full = np.zeros(len(segments))
    full[seen] = np.nanpercentile(lengths[:, seen], 90, axis=0)
    return np.where(seen, np.fmax(full, 0.25 * _sum_trunk(full[None], segments)[0]), np.nan)


def _sum_trunk(lengths: FloatArray, segments: tuple[Segment, ...]) -> FloatArray:
    """(T, 1) length of the trunk from lengths (T, S); NaN where it is not seen."""
    along = [k for k, segment in enumerate(segments) if segment.joint in ("neck", "spine2")]
    return lengths[:, along].sum(axis=1, keepdims=True) if along else np.full((len(lengths), 1), np.nan)


def _see_from_trunk(points: Motion, directions: FloatArray) -> FloatArray:
    """Directions (T, S, D) in axes of the trunk: up along it, across from shoulder to shoulder."""
    needed = ("pelvis", "neck", "left_shoulder", "right_shoulder")
    if not all(point in points.skeleton for point in needed):
        return directions
    up = points.joint("neck") - points.joint("pelvis")
    length = np.linalg.norm(up, axis=-1, keepdims=True)
    known = (length[:, 0] > 0) & ~np.isnan(length[:, 0])
    up = np.divide(up, length, out=np.zeros_like(up), where=length > 0)
    if points.n_dimensions == 2:
        known &= length[:, 0] > 0.3 * np.nanmax(np.append(length, 0.0))
        axes = np.stack([np.stack([-up[:, 1], up[:, 0]], axis=-1), up], axis=1)
    else:
        across = points.joint("right_shoulder") - points.joint("left_shoulder")
        across = across - (across * up).sum(axis=-1, keepdims=True) * up
        width = np.linalg.norm(across, axis=-1, keepdims=True)
        known &= (width[:, 0] > 1e-6) & ~np.isnan(width[:, 0])
        across = np.divide(across, width, out=np.zeros_like(across), where=width > 1e-6)
        axes = np.stack([across, up, np.cross(across, up)], axis=1)
    turned = np.einsum("tij,tsj->tsi", np.nan_to_num(axes), directions)
    return np.where(known[:, None, None], turned, directions)
