"""Pose search in a library: every frame a unit vector, the cosine distance sqrt(2(1 − cos)) between them.

That distance is the Euclidean distance of unit vectors and so a metric. The weighted distance of Move Mirror is not
symmetric: with it, nothing may be pruned and no neighbour is proven, so it is refused here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from formnet.conversion import convert_motion
from formnet.errors import InputError, PoseError
from formnet.motion import FloatArray, Motion
from formnet.scoring.nearest import Nearest, build_nearest
from formnet.scoring.prepare import LIMB_JOINTS
from formnet.skeleton import COCO_17
from formnet.storage.arrays import read_arrays
from formnet.storage.files import atomic_path

FORMAT = "formnet-index-1"
SEARCH_METRICS = ("cosine",)
_FACE = COCO_17.joints[:5]


@dataclass(frozen=True)
class Hit:
    """One pose of the library.

    Attributes:
        source: the file it comes from.
        frame, time_s: within that file.
        distance: 0 for the same pose, 2 for the opposite.
        score: 100·(2 − distance)/2.
    """

    source: str
    frame: int
    time_s: float
    distance: float
    score: float


@dataclass(frozen=True, eq=False)
class PoseIndex:
    """A library of poses.

    Attributes:
        vectors: (N, 34) unit vectors.
        sources: file names.
        source_numbers: (N,) indices into `sources`.
        frames, times_s: (N,) within their file.
    """

    vectors: FloatArray
    sources: tuple[str, ...]
    source_numbers: NDArray[np.int64]
    frames: NDArray[np.int64]
    times_s: FloatArray

    def __len__(self) -> int:
        return len(self.vectors)

    @cached_property
    def nearest(self) -> Nearest:
        """The vectors ready for queries; built once."""
        return build_nearest(self.vectors)


def compute_pose_vectors(motion: Motion) -> tuple[FloatArray, NDArray[np.intp]]:
    """Unit vectors (n, 34) of the frames that show all joints of arms and legs, and these frames' numbers (n,).

    17 joints about their mean, all coordinates together of length 1. A joint of the face that is hidden stands
    where the others of the face are (or between the shoulders), so that side views can be found.
    """
    positions = convert_motion(motion, COCO_17, allow_missing=True).positions[..., :2].copy()
    face, shoulders = COCO_17.indices(_FACE), COCO_17.indices(("left_shoulder", "right_shoulder"))
    limbs = COCO_17.indices(LIMB_JOINTS)
    frames = np.flatnonzero(~np.isnan(positions[:, limbs, 0]).any(axis=1))
    positions = positions[frames]
    seen = ~np.isnan(positions[:, face, 0])
    total = np.where(seen[..., None], positions[:, face], 0.0).sum(axis=1)
    count = seen.sum(axis=1)[:, None]
    stand_in = np.where(count > 0, total / np.maximum(count, 1), positions[:, shoulders].mean(axis=1))
    positions[:, face] = np.where(seen[..., None], positions[:, face], stand_in[:, None])
    vectors = (positions - positions.mean(axis=1, keepdims=True)).reshape(len(frames), 2 * len(COCO_17))
    length = np.linalg.norm(vectors, axis=1)
    proper = length > 0
    return vectors[proper] / length[proper, None], frames[proper]


def build_index(motions: Sequence[tuple[str, Motion, NDArray[np.int64]]]) -> PoseIndex:
    """An index of motions given as (file name, motion, frame numbers).

    Raises:
        PoseError: no frame of any of them shows all joints of arms and legs.
    """
    parts = [compute_pose_vectors(motion) for _, motion, _ in motions]
    if not sum(len(frames) for _, frames in parts):
        raise PoseError("no frame of the library shows arms and legs; index clips of whole bodies")
    return PoseIndex(
        np.concatenate([vectors for vectors, _ in parts]),
        tuple(name for name, _, _ in motions),
        np.concatenate([np.full(len(frames), n) for n, (_, frames) in enumerate(parts)]).astype(np.int64),
        np.concatenate([motions[n][2][frames] for n, (_, frames) in enumerate(parts)]).astype(np.int64),
        np.concatenate([motions[n][1].timestamps[frames] for n, (_, frames) in enumerate(parts)]),
    )


def search_index(
    index: PoseIndex, vector: FloatArray, k: int = 5, *, metric: str = "cosine", apart_s: float = 0.5
) -> tuple[Hit, ...]:
    """The k nearest poses, exactly; of one file only poses at least `apart_s` seconds from nearer ones.

    Raises:
        InputError: a distance that is no metric, or k below 1.
    """
    if metric not in SEARCH_METRICS:
        raise InputError(
            f"search takes distances that are metrics ({', '.join(SEARCH_METRICS)}), and {metric!r} is none; use "
            "`formnet match` for it"
        )
    if k < 1:
        raise InputError(f"the number of hits must be 1 or more, got {k}")
    wanted = k
    while True:
        rows, distances = index.nearest.query(vector, wanted)
        hits = _spread(index, rows, distances, apart_s)
        if len(hits) >= k or len(rows) == len(index):
            return hits[:k]
        wanted *= 4


def _spread(index: PoseIndex, rows: NDArray[np.intp], distances: FloatArray, apart_s: float) -> tuple[Hit, ...]:
    taken: dict[int, list[float]] = {}
    hits = []
    for row, distance in zip(rows, distances, strict=True):
        number, time_s = int(index.source_numbers[row]), float(index.times_s[row])
        if any(abs(time_s - other) < apart_s for other in taken.get(number, ())):
            continue
        taken.setdefault(number, []).append(time_s)
        hits.append(
            Hit(index.sources[number], int(index.frames[row]), time_s, float(distance), float(50 * (2 - distance)))
        )
    return tuple(hits)


def write_index(path: Path, index: PoseIndex) -> None:
    """Writes the index as a NumPy archive, without leaving half a file."""
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(
            stream,
            format=np.array(FORMAT),
            vectors=index.vectors,
            sources=np.array(index.sources),
            source_numbers=index.source_numbers,
            frames=index.frames,
            times_s=index.times_s,
        )


def read_index(path: Path) -> PoseIndex:
    """Reads what `write_index` wrote.

    Raises:
        InputError: missing, no index, or damaged.
    """
    remedy = "write it again with `formnet index`"
    content = read_arrays(path, "index", remedy)
    names = ("vectors", "sources", "source_numbers", "frames", "times_s")
    if str(content.get("format")) != FORMAT or any(name not in content for name in names):
        raise InputError(f"{path} is no index of poses; {remedy}")
    index = PoseIndex(
        content["vectors"],
        tuple(str(name) for name in content["sources"]),
        content["source_numbers"],
        content["frames"],
        content["times_s"],
    )
    n = len(index.vectors)
    numbers = index.source_numbers
    sound = index.vectors.shape == (n, 34) and all(len(part) == n for part in (numbers, index.frames, index.times_s))
    if not (n and sound and numbers.min() >= 0 and numbers.max() < len(index.sources)):
        raise InputError(f"{path} is damaged; {remedy}")
    return index
