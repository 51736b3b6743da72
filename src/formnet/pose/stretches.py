"""Follows the people of a clip with two streams at a time, so that both cores work.

A clip is cut into two stretches, whatever the machine, so that the answer is the same everywhere. Each stretch is
decoded and followed by itself, the second from a detection of its own. The first goes on for half a second into the
second; by then both see the same, and the tracks of one go on in the other (see `formnet.pose.people`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from formnet.playback import Playback
from formnet.pose.people import SeenPeople
from formnet.pose.prefetch import prefetch, run_together
from formnet.pose.video import Frame, VideoInfo, read_frames

if TYPE_CHECKING:
    from formnet.pose.estimator import PoseEstimator

CUT_FROM_S = 5.0
"""Shorter clips are not worth the overlap."""
OVERLAP_S = 0.5
# The second stream also decodes what the first one follows, because times are only known by reading all before.
_FIRST_SHARE = 0.53


def follow_clip(
    path: Path,
    info: VideoInfo,
    estimator: PoseEstimator,
    *,
    max_side: int | None,
    max_fps: float | None,
    playback: Playback,
    on_warning: Callable[[str], None],
    on_frame: Callable[[int], None],
) -> list[SeenPeople]:
    """The people in all frames of a clip, in order.

    Args:
        info: what `probe_video` says of the clip.
        max_side, max_fps, playback, on_warning: see `read_frames`.
        on_frame: told how many frames are done.

    Raises:
        InputError: as `read_frames` does.
    """
    read = functools.partial(read_frames, path, max_side=max_side, max_fps=max_fps, playback=playback)
    if info.duration_s < CUT_FROM_S:
        joint_s = 0.0
        sources = [estimator.follow(prefetch(read(on_warning=on_warning)))]
    else:
        cut_s = _FIRST_SHARE * info.duration_s
        joint_s = cut_s + OVERLAP_S
        # The one who reads to the end knows what is to be said of the file.
        second = read(from_s=cut_s, on_warning=on_warning)
        sources = [estimator.follow(_until(read(), joint_s)), estimator.follow(second)]
    stretches: list[list[SeenPeople]] = [[] for _ in sources]
    n_done = 0
    for number, seen in run_together(sources):
        if number == 0 or seen.timestamp_s > joint_s:
            stretches[number].append(seen)
            n_done += 1
            on_frame(n_done)
    return [seen for stretch in stretches for seen in stretch]


def _until(frames: Iterator[Frame], stop_s: float) -> Iterator[Frame]:
    with closing(frames):  # type: ignore[type-var]
        for frame in frames:
            if frame.timestamp_s > stop_s:
                return
            yield frame
