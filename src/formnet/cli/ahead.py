"""Tracks of several clips, read ahead of what is made of them: in processes where there are cores, else in threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from formnet.cli.inputs import progress_bar
from formnet.cli.sources import check_eyes, load_estimator
from formnet.pose.prefetch import count_cores
from formnet.reading import Reading, is_pose_file, read_track
from formnet.storage.outputs import is_device

if TYPE_CHECKING:
    from formnet.pose.model_bundle import Eyes
    from formnet.pose.track import PoseTrack
    from formnet.reading.apart import ReadersApart


@dataclass(frozen=True)
class TracksAhead:
    """Tracks of clips that are being read.

    Attributes:
        tracks: in the order of the clips.
        require_estimator: waits until the estimator is there, and raises what stands against it.
    """

    tracks: Sequence[Future[PoseTrack]]
    require_estimator: Callable[[], None]


@contextmanager
def read_ahead(
    paths: Sequence[Path], how: Reading, estimator: str, eyes: Eyes | None, *, has_bars: bool
) -> Iterator[TracksAhead]:
    """Reads tracks to be judged of all clips, several at a time; no work goes on after the block.

    Several films are read in as many processes as there are cores. One film keeps two cores busy by itself.

    Raises:
        InputError, CheckpointError: where no process is used, as `load_estimator` does.
    """
    films = {path for path in paths if not is_pose_file(path)}
    # What a device or a pipe holds is given to this process alone.
    for_others = {path for path in films if not is_device(path)}
    apart = _open_apart(len(for_others), estimator, eyes)
    if films and apart is None:
        load_estimator(estimator, eyes)
    stopped = Event()

    def read(number: int, path: Path) -> PoseTrack:
        title = path.name if len(paths) == 1 else f"[{number}/{len(paths)}] {path.name}"
        with progress_bar(title, enabled=has_bars and path in films) as show:

            def on_frame(done: int, expected: int) -> None:
                if stopped.is_set():
                    raise CancelledError
                show(done, expected)

            if apart is not None and path in for_others:
                return apart.read(path, how, on_frame)
            seeing = load_estimator(estimator, eyes) if path in films else None
            return read_track(path, how, estimator=seeing, on_frame=on_frame)

    pool = ThreadPoolExecutor(_count_threads(len(paths), apart))
    try:
        tracks = [pool.submit(read, number, path) for number, path in enumerate(paths, start=1)]
        yield TracksAhead(tracks, (lambda: None) if apart is None else apart.require_estimator)
    finally:
        stopped.set()
        if apart is not None:
            apart.close()
        pool.shutdown(cancel_futures=True)


def _open_apart(n_films: int, estimator: str, eyes: Eyes | None) -> ReadersApart | None:
    """Processes for the films; None where one is enough or none can be had."""
    n_processes = min(count_cores(), n_films)
    if n_processes < 2:
        return None
    from formnet.reading.apart import ReadersApart, can_read_apart
    from formnet.reading.worker import ChosenEstimator

    check_eyes(estimator, eyes)
    if not can_read_apart():
        return None
    try:
        return ReadersApart(n_processes, n_films, ChosenEstimator(estimator, eyes))
    except OSError:
        return None


def _count_threads(n_clips: int, apart: ReadersApart | None) -> int:
    """How many clips are read at a time: one a process; in threads two cores share one, but for its start and end."""
    if apart is not None:
        return apart.n_processes
    return 1 if n_clips == 1 or count_cores() == 1 else max(2, count_cores() // 2)
