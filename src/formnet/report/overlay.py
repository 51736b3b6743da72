"""The video that shows a verdict: skeleton, coloured limbs, banner and timeline over the clip."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from formnet.geometry.paths import nearest_frame
from formnet.pose.prefetch import prefetch
from formnet.pose.track import PoseTrack
from formnet.pose.video import Frame, probe_video, read_frames
from formnet.report.drawing import AMBER, GREEN, GREY, RED, WHITE, Colour
from formnet.report.picture import PANEL_SHARE, Banner, Side, render_overlay
from formnet.report.video_writer import write_video
from formnet.skeleton import Skeleton
from formnet.standards.finding import Finding
from formnet.storage.outputs import MARK
from formnet.verdict import RepetitionKind

_MAX_SIDE = 1280
"""Pixels; larger pictures are scaled down."""
__all__ = ["Banner", "OverlaySegment", "render_overlay", "write_overlay_video"]

_LEAST_PANEL_PX = 260
_COLOURS: dict[RepetitionKind, Colour] = {"good": GREEN, "fault": RED, "unsure": AMBER}


@dataclass(frozen=True)
class OverlaySegment:
    """One repetition as the video shows it.

    Attributes:
        start_s, bottom_s, end_s: in seconds of the clip.
        number: 1 for the first repetition.
        title: what was found, for people ("Inward knees").
        kind: good is drawn green, a fault red-orange, unsure amber.
        probability: 0–1 where a network named the class; None leaves the bar out.
        detail: what the title rests on, for people; empty where there is nothing to say.
        joints: the joints that matter; empty means the whole body.
        finding: the finding behind the title, whose angle stills show; None where there is none.
    """

    start_s: float
    bottom_s: float
    end_s: float
    number: int
    title: str
    kind: RepetitionKind
    probability: float | None
    detail: str = ""
    joints: tuple[str, ...] = ()
    finding: Finding | None = None

    @property
    def colour(self) -> Colour:
        return _COLOURS[self.kind]


def write_overlay_video(
    clip_path: str | Path,
    track: PoseTrack,
    segments: Sequence[OverlaySegment],
    out_path: str | Path,
    on_frame: Callable[[int, int], None] | None = None,
    *,
    on_picture: Callable[[Frame], None] | None = None,
) -> int:
    """Draws a verdict over its clip, frame by frame (never the whole clip in memory).

    Args:
        clip_path: the video that `track` was estimated from.
        track: the person's joints; frames are matched by time.
        segments: repetitions in order of time.
        out_path: .mp4 to write; appears only when complete.
        on_frame: told frames done and frames in all.
        on_picture: is shown every frame before anything is drawn on it.

    Returns:
        Number of frames written.

    Raises:
        InputError: when the clip cannot be read or the target cannot be written.
    """
    info = probe_video(clip_path, track.playback)
    duration_s = max(info.duration_s, track.image.duration_s if len(track.image) > 1 else 0.0, 1e-3)
    side = _choose_side(track)
    timeline = [(s.start_s / duration_s, s.end_s / duration_s, s.colour) for s in segments]

    def render(frame: Frame) -> Frame:
        height, width = frame.image.shape[:2]
        number = nearest_frame(track.image.timestamps, frame.timestamp_s)
        highlighted, colour, base_colour, banner = _compute_state(segments, frame.timestamp_s, track.image.skeleton)
        image = render_overlay(
            frame.image,
            track.image.positions[number] * [width / track.width, height / track.height],
            track.image.confidence[number],
            track.image.skeleton,
            highlighted=highlighted,
            colour=colour,
            base_colour=base_colour,
            banner=replace(banner, side=side),
            timeline=timeline,
            progress=min(1.0, frame.timestamp_s / duration_s),
        )
        return Frame(frame.timestamp_s, image)

    def rendered() -> Iterator[Frame]:
        total = max(len(track.image), 1)
        for done, frame in enumerate(
            prefetch(read_frames(clip_path, max_side=_MAX_SIDE, playback=track.playback)), start=1
        ):
            if on_picture is not None:
                on_picture(frame)
            yield render(frame)
            if on_frame is not None:
                on_frame(done, max(done, total))

    # Decoding, drawing and encoding each have a thread.
    return write_video(prefetch(rendered(), ahead=4), out_path, fps=info.fps, remark=MARK)


def _choose_side(track: PoseTrack) -> Side:
    """Where the banner hides the person least: the free side of a wide picture, if its half holds the words."""
    if track.width <= track.height or track.width * PANEL_SHARE < _LEAST_PANEL_PX:
        return "full"
    middle = float(np.nanmedian(track.image.positions[..., 0])) if track.coverage > 0 else track.width
    return "left" if middle >= track.width / 2 else "right"


def _compute_state(
    segments: Sequence[OverlaySegment], time_s: float, skeleton: Skeleton
) -> tuple[Sequence[str], Colour, Colour, Banner]:
    """Highlighted joints, their colour, the colour of the others, and the banner at a time."""
    now = next((s for s in segments if s.start_s <= time_s <= s.end_s), None)
    if now is not None:
        headline = f"REPETITION {now.number} OF {len(segments)}"
        joints = now.joints or skeleton.joints
        return joints, now.colour, WHITE, Banner(headline, now.title, now.colour, now.probability, time_s, now.detail)
    done = [s for s in segments if s.end_s < time_s]
    if not done:
        n_repetitions = f"{len(segments)} REPETITION{'' if len(segments) == 1 else 'S'}"
        return (), GREY, GREY, Banner(n_repetitions if segments else "NO REPETITION FOUND", time_s=time_s)
    last = done[-1]
    # The verdict stays readable after the repetition, in the colour of the rest.
    headline = f"REPETITION {last.number} OF {len(segments)} DONE"
    return (), GREY, GREY, Banner(headline, last.title, GREY, last.probability, time_s, last.detail)
