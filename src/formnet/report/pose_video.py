"""A clip or picture with the skeleton drawn over it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from formnet.geometry.paths import nearest_frame
from formnet.motion import Motion
from formnet.playback import AS_IT_IS, Playback
from formnet.pose.prefetch import prefetch
from formnet.pose.video import Frame, read_frames
from formnet.report.drawing import GREEN
from formnet.report.picture import render_overlay
from formnet.report.video_writer import write_video
from formnet.storage.files import atomic_path


def write_pose_video(
    clip: Path, image: Motion, out: Path, on_frame: Callable[[int, int], None] | None = None, *,
    playback: Playback = AS_IT_IS,
) -> int:  # fmt: skip
    """Draws joints and limbs over every frame; returns the number of frames.

    Args:
        clip: the video that `image` (T, J, 2), pixels of its full size, was estimated from; matched by time.
        out: .mp4, or .png for the first frame alone.
        on_frame: told frames done and frames in all.
        playback: how the clip was shown when it was estimated.

    Raises:
        InputError: when the clip cannot be read or the target cannot be written.
    """

    def drawn() -> Iterator[Frame]:
        for done, frame in enumerate(prefetch(read_frames(clip, playback=playback)), start=1):
            number = nearest_frame(image.timestamps, frame.timestamp_s)
            picture = render_overlay(
                frame.image, image.positions[number], image.confidence[number], image.skeleton,
                highlighted=image.skeleton.joints, colour=GREEN,
            )  # fmt: skip
            yield Frame(frame.timestamp_s, picture)
            if on_frame is not None:
                on_frame(done, max(done, len(image)))

    if out.suffix.lower() != ".png":
        return write_video(drawn(), out, fps=image.fps)
    from PIL import Image

    with atomic_path(out) as temporary:
        Image.fromarray(next(drawn()).image).save(temporary)
    return 1
