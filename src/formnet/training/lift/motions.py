"""Simulated people in motion, and what a camera and a pose estimator make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from formnet.body.model import Body
from formnet.conversion import conversion_matrix
from formnet.lifting.joints import assemble_lifted
from formnet.lifting.observation import OBSERVED_24, normalise_points
from formnet.lifting.placing import WORKING_FPS
from formnet.recorded.library import FPS, read_library
from formnet.skeleton import (
    BLAZEPOSE_33,
    BODY_25,
    COCO_17,
    HALPE_26,
    HMR_19,
    KINECT_22,
    LIFTED_32,
    MPI_15,
    Skeleton,
)
from formnet.synth.camera import Camera, sample_camera
from formnet.synth.dataset import sample_repetitions
from formnet.synth.estimator_noise import EstimatorNoise
from formnet.synth.exercises import sample_exercises
from formnet.training.lift.proportions import vary_proportions

Array = NDArray[np.float32]
FRAMES = 64
SQUAT, FREE = "squat", "free"
ESTIMATORS = {BLAZEPOSE_33: 0.4, HALPE_26: 0.2, BODY_25: 0.2, COCO_17: 0.2}
"""Joint sets of pose estimators in use, and how often each is drawn."""
ANY_SOURCE = {
    BLAZEPOSE_33: 0.3,
    HALPE_26: 0.15,
    BODY_25: 0.15,
    COCO_17: 0.12,
    KINECT_22: 0.15,
    HMR_19: 0.07,
    MPI_15: 0.06,
}
_NOSE = OBSERVED_24.index("nose")


@dataclass(frozen=True, eq=False)
class Motions:
    """N people in motion, in the world (y down, floor at 0).

    Attributes:
        names: (N,) what they do.
        landmarks: (N, T, 33, 3) BlazePose landmarks, metres.
        joints: (N, T, 24, 3) SMPL joints, metres.
        step_s: (N,) seconds between frames.
    """

    names: NDArray[np.str_]
    landmarks: Array
    joints: Array
    step_s: NDArray[np.floating]

    def __len__(self) -> int:
        return len(self.names)

    def window(self, start: int, frames: int) -> Motions:
        """The same people for `frames` frames from `start` on."""
        part = slice(start, start + frames)
        return replace(self, landmarks=self.landmarks[:, part], joints=self.joints[:, part])


def simulate_motions(body: Body, squats: int, exercises: int, seed: int, names: Sequence[str]) -> Motions:
    """`squats` squats of all classes and `exercises` other movements out of `names`, all of different people."""
    squat = sample_repetitions(body, np.random.default_rng([seed, 0]), squats, frames=FRAMES)
    other = sample_exercises(
        body, np.random.default_rng([seed, 1]), exercises, frames=FRAMES, fps=WORKING_FPS, exercises=names
    )
    return Motions(
        np.concatenate([np.repeat(SQUAT, len(squat)), np.asarray(other.names)]),
        np.concatenate([squat.landmarks(body), other.landmarks(body)]),
        np.concatenate([squat.joints, other.joints]).astype(np.float32),
        np.concatenate([_steps(squat.timestamps), _steps(other.timestamps)]),
    )


def join_motions(parts: Sequence[Motions]) -> Motions:
    """All people one after the other."""
    return Motions(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Motions)))


def read_motions(body: Body, path: Path) -> Motions:
    """Recorded people of a library that `formnet recorded` wrote; raises `InputError` where it is none."""
    library = read_library(path)
    landmarks, joints = library.places(body)
    return Motions(library.names, landmarks, joints, np.full(len(library), 1.0 / FPS))


def _steps(timestamps: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(np.median(np.diff(timestamps, axis=1), axis=1))


def sample_cameras(rng: np.random.Generator, count: int) -> list[Camera]:
    """Phones anywhere around a person, in pictures of either format."""
    sizes = ((480, 640), (640, 480))
    return [sample_camera(rng, size=sizes[number % 2], height_m=(0.3, 2.2)) for number in range(count)]


class LiftBatch(NamedTuple):
    """What a lifter is given and what it should answer.

    Attributes:
        points: (N, T, 24, 2) normalised, 0 where missing.
        confidence: (N, T, 24).
        picture: (N, T, 24, 2) where the joints are in the picture, without errors, normalised by themselves.
        solid: (N, T, 32, 3) true joints in camera axes about the pelvis, metres.
    """

    points: Array
    confidence: Array
    picture: Array
    solid: Array


def observe_motions(
    motions: Motions,
    rows: NDArray[np.intp],
    cameras: Sequence[Camera],
    noise: EstimatorNoise,
    rng: np.random.Generator,
    *,
    through_estimator: float,
    odd_proportions: bool,
) -> LiftBatch:
    """A batch: every motion before a camera, some through the fitted errors of the estimator, the rest through plain
    noise that any estimator might make.

    Args:
        rows: motions to take.
        cameras: one is drawn for each.
        through_estimator: share of the former among sources that know a face.
        odd_proportions: sources that know no face (depth sensors, marker sets) have joints of their own, see
            `vary_proportions`.
    """
    chosen = [cameras[number] for number in rng.integers(len(cameras), size=len(rows))]
    rotation = np.stack([camera.rotation for camera in chosen]).astype(np.float32)
    translation = np.stack([camera.translation for camera in chosen]).astype(np.float32)
    landmarks = np.einsum("nij,ntkj->ntki", rotation, motions.landmarks[rows]) + translation[:, None, None]
    joints = np.einsum("nij,ntkj->ntki", rotation, motions.joints[rows]) + translation[:, None, None]
    solid = assemble_lifted(landmarks, joints).astype(np.float32)
    has_joint = sample_joint_sets(rng, len(rows), ANY_SOURCE)
    is_odd = ~has_joint[:, _NOSE] & odd_proportions
    is_blazepose = has_joint[:, _NOSE] & (rng.uniform(size=len(rows)) < through_estimator)
    points = np.full((*landmarks.shape[:2], len(OBSERVED_24), 2), np.nan, dtype=np.float32)
    confidence = np.ones(points.shape[:3], dtype=np.float32)
    if is_blazepose.any():
        step_s = float(np.median(motions.step_s[rows[is_blazepose]]))
        seen, visibility = noise.estimate(landmarks[is_blazepose], step_s, rng, 1.0)
        points[is_blazepose], confidence[is_blazepose] = observe_blazepose(seen[..., :2], visibility)
    others = ~is_blazepose & ~is_odd
    picture = _project(_OBSERVED_FROM_BLAZEPOSE @ landmarks)
    points[others], confidence[others] = _disturb(picture[others], rng)
    solid[is_odd] = vary_proportions(solid[is_odd], rng)
    placed = solid[is_odd] + joints[is_odd, :, :1]
    picture[is_odd] = _project(placed[:, :, _OBSERVED_IN_LIFTED])
    points[is_odd], confidence[is_odd] = _disturb(picture[is_odd], rng)
    hidden = ~has_joint[:, None] | _sample_gaps(rng, points.shape[:3])
    points[hidden] = np.nan
    points, picture = (normalise_points(part).astype(np.float32) for part in (points, picture))
    confidence[np.isnan(points[..., 0])] = 0.0
    return LiftBatch(np.nan_to_num(points), confidence, picture, solid)


def observe_blazepose(landmarks: Array, visibility: Array) -> tuple[Array, Array]:
    """BlazePose's landmarks (N, T, 33, 2) and visibility (N, T, 33) on the list of joints that lifters see.

    Returns:
        Points (N, T, 24, 2), NaN where BlazePose has no such joint, and confidence (N, T, 24).
    """
    points = (_FROM_BLAZEPOSE @ landmarks).astype(np.float32)
    points[:, :, ~_measures(BLAZEPOSE_33)] = np.nan
    confidence = np.clip((_FROM_BLAZEPOSE @ visibility[..., None])[..., 0], 0.01, 1.0)
    return points, confidence.astype(np.float32)


def _project(points: Array) -> Array:
    return np.asarray(points[..., :2] / np.maximum(points[..., 2:], 0.2))


def _disturb(points: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Jitter that comes and goes, an offset of each joint that stays, and a confidence that tells little of it."""
    clips, frames, joints, _ = points.shape
    size = np.nanmedian(np.linalg.norm(points - points.mean(axis=2, keepdims=True), axis=-1), axis=(1, 2))
    strength = size[:, None, None, None] * np.exp(rng.normal(np.log(0.012), 0.7, (clips, 1, 1, 1)))
    fresh = rng.normal(size=(clips, frames, joints, 2))
    smooth = (fresh + np.roll(fresh, 1, axis=1) + np.roll(fresh, 2, axis=1)) / np.sqrt(3)
    # Sources place joints differently (Kinect's hips, COCO's): offsets that stay may be several centimetres.
    shifted = rng.normal(size=(clips, 1, joints, 2)) * rng.choice([0.7, 2.5], size=(clips, 1, 1, 1))
    rare = rng.uniform(size=(clips, frames, joints, 1)) < 0.01
    moved = points + strength * (0.6 * smooth + shifted + 4.0 * rare * fresh)
    sure = np.clip(rng.uniform(0.5, 1.0, (clips, 1, joints)) + rng.normal(0, 0.1, (clips, frames, joints)), 0.05, 1.0)
    return moved.astype(np.float32), np.where(rare[..., 0], 0.5 * sure, sure).astype(np.float32)


