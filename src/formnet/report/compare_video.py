"""Clip and reference side by side, in step with their alignment; and a picture beside its best frame."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from formnet.motion import FloatArray
from formnet.pose.track import PoseTrack
from formnet.pose.video import Frame, Image
from formnet.report.drawing import GREEN, GREY, INK, RED, WHITE, draw_text, fit_text
from formnet.report.panels import Panel, name_of, put_side_by_side
from formnet.report.video_writer import write_video
from formnet.scoring.compare import Comparison
from formnet.scoring.score import smooth_course
from formnet.storage.files import atomic_path
from formnet.storage.outputs import MARK

STRIP_HEIGHT = 110
_GAP = 8
MAX_FPS = 30.0


def render_comparison(clip: PoseTrack, reference: PoseTrack, result: Comparison, path: Path, threshold: float) -> Path:
    """Writes H.264 in the clip's own pace; the reference shows the frame that was paired with the clip's.

    Limbs of parts that score below the threshold at that time are red. Below runs the similarity over time.

    Raises:
        InputError: the target cannot be written or a picture cannot be read.
    """
    left, right = Panel(clip, name_of(clip.path)), Panel(reference, "reference " + name_of(reference.path))
    left.load(float(result.times_s.min()), float(result.times_s.max()))
    right.load(float(result.reference_times_s.min()), float(result.reference_times_s.max()))
    fps = min(MAX_FPS, clip.motion.fps)
    write_video(_render_frames(left, right, result, threshold, fps), path, fps=fps, remark=MARK)
    return path


def _render_frames(left: Panel, right: Panel, result: Comparison, threshold: float, fps: float) -> Iterator[Frame]:
    strip = _Strip(result, left.width + _GAP + right.width, threshold)
    shown_s = 0.0
    for chosen in result.round_slices:
        times_s, reference_s = result.times_s[chosen], result.reference_times_s[chosen]
        parts = {part: smooth_course(course[chosen]) for part, course in result.parts_over_time.items()}
        first_s, last_s = float(times_s[0]), float(times_s[-1])
        for time_s in np.arange(first_s, last_s + 0.5 / fps, 1.0 / fps):
            partner_s = float(np.interp(time_s, *_collapse(times_s, reference_s)))
            now = {part: float(np.interp(time_s, *_collapse(times_s, course))) for part, course in parts.items()}
            image = put_side_by_side(
                left.draw(float(time_s), now, threshold, swap_sides=result.mirrored),
                right.draw(partner_s, now, threshold),
                _GAP,
            )
            yield Frame(shown_s, np.concatenate([image, strip.draw(float(time_s), now)], axis=0))
            shown_s += 1.0 / fps


def _collapse(times_s: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """One value for each time: the mean over pairs of the same clip frame."""
    unique, inverse = np.unique(times_s, return_inverse=True)
    return unique, np.bincount(inverse, weights=values) / np.bincount(inverse)


class _Strip:
    """The similarity over time with a cursor."""

    def __init__(self, result: Comparison, width: int, threshold: float) -> None:
        import cv2

        self.width, self.total = width, result.total
        self.span_s = float(result.times_s.min()), float(result.times_s.max())
        self.threshold = threshold
        canvas = np.full((STRIP_HEIGHT, width, 3), INK, dtype=np.uint8)
        y = self._y(threshold)
        cv2.line(canvas, (0, y), (width, y), GREY, 1, cv2.LINE_AA)
        for chosen in result.round_slices:
            times_s, scores = _collapse(result.times_s[chosen], np.nan_to_num(result.over_time[chosen], nan=0.0))
            scores = smooth_course(scores)
            points = [(self._x(t), self._y(s)) for t, s in zip(times_s, scores, strict=True)]
            for (a, b), value in zip(itertools.pairwise(points), scores[1:], strict=True):
                cv2.line(canvas, a, b, RED if value < threshold else GREEN, 2, cv2.LINE_AA)
        self._canvas = canvas

    def _x(self, time_s: float) -> int:
        start_s, stop_s = self.span_s
        return round((time_s - start_s) / max(stop_s - start_s, 1e-9) * (self.width - 1))

    def _y(self, score: float) -> int:
        return round(36 + (1 - score / 100.0) * (STRIP_HEIGHT - 46))

    def draw(self, time_s: float, parts: Mapping[str, float]) -> Image:
        """The strip at a time; parts below the threshold are named."""
        import cv2

        canvas: Image = self._canvas.copy()
        cv2.line(canvas, (self._x(time_s), 32), (self._x(time_s), STRIP_HEIGHT), WHITE, 1, cv2.LINE_AA)
        draw_text(canvas, f"total {self.total:.1f}", 8, 22, 18, WHITE, 600)
        _name_low(canvas, parts, self.threshold, 22, 18, decimals=0)
        return canvas


def _name_low(canvas: Image, scores: Mapping[str, float], threshold: float, y: int, size: int, decimals: int) -> None:
    """Parts below the threshold in red, the worst first."""
    low = sorted((score, part) for part, score in scores.items() if score < threshold)
    named = ", ".join(f"{part.replace('_', ' ')} {score:.{decimals}f}" for score, part in low)
    text, size = fit_text(named, canvas.shape[1] - 150, size)
    draw_text(canvas, text, 140, y, size, RED)


def render_pair(
    picture: PoseTrack,
    video: PoseTrack,
    index: int,
    scores: Mapping[str, float],
    total: float,
    path: Path,
    threshold: float,
) -> Path:
    """Writes the picture and the best frame of the video, with scored skeletons, as PNG.

    Args:
        index: of the best frame in the video's motion.
        scores: part or joint → score.

    Raises:
        InputError: the target cannot be written or a picture cannot be read.
    """
    import cv2

    shown = int(np.flatnonzero(~picture.image.missing.all(axis=1))[0])
    picture_s, best_s = float(picture.image.timestamps[shown]), float(video.image.timestamps[index])
    left, right = Panel(picture, name_of(picture.path)), Panel(video, name_of(video.path))
    left.load(picture_s, picture_s)
    right.load(best_s, best_s)
    pair = put_side_by_side(left.draw(picture_s, scores, threshold), right.draw(best_s, scores, threshold), _GAP)
    foot = np.full((40, pair.shape[1], 3), INK, dtype=np.uint8)
    draw_text(foot, f"total {total:.2f}", 8, 26, 18, WHITE, 600)
    _name_low(foot, scores, threshold, 26, 16, decimals=1)
    with atomic_path(path) as temporary:
        # OpenCV's own writer says nothing of a full disk.
        temporary.write_bytes(cv2.imencode(".png", np.concatenate([pair, foot], axis=0)[..., ::-1])[1].tobytes())
    return path
