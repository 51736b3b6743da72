"""Keeps what the estimator saw of rendered clips, so that another model can be measured without rendering again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from formnet.files import atomic_path
from formnet.motion import Motion
from formnet.pose.depth import combine_image_and_depth
from formnet.rendered.film import RenderRequest, estimate_rendered
from formnet.skeleton import BLAZEPOSE_33
from formnet.synth.dataset import RepetitionTruth


@dataclass(frozen=True, eq=False)
class EstimatedClip:
    """What is needed to judge a rendered clip.

    Attributes:
        repetitions: the truth.
        yaw_deg: direction of the camera, 0 front, 90 the person's left side.
        world, image: the estimator's joints; None when it found nobody.
        landmarks: (T, 33, 3) true landmarks in camera axes, metres.
        size: width and height of the pictures.
    """

    repetitions: tuple[RepetitionTruth, ...]
    yaw_deg: float
    world: Motion | None
    image: Motion | None
    landmarks: np.ndarray
    size: tuple[int, int]

    @property
    def solid(self) -> Motion | None:
        """3D joints as they are judged, see `PoseTrack.solid`; None when the estimator found nobody."""
        if self.world is None or self.image is None:
            return None
        return combine_image_and_depth(self.image, self.world)


def estimate_all_cached(
    requests: Sequence[RenderRequest], cache: Path | None = None, n_processes: int = 2
) -> Iterator[EstimatedClip]:
    """Renders and estimates clips on several cores, in their order; answers in `cache` are used again.

    The cache does not know the versions of simulator and estimator: clear it when they change.
    """
    work = partial(_estimate, cache=cache)
    if n_processes <= 1:
        yield from map(work, requests)
        return
    # Processes are started afresh: the estimator's threads do not survive a fork.
    with ProcessPoolExecutor(n_processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, requests)


def _estimate(request: RenderRequest, cache: Path | None) -> EstimatedClip:
    kept = None if cache is None else cache / f"{_key(request)}.npz"
    if kept is not None and kept.is_file():
        return _read(kept)
    rendered = estimate_rendered(request)
    track = rendered.track
    clip = EstimatedClip(
        rendered.clip.repetitions,
        rendered.yaw_deg,
        None if track is None else track.world,
        None if track is None else track.image,
        rendered.landmarks,
        (rendered.camera.width, rendered.camera.height),
    )
    if kept is not None:
        _write(clip, kept)
    return clip


def _key(request: RenderRequest) -> str:
    return hashlib.sha256(json.dumps(asdict(request)).encode()).hexdigest()[:24]


def _write(clip: EstimatedClip, path: Path) -> None:
    facts = {"repetitions": [asdict(r) for r in clip.repetitions], "yaw_deg": clip.yaw_deg, "size": clip.size}
    arrays = {"landmarks": clip.landmarks.astype(np.float32), "facts": np.array(json.dumps(facts))}
    if clip.world is not None and clip.image is not None:
        arrays |= {
            "world": clip.world.positions.astype(np.float32),
            "image": clip.image.positions.astype(np.float32),
            "confidence": clip.world.confidence.astype(np.float32),
            "timestamps": clip.world.timestamps,
        }
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def _read(path: Path) -> EstimatedClip:
    with np.load(path, allow_pickle=False) as stored:
        facts = json.loads(str(stored["facts"]))
        world = image = None
        if "world" in stored.files:
            confidence, times = stored["confidence"], stored["timestamps"]
            world = Motion(stored["world"], confidence, times, BLAZEPOSE_33)
            image = Motion(stored["image"], confidence, times, BLAZEPOSE_33, "pixel")
        return EstimatedClip(
            tuple(RepetitionTruth(**truth) for truth in facts["repetitions"]),
            facts["yaw_deg"],
            world,
            image,
            stored["landmarks"],
            (int(facts["size"][0]), int(facts["size"][1])),
        )
