"""Keeps what the estimator saw of rendered clips, so that another model can be measured without rendering again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from formnet.pose.cache import DAMAGE, track_from_arrays, track_to_arrays
from formnet.pose.model_bundle import Eyes
from formnet.rendered.film import FilmRequest, RenderedClip, estimate_rendered
from formnet.storage.arrays import read_arrays, write_arrays
from formnet.storage.texts import parse_json
from formnet.synth.dataset import RepetitionTruth


def estimate_all_cached(
    requests: Sequence[FilmRequest], cache: Path | None = None, n_processes: int = 2, eyes: Eyes = Eyes.STANDARD
) -> Iterator[RenderedClip]:
    """Renders and estimates clips on several cores, in their order; answers in `cache` are used again.

    The cache does not know the versions of simulator and estimator: clear it when they change.
    """
    work = partial(_estimate, cache=cache, eyes=eyes)
    if n_processes <= 1:
        yield from map(work, requests)
        return
    # Processes are started afresh: the estimator's threads do not survive a fork.
    with ProcessPoolExecutor(n_processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, requests)


def _estimate(request: FilmRequest, cache: Path | None, eyes: Eyes) -> RenderedClip:
    if cache is None:
        return estimate_rendered(request, eyes)
    kept = cache / f"{_key(request, eyes)}.npz"
    if (clip := read_rendered(kept)) is None:
        clip = estimate_rendered(request, eyes)
        write_rendered(clip, kept)
    return clip


def _key(request: FilmRequest, eyes: Eyes) -> str:
    """Of the standard size it says nothing, as in caches that know no other."""
    size = "" if eyes is Eyes.STANDARD else str(eyes)
    return hashlib.sha256(f"{json.dumps(asdict(request))}{size}".encode()).hexdigest()[:24]


def write_rendered(clip: RenderedClip, path: Path) -> None:
    """Writes a clip atomically: the file of its track (see `formnet.pose.cache`) with the truth in it."""
    truth = {"repetitions": [asdict(repetition) for repetition in clip.repetitions], "yaw_deg": clip.yaw_deg}
    seen = {} if clip.track is None else track_to_arrays(clip.track)
    # Micrometres are enough for the truth.
    write_arrays(
        {"truth": np.array(json.dumps(truth)), "landmarks": clip.landmarks.astype(np.float32), **seen},
        path,
    )


def read_rendered(path: Path) -> RenderedClip | None:
    """Reads a clip; None when there is none or it is damaged (it is then rendered anew)."""
    try:
        stored = read_arrays(path, "rendered clip", "it is rendered anew")
        truth = parse_json(str(stored["truth"]), path, "rendered clip")
        return RenderedClip(
            tuple(RepetitionTruth(**repetition) for repetition in truth["repetitions"]),
            float(truth["yaw_deg"]),
            stored["landmarks"].astype(float),
            track_from_arrays(stored) if "about" in stored else None,
        )
    except DAMAGE:
        return None