def sample_joint_sets(
    rng: np.random.Generator, count: int, sources: Mapping[Skeleton, float] = MappingProxyType(ESTIMATORS)
) -> NDArray[np.bool_]:
    """(N, 24) which of the joints each of N sources has; `sources` says how often each occurs."""
    masks = np.stack([_measures(skeleton) for skeleton in sources])
    return masks[rng.choice(len(masks), size=count, p=list(sources.values()))]


def _sample_gaps(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(N, T, 24) joints that are lost for a while, in a third of the clips; hips and knees seldom."""
    clips, frames, joints = shape
    lost = np.zeros(shape, dtype=bool)
    for clip in np.flatnonzero(rng.uniform(size=clips) < 0.33):
        for joint in rng.choice(joints, size=rng.integers(1, 5), replace=False):
            begin, length = rng.integers(frames), rng.integers(2, frames // 2)
            lost[clip, begin : begin + length, joint] = True
    lost[..., OBSERVED_24.indices(("left_hip", "right_hip"))] = False
    return lost


def _measures(skeleton: Skeleton) -> NDArray[np.bool_]:
    fingers = "left_index" in skeleton
    return np.array([joint in skeleton or ("hand" in joint and fingers) for joint in OBSERVED_24.joints])


def _finite_rows(source: Skeleton, target: Skeleton) -> Array:
    return np.asarray(np.nan_to_num(conversion_matrix(source, target)), dtype=np.float32)


_OBSERVED_IN_LIFTED = LIFTED_32.indices(OBSERVED_24.joints)
_OBSERVED_FROM_BLAZEPOSE = _finite_rows(BLAZEPOSE_33, OBSERVED_24)
_FROM_BLAZEPOSE = _OBSERVED_FROM_BLAZEPOSE * _measures(BLAZEPOSE_33)[:, None]
