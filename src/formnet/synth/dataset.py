"""Labelled squats by the thousand: single repetitions for training, whole clips for everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from formnet.body.model import Body
from formnet.errors import InputError
from formnet.faults import WASEDA_CLASSES
from formnet.geometry.paths import nearest_frame
from formnet.motion import Motion
from formnet.skeleton import BLAZEPOSE_33
from formnet.synth.anatomy import Anatomy, describe_anatomy
from formnet.synth.arms import STYLE_NAMES
from formnet.synth.faults import Targets, apply_faults
from formnet.synth.kinematics import Array, minimum_jerk
from formnet.synth.legs import solve_way, stand
from formnet.synth.nature import Nature, blend_natures, sample_nature, vary_repetitions
from formnet.synth.program import Drift, Tempo, compute_depth, sample_drift, sample_tempo
from formnet.synth.rows import Rows, join_rows
from formnet.synth.squat import Course, settle_nature, solve_squat
from formnet.synth.transitions import sample_setting
from formnet.synth.world import pose_landmarks, to_world

Labels = NDArray[np.intp]
LEAST_SEVERITY = 0.02
PORTION = 256
_SETTLE_S = 0.35
"""Time in which a fault held while standing comes and goes around a repetition."""


@dataclass(frozen=True)
class Repetitions(Rows):
    """N single repetitions, each sampled at T moments from a little before to a little after.

    Attributes:
        labels: (N,) index into `WASEDA_CLASSES`.
        severity: (N,) in (0, 1]; of a good repetition it means nothing.
        start_s, bottom_s, end_s: (N,) begin of the descent, deepest moment, end of the ascent.
        timestamps: (N, T) seconds.
        betas: (N, S) shape of each body.
        poses: (N, T, 24, 3) SMPL pose parameters.
        translation: (N, T, 3) the pelvis in the world, metres.
        joints: (N, T, 24, 3) SMPL joints in the world, metres.
        nature: natural deviations.
    """

    labels: Labels
    severity: Array
    start_s: Array
    bottom_s: Array
    end_s: Array
    timestamps: Array
    betas: Array
    poses: NDArray[np.float32]
    translation: NDArray[np.float32]
    joints: NDArray[np.float32]
    nature: Nature

    def __len__(self) -> int:
        return len(self.labels)

    def landmarks(self, body: Body) -> NDArray[np.float32]:
        """BlazePose landmarks (N, T, 33, 3) in the world, metres."""
        return pose_landmarks(body, self.betas, self.poses, self.translation)


@dataclass(frozen=True)
class RepetitionTruth:
    """What a repetition of a clip really is; times in seconds from the clip's first frame."""

    label: str
    severity: float
    start_s: float
    bottom_s: float
    end_s: float

    def frames(self, times_s: Array) -> tuple[int, int, int]:
        """Numbers of the frames of `times_s` (T,) nearest to start, bottom and end."""
        start, bottom, end = (nearest_frame(times_s, moment) for moment in (self.start_s, self.bottom_s, self.end_s))
        return start, bottom, end


@dataclass(frozen=True)
class Clip:
    """Several repetitions of one person, with what comes before and after.

    Attributes:
        timestamps: (T,) seconds.
        betas: (S,).
        poses: (T, 24, 3) SMPL pose parameters.
        translation: (T, 3) the pelvis in the world, metres.
        joints: (T, 24, 3) SMPL joints in the world, metres.
        repetitions: the truth, in order of time.
        arm_style: how the arms are held.
    """

    timestamps: Array
    betas: Array
    poses: NDArray[np.float32]
    translation: NDArray[np.float32]
    joints: NDArray[np.float32]
    repetitions: tuple[RepetitionTruth, ...]
    arm_style: str

    def landmarks(self, body: Body) -> Motion:
        """BlazePose landmarks in the world as a motion, all of them seen."""
        _, landmarks = body.pose_joints(self.betas, self.poses, self.translation)
        return Motion(landmarks, np.ones(landmarks.shape[:2]), self.timestamps, BLAZEPOSE_33)


