"""The outline of the followed person at chosen moments of a clip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from formnet.geometry.paths import nearest_frame
from formnet.pose.blazepose.estimator import BlazePose
from formnet.pose.blazepose.landmarks import Silhouette
from formnet.pose.track import PoseTrack
from formnet.pose.video import read_frames


def estimate_silhouettes(
    path: str | Path, track: PoseTrack, times_s: Iterable[float], estimator: BlazePose
) -> Iterator[tuple[int, Silhouette | None]]:
    """The silhouette of a track's person in the frames nearest to some times.

    Args:
        path: the clip that `track` was estimated from, at full size and rate.
        times_s: seconds of the clip, in any order.
        estimator: finds them.

    Yields:
        The frame's number in the track, and its silhouette; None where the person is not seen. In order of time, each
        frame once.

    Raises:
        InputError: when the clip can no longer be read.
    """
    own_s = track.image.timestamps
    wanted = {nearest_frame(own_s, time_s) for time_s in times_s}
    with closing(read_frames(path, playback=track.playback)) as frames:  # type: ignore[type-var]
        for number, frame in enumerate(frames):
            if not wanted:
                return
            if number not in wanted:
                continue
            wanted.remove(number)
            joints = track.image.positions[number]
            is_seen = bool(np.isfinite(joints).all())
            yield number, estimator.find_silhouette(frame.image, joints) if is_seen else None
