"""One source as a panel: its pictures, or a dark ground where there are none, with the scored skeleton on top."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from formnet.geometry.paths import nearest_frame
from formnet.motion import FloatArray, Motion
from formnet.pose.track import PoseTrack
from formnet.pose.video import Image, probe_video, read_frames
from formnet.report.drawing import GREEN, GREY, INK, RED, Colour, draw_dot, draw_limb, draw_text, fit_text
from formnet.skeleton import Skeleton, mirror_name

PANEL_HEIGHT = 480
MAX_PANEL_WIDTH = 640
_FACE = ("eye_inner", "eye_outer", "mouth", "pinky", "index", "thumb")


class Panel:
    """Draws one source at any time.

    Attributes:
        width, height: of its pictures.
    """

    def __init__(self, source: PoseTrack, title: str) -> None:
        self.source = source
        self.title = title
        self.motion: Motion = source.image
        self._pictures: dict[int, np.ndarray] = {}
        self._times_s = self.motion.timestamps
        if source.picture is not None:
            info = probe_video(source.picture, source.playback)
            scale = min(PANEL_HEIGHT / info.height, MAX_PANEL_WIDTH / info.width)
            self.width, self.height = round(info.width * scale), round(info.height * scale)
            self._scale, self._shift = scale, np.zeros(2)
        else:
            self.height = PANEL_HEIGHT
            self._scale, self._shift, self.width = _fit(self.motion)

    def load(self, start_s: float, stop_s: float) -> None:
        """Reads the pictures between two times, compressed, so that a whole clip fits into memory."""
        if self.source.picture is None:
            return
        import cv2

        times_s = []
        frames = read_frames(self.source.picture, max_side=max(self.width, self.height), playback=self.source.playback)
        for number, frame in enumerate(frames):
            times_s.append(frame.timestamp_s)
            if start_s - 0.1 <= frame.timestamp_s <= stop_s + 0.1:
                done, packed = cv2.imencode(".jpg", frame.image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
                assert done, "a picture could not be packed"
                self._pictures[number] = packed
        self._times_s = np.array(times_s)

    def draw(self, time_s: float, scores: Mapping[str, float], threshold: float, *, swap_sides: bool = False) -> Image:
        """The panel (height, width, 3) at a time; limbs that score below the threshold are red."""
        canvas = np.full((self.height, self.width, 3), INK, dtype=np.uint8)
        picture = self._find_picture(time_s)
        if picture is not None:
            canvas[:] = picture
        frame = nearest_frame(self.motion.timestamps, time_s)
        positions = self.motion.positions[frame] * self._scale + self._shift
        draw_scored_skeleton(canvas, positions, self.motion.skeleton, scores, threshold, swap_sides=swap_sides)
        text, size = fit_text(f"{self.title}  {time_s:.2f} s", self.width - 16, 18, 600)
        draw_text(canvas, text, 9, 27, size, INK, 600)
        draw_text(canvas, text, 8, 26, size, (245, 246, 248), 600)
        return canvas

    def _find_picture(self, time_s: float) -> Image | None:
        if not self._pictures:
            return None
        import cv2

        number = nearest_frame(self._times_s, time_s)
        number = min(self._pictures, key=lambda known: abs(known - number))
        unpacked = cv2.imdecode(self._pictures[number], cv2.IMREAD_COLOR)
        assert unpacked is not None, "a picture could not be unpacked"
        if unpacked.shape[:2] != (self.height, self.width):
            unpacked = cv2.resize(unpacked, (self.width, self.height), interpolation=cv2.INTER_AREA)
        return np.asarray(unpacked[..., ::-1], dtype=np.uint8)


def put_side_by_side(left: Image, right: Image, gap: int = 8) -> Image:
    """Two pictures in one, the lower one filled up with dark ground."""
    canvas = np.full((max(len(left), len(right)), left.shape[1] + gap + right.shape[1], 3), INK, dtype=np.uint8)
    canvas[: len(left), : left.shape[1]] = left
    canvas[: len(right), left.shape[1] + gap :] = right
    return canvas


def part_of(joint: str, skeleton: Skeleton) -> str:
    """The body part a joint is drawn with: shoulders and hips belong to the trunk's outline."""
    if joint.endswith(("_shoulder", "_hip")):
        return "trunk"
    return next((part for part, joints in skeleton.parts.items() if joint in joints), "trunk")


def draw_scored_skeleton(
    canvas: Image,
    positions: FloatArray,
    skeleton: Skeleton,
    scores: Mapping[str, float],
    threshold: float,
    *,
    swap_sides: bool = False,
) -> None:
    """Draws limbs (J, 2) in place: red below the threshold, green from it on, grey where nothing was scored."""

    def colour_of(joint: str) -> Colour:
        name = mirror_name(joint) if swap_sides else joint
        score = scores.get(name, scores.get(part_of(name, skeleton), float("nan")))
        return GREY if np.isnan(score) else (RED if score < threshold else GREEN)

    number: Callable[[str], int] = skeleton.index
    width = 4
    # Red limbs come last, so that they lie on top.
    across = (("left_hip", "right_hip"),) if "pelvis" not in skeleton and "left_hip" in skeleton else ()
    limbs = sorted({*skeleton.limbs, *across}, key=lambda limb: (colour_of(limb[1]) == RED, limb))
    for parent, child in limbs:
        if child.endswith(_FACE):
            continue
        start, end = positions[number(parent)], positions[number(child)]
        if not np.isnan([*start, *end]).any():
            draw_limb(canvas, start, end, colour_of(child), width)
    for joint in skeleton.joints:
        place = positions[number(joint)]
        if not joint.endswith(_FACE) and not np.isnan(place).any():
            draw_dot(canvas, place, colour_of(joint), 4)


def _fit(motion: Motion) -> tuple[float, FloatArray, int]:
    """Scale, shift and panel width that put all positions of a motion inside with a margin."""
    seen = motion.positions.reshape(-1, 2)
    seen = seen[~np.isnan(seen).any(axis=1)]
    low, high = seen.min(axis=0), seen.max(axis=0)
    extent = np.maximum(high - low, 1e-9)
    margin = 48
    scale = float(min((PANEL_HEIGHT - 2 * margin) / extent[1], (MAX_PANEL_WIDTH - 2 * margin) / extent[0]))
    width = int(np.clip(extent[0] * scale + 2 * margin, 240, MAX_PANEL_WIDTH))
    middle = (low + high) / 2
    return scale, np.array([width / 2, PANEL_HEIGHT / 2]) - middle * scale, width


def name_of(path: Path | None) -> str:
    """How a source is called in pictures."""
    if path is None:
        return "clip"
    return path.stem if path.suffix else path.name
