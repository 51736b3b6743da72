"""Repetitions of real people as measures see them, with what is known of the truth.

- UI-PRMD's deep squats (Kinect skeletons) before virtual cameras: the truth is read from the skeleton itself;
- sit to stand before one phone with marker-based motion capture (`opencap`);
- real clips of squats that their source calls good: no truth, but good squats are not all over the place.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from formnet.conversion import convert_motion
from formnet.geometry.paths import nearest_frame
from formnet.lifting.lifter import Lifter
from formnet.measures.calibration import view_name
from formnet.measures.performance import Performance, make_performance
from formnet.measures.registry import read_values
from formnet.motion import Motion
from formnet.pose.track import PoseTrack
from formnet.preprocess.repetitions import find_repetitions
from formnet.preprocess.spec import PreprocessSpec, clean_motion
from formnet.readers.catalogue import read_dataset
from formnet.skeleton import BODY_25, Skeleton
from formnet.synth.camera import orbit_camera

VIRTUAL_YAWS_DEG = (0, 45, 90, 135, 180)
_JITTER_PX = 2.0
_STAND_S = 0.5
_BODIES = {"femur": "hip", "tibia": "knee", "talus": "ankle", "humerus": "shoulder"}
_MOCAP = Skeleton("mocap", tuple(f"{side}_{joint}" for joint in _BODIES.values() for side in ("left", "right")))


@dataclass(frozen=True, eq=False)
class Case:
    """One repetition of a real person.

    Attributes:
        group: who or which clip.
        view: as the camera was placed, or as it looks.
        source: under which name the errors of its joints are kept.
        performance, image: what is measured, see `MeasureEstimator.estimate`.
        truth: measure → value, as far as it is known.
    """

    group: str
    view: str
    source: str
    performance: Performance
    image: Motion
    truth: dict[str, float]


def virtual_cases(root: Path, lifter: Lifter, seed: int = 0) -> Iterator[Case]:
    """UI-PRMD's deep squats, correct and incorrect, before cameras from the front to the back: OpenPose's
    joints with 2 pixels of jitter, half a second of standing added at both ends."""
    rng = np.random.default_rng(seed)
    table = read_dataset("uiprmd", root, movement="m01", allow_damaged=True)
    for motion, subject in zip(table.motions, table.groups, strict=True):
        still = _with_standing(motion)
        spans = find_repetitions(clean_motion(still, PreprocessSpec())).spans
        if not spans:
            continue
        span = max(spans, key=lambda span: span.depth)
        frames = (span.start, span.bottom, span.end)
        truth = read_values(make_performance(still, *frames, span.bottom_s))
        placed = still.positions - np.nanmean(still.joint("pelvis"), axis=0) + np.array([0.0, -0.95, 0.0])
        world = still.replace(positions=placed * _facing(still))
        for yaw_deg in VIRTUAL_YAWS_DEG:
            camera = orbit_camera(yaw_deg, distance_m=3.5, height_m=1.1, focal_px=600.0)
            pixels = camera.project(world.positions)
            flat = world.replace(positions=pixels + rng.normal(0, _JITTER_PX, pixels.shape), unit="pixel")
            image = convert_motion(flat, BODY_25, allow_missing=True)
            lifted = clean_motion(lifter.lift(PoseTrack(image, None, camera.width, camera.height)), PreprocessSpec())
            yield Case(
                str(subject),
                view_name(yaw_deg),
                f"{lifter.name} keypoints",
                make_performance(lifted, *frames, span.bottom_s),
                image,
                truth,
            )


def _facing(motion: Motion) -> np.ndarray:
    """Signs (3,) that make the person face the camera at yaw 0 without a mirror."""
    across = np.nanmean(motion.joint("left_hip") - motion.joint("right_hip"), axis=0)
    return np.array([1.0, 1.0, 1.0]) if across[0] > 0 else np.array([-1.0, 1.0, -1.0])


def _with_standing(motion: Motion) -> Motion:
    """The first and last pose held for half a second before and after."""
    n = round(_STAND_S * motion.fps)
    positions = np.concatenate(
        [motion.positions[:1].repeat(n, 0), motion.positions, motion.positions[-1:].repeat(n, 0)]
    )
    confidence = np.concatenate(
        [motion.confidence[:1].repeat(n, 0), motion.confidence, motion.confidence[-1:].repeat(n, 0)]
    )
    return Motion(positions, confidence, np.arange(len(positions)) / motion.fps, motion.skeleton, motion.unit)


def mocap_cases(folder: Path, track: PoseTrack, lifter: Lifter, name: str = "STS") -> Iterator[Case]:
    """The repetitions of a clip with motion capture beside it, shifted in time to where the thighs agree best."""
    truth = read_mocap(folder / f"{name}_sample_mocap.json.gz")
    lifted = clean_motion(lifter.lift(track), PreprocessSpec())
    for span in find_repetitions(lifted).spans:
        performance = make_performance(lifted, span.start, span.bottom, span.end, span.bottom_s)
        values = _read_at(truth, span.start_s, span.bottom_s, span.end_s)
        yield Case(name, "oblique", lifter.name, performance, track.image, values)


def read_mocap(path: Path) -> Motion:
    """Body origins in metres on `_MOCAP`, y down."""
    with gzip.open(path, "rt") as file:
        content = json.load(file)
    names = [f"{body}_{side}" for body in _BODIES for side in ("l", "r")]
    joints = np.stack([np.asarray(content["bodies"][name]["translation"], dtype=float) for name in names], axis=1)
    joints[..., 1:] *= -1.0
    times_s = np.asarray(content["time"], dtype=float)
    return Motion(joints, np.ones(joints.shape[:2]), times_s, _MOCAP)


def _read_at(truth: Motion, start_s: float, bottom_s: float, end_s: float) -> dict[str, float]:
    """Values of the motion capture's own repetition whose bottom is nearest."""
    height = truth.joint("left_hip")[:, 1] + truth.joint("right_hip")[:, 1]
    near = np.abs(truth.timestamps - bottom_s) < 0.6
    bottom = int(np.flatnonzero(near)[np.argmax(height[near])])
    shift_s = truth.timestamps[bottom] - bottom_s
    start, end = (nearest_frame(truth.timestamps - shift_s, when) for when in (start_s, end_s))
    return read_values(make_performance(truth, min(start, bottom), bottom, max(end, bottom)))


def good_clips(folder: Path) -> list[tuple[str, str]]:
    """Names and views of the real clips of squats that are good."""
    with (folder / "truth.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [(row["file"], row["view"]) for row in rows if row["exercise"] == "squat" and row["judged"] == "good"]


def clip_cases(name: str, view: str, track: PoseTrack, lifter: Lifter) -> Iterator[Case]:
    """The repetitions of a clip without truth."""
    lifted = clean_motion(lifter.lift(track), PreprocessSpec())
    for span in find_repetitions(lifted).spans:
        performance = make_performance(lifted, span.start, span.bottom, span.end, span.bottom_s)
        yield Case(name, view, lifter.name, performance, track.image, {})
