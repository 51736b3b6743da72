"""The frame of a video that is most like a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from formnet.errors import PoseError
from formnet.motion import FloatArray, Motion
from formnet.scoring.euclidean import EuclideanSimilarity
from formnet.scoring.limbs import LimbSimilarity
from formnet.scoring.parts import name_columns
from formnet.scoring.prepare import match_dimensions, to_shared_joints
from formnet.scoring.registry import similarity_named
from formnet.scoring.score import FrameSimilarity, summarise_pairs


@dataclass(frozen=True, eq=False)
class FrameMatch:
    """The best frame and its scores.

    Attributes:
        index: of the best frame in the video's motion.
        time_s: its time.
        total, parts, joints: 0–100, of the best frame.
        over_time: (T,) totals of all frames; NaN where the person is not seen.
    """

    index: int
    time_s: float
    total: float
    parts: Mapping[str, float]
    joints: Mapping[str, float]
    over_time: FloatArray


def match_frame(
    picture: Motion,
    video: Motion,
    metric: str = "cosine",
    *,
    picture_boxes: FloatArray | None = None,
    video_boxes: FloatArray | None = None,
    allow_missing: bool = False,
) -> FrameMatch:
    """Scores every frame of a video against a picture and gives the best (of equal ones the first).

    Args:
        picture: one frame; of a longer motion the first that shows somebody.
        picture_boxes, video_boxes: (T, 4) x, y, width, height for the crop; None for the tight box of the joints.

    Raises:
        PoseError: nobody in the picture or in the video, or no joint in common.
        SkeletonError: joint sets that do not share the joints of arms and legs.
        InputError: 2D against 3D, or an unknown metric.
    """
    match_dimensions(picture, video)
    seen = np.flatnonzero(~picture.missing.all(axis=1))
    if not len(seen):
        raise PoseError("the picture shows nobody; use one with the whole body")
    if video.missing.all():
        raise PoseError("the video shows nobody; use one with the whole body")
    first = int(seen[0])
    picture = picture.frames(first, first + 1)
    picture_boxes = None if picture_boxes is None else picture_boxes[first : first + 1]
    picture, video = to_shared_joints(picture, video, allow_missing=allow_missing)
    similarity = _for_single_frames(metric)
    a, b = similarity.prepare(picture, picture_boxes), similarity.prepare(video, video_boxes)
    totals = similarity.compute_matrix(a, b)[0]
    if np.isnan(totals).all():
        raise PoseError("picture and video never show the same joints; film the same side of the body")
    best = int(np.nanargmax(totals))
    pairs = np.array([[0, best]])
    scores, weights = similarity.score_pairs(a, b, pairs)
    joints, groups = name_columns(similarity, a)
    score = summarise_pairs(joints, groups, scores, weights, pairs)
    return FrameMatch(best, float(video.timestamps[best]), float(totals[best]), score.parts, score.joints, totals)


def _for_single_frames(metric: str) -> FrameSimilarity:
    if metric == "euclidean":
        return EuclideanSimilarity(rotate=True)
    if metric == "limbs":
        return LimbSimilarity(by_frame=True)
    return similarity_named(metric)