def sample_repetitions(
    body: Body,
    rng: np.random.Generator,
    count: int,
    *,
    frames: int = 64,
    classes: Sequence[str] = WASEDA_CLASSES,
    labels: Labels | None = None,
    severity: Array | None = None,
    progress: Callable[[int], None] | None = None,
) -> Repetitions:
    """Draws `count` repetitions of as many people.

    The classes come round evenly, severities are uniform; `labels` and `severity` (count,) prescribe them
    instead. `progress` is told the number of repetitions after each portion.

    Raises:
        InputError: for an unknown class, nothing to draw, or fewer than two frames.
    """
    numbers = class_numbers(classes)

    def draw(own: np.random.Generator, here: slice) -> Repetitions:
        of_these = None if labels is None else np.asarray(labels)[here]
        so_severe = None if severity is None else np.asarray(severity)[here]
        return _sample_portion(body, own, frames, here.start, numbers, of_these, so_severe, here.stop - here.start)

    return draw_portions(rng, count, frames, draw, progress)


def draw_portions(
    rng: np.random.Generator,
    count: int,
    frames: int,
    draw: Callable[[np.random.Generator, slice], Repetitions],
    progress: Callable[[int], None] | None = None,
) -> Repetitions:
    """`count` repetitions in portions of at most `PORTION`, each with a generator of its own, so that the first are the
    same however many follow.

    Raises:
        InputError: nothing to draw, or fewer than two frames.
    """
    if count < 1 or frames < 2:
        raise InputError(f"expected at least one repetition of two frames, got {count} of {frames}")
    portions = []
    for first, own in zip(range(0, count, PORTION), rng.spawn(-(-count // PORTION)), strict=True):
        here = slice(first, min(first + PORTION, count))
        portions.append(draw(own, here))
        if progress is not None:
            progress(here.stop - first)
    return join_rows(portions)


def class_numbers(classes: Sequence[str]) -> Labels:
    """Indices into `WASEDA_CLASSES`; raises `InputError` naming the known classes."""
    unknown = [name for name in classes if name not in WASEDA_CLASSES]
    if unknown or not classes:
        raise InputError(f"expected classes out of {', '.join(WASEDA_CLASSES)}, got {', '.join(unknown) or 'none'}")
    return np.array([WASEDA_CLASSES.index(name) for name in classes], dtype=np.intp)


def _sample_portion(
    body: Body,
    rng: np.random.Generator,
    frames: int,
    first: int,
    numbers: Labels,
    labels: Labels | None,
    severity: Array | None,
    count: int,
) -> Repetitions:
    # Always a full portion's draws: the last, shorter portion begins like a longer one.
    kept = slice(count)
    betas = body.sample_betas(rng, PORTION, 0.9)[kept]
    everyone = sample_nature(rng, PORTION)
    drawn = rng.uniform(LEAST_SEVERITY, 1.0, PORTION)[kept]
    tempo = sample_tempo(rng, PORTION, np.exp(rng.normal(0, 0.12, PORTION))).take(kept)
    drift = sample_drift(rng, everyone.restlessness).take(kept)
    if labels is None:
        labels = numbers[(first + np.arange(count)) % len(numbers)]
    if severity is None:
        severity = drawn
    anatomy = describe_anatomy(body, betas)
    nature = settle_nature(anatomy, everyone.take(kept))
    targets = apply_faults(rng, nature, labels, severity).take(np.s_[:, None])
    labels, severity = np.asarray(labels, dtype=np.intp), np.asarray(severity, dtype=float)
    return pose_portion(anatomy, betas, nature, targets, tempo, drift, frames, labels, severity)


def pose_portion(
    anatomy: Anatomy,
    betas: Array,
    nature: Nature,
    targets: Targets,
    tempo: Tempo,
    drift: Drift,
    frames: int,
    labels: Labels,
    severity: Array,
) -> Repetitions:
    """Bodies through the repetitions that everything about them describes; `targets` have a time axis, (N, 1, …)."""
    timed = nature.take(np.s_[:, None])
    timestamps = np.linspace(0, 1, frames) * tempo.total_s[:, None]
    depth, rising = compute_depth(tempo, timestamps)
    course = Course(depth, rising, _activity(tempo, timestamps), np.ones_like(depth), drift.at(timestamps))
    way = solve_way(anatomy, timed, targets)
    posture = solve_squat(anatomy, timed, targets, way, stand(anatomy, timed), course)
    poses, translation, joints = to_world(posture)
    return Repetitions(
        labels=labels,
        severity=severity,
        start_s=tempo.start_s,
        bottom_s=tempo.bottom_s,
        end_s=tempo.end_s,
        timestamps=timestamps,
        betas=betas,
        poses=poses,
        translation=translation,
        joints=joints,
        nature=nature,
    )


def sample_clip(
    body: Body,
    rng: np.random.Generator,
    labels: Sequence[str],
    *,
    severity: Sequence[float] | None = None,
    fps: float = 30.0,
) -> Clip:
    """Draws a clip of one person with one repetition per label, in their order.

    Raises:
        InputError: for an unknown class, no repetition, or a frame rate below 5.
    """
    numbers = class_numbers(labels)
    if fps < 5:
        raise InputError(f"expected at least 5 frames per second, got {fps:g}")
    count = len(numbers)
    betas = body.sample_betas(rng, 1, 0.9)
    person = settle_nature(describe_anatomy(body, betas), sample_nature(rng, 1))
    nature = vary_repetitions(rng, person, 0, count)
    drawn = rng.uniform(LEAST_SEVERITY, 1.0, count)
    severities = drawn if severity is None else np.asarray(severity, dtype=float)
    tempo = sample_tempo(rng, count, float(np.exp(rng.normal(0, 0.15))), standing_s=(0.15, 0.8))
    style = STYLE_NAMES[int(person.arm_style[0])]
    setting = sample_setting(rng, float(tempo.total_s.sum()), style.startswith("bar"))
    drift = sample_drift(rng, person.restlessness)
    targets = apply_faults(rng, nature, numbers, severities)
    anatomy = describe_anatomy(body, np.repeat(betas, count, axis=0))
    way = solve_way(anatomy, nature.take(np.s_[:, None]), targets.take(np.s_[:, None]))
    begins = setting.lead_s + np.cumsum(tempo.total_s) - tempo.total_s
    times = np.arange(int((setting.lead_s + tempo.total_s.sum() + setting.tail_s) * fps)) / fps
    # Everything that belongs to a repetition changes in the middle of the standing between two.
    of_frame = np.searchsorted(begins[1:], times, side="right")
    depth, rising = compute_depth(tempo, times - begins[:, None])
    active = _activity(tempo, times - begins[:, None])
    frames = np.arange(len(times))
    course = Course(
        depth=np.maximum(depth[of_frame, frames], setting.dip(times))[None],
        rising=rising[of_frame, frames][None],
        active=active[of_frame, frames][None],
        arms=setting.arms(times)[None],
        unrest=drift.at(times[None]),
    )
    one = anatomy.take(slice(0, 1))
    in_frame = blend_natures(nature, minimum_jerk((times[:, None] - begins[1:]) / _SETTLE_S + 0.5))
    feet = setting.feet(stand(one, person.take(np.s_[:, None])), times)
    way_in_frame = way.take(np.s_[of_frame, 0]).take(np.s_[None])
    posture = solve_squat(one, in_frame, targets.take(of_frame).take(np.s_[None]), way_in_frame, feet, course)
    poses, translation, joints = to_world(posture)
    truth = tuple(
        RepetitionTruth(name, float(s), float(b + t0), float(b + t1), float(b + t2))
        for name, s, b, t0, t1, t2 in zip(
            labels, severities, begins, tempo.start_s, tempo.bottom_s, tempo.end_s, strict=True
        )
    )
    return Clip(times, betas[0], poses[0], translation[0], joints[0], truth, style)


def sample_clips(
    body: Body,
    seed: int,
    count: int,
    repetitions: int,
    *,
    classes: Sequence[str] = WASEDA_CLASSES,
    fps: float = 30.0,
) -> Iterator[Clip]:
    """Clips of different people; clip number k is the same however many are asked for.

    Each clip shows `repetitions` repetitions of mixed classes; over the clips the classes come round evenly.
    """
    names = [WASEDA_CLASSES[number] for number in class_numbers(classes)]
    for clip in range(count):
        rng = np.random.default_rng([seed, clip])
        labels = [names[(clip * repetitions + k) % len(names)] for k in range(repetitions)]
        rng.shuffle(labels)
        yield sample_clip(body, rng, labels, fps=fps)


def _activity(tempo: Tempo, times_s: Array) -> Array:
    """1 during each repetition, 0 away from it, (N, T)."""
    begin, end = tempo.start_s[:, None], tempo.end_s[:, None]
    rise = np.minimum(_SETTLE_S, tempo.before_s)[:, None]
    fall = np.minimum(_SETTLE_S, tempo.after_s)[:, None]
    return minimum_jerk((times_s - begin + rise) / rise) * minimum_jerk((end + fall - times_s) / fall)
