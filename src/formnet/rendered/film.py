"""From simulation through pixels: squats and other exercises are rendered and seen by the real pose estimator.

Used where honesty needs pixels: to fit the estimator's noise, to calibrate, and to measure from pixels to verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from formnet.body import Body, load_body
from formnet.errors import FormnetError
from formnet.faults import WASEDA_CLASSES
from formnet.motion import FloatArray
from formnet.pose.estimator import create_estimator
from formnet.pose.model_bundle import Eyes
from formnet.pose.track import PoseTrack
from formnet.pose.video import Frame
from formnet.synth.appearance import sample_appearance
from formnet.synth.arms import STYLE_NAMES
from formnet.synth.camera import Camera, sample_camera
from formnet.synth.dataset import Clip, RepetitionTruth, sample_clip
from formnet.synth.exercises import EXERCISES, sample_exercise_clip
from formnet.synth.render import render_frames
from formnet.synth.varied import sample_varied_repetitions

PICTURE_SIZES = ((480, 640), (360, 640), (640, 480), (640, 360))
_MARGIN_S = 0.5


@dataclass(frozen=True, eq=False)
class RenderedClip:
    """The truth of one filmed simulation and what the estimator saw of it.

    Attributes:
        repetitions: the truth.
        yaw_deg: direction of the camera, 0 front, 90 the person's left side.
        landmarks: (T, 33, 3) true landmarks of BlazePose in camera axes, metres.
        track: the estimator's answer, on the same frames; None when it found nobody.
    """

    repetitions: tuple[RepetitionTruth, ...]
    yaw_deg: float
    landmarks: FloatArray
    track: PoseTrack | None


@dataclass(frozen=True)
class RenderRequest:
    """What to render: everything else follows from the seed.

    Attributes:
        seed: numbers that start the generator.
        labels: class of each repetition.
        severity: of each repetition; None draws them.
        fps: of the rendered video.
        is_padded: with the walking in and setting up before and after; False cuts them off.
    """

    seed: tuple[int, ...]
    labels: tuple[str, ...]
    severity: tuple[float, ...] | None = None
    fps: float = 30.0
    is_padded: bool = True

    def sample(self, body: Body, rng: np.random.Generator) -> Clip:
        """The motion to film."""
        clip = sample_clip(body, rng, self.labels, severity=self.severity, fps=self.fps)
        if self.is_padded:
            return clip
        return cut_clip(clip, clip.repetitions[0].start_s - _MARGIN_S, clip.repetitions[-1].end_s + _MARGIN_S)


@dataclass(frozen=True)
class ExerciseRequest:
    """An exercise to render that is no squat and has no repetitions to judge.

    Attributes:
        seed: numbers that start the generator.
        exercise: one of `formnet.synth.exercises.EXERCISES`.
        seconds: length of the clip.
        fps: of the rendered video.
    """

    seed: tuple[int, ...]
    exercise: str
    seconds: float = 6.0
    fps: float = 30.0

    def sample(self, body: Body, rng: np.random.Generator) -> Clip:
        """The motion to film."""
        return sample_exercise_clip(body, rng, self.exercise, self.seconds, self.fps)


@dataclass(frozen=True)
class VariedRequest:
    """One squat of any kind to render, maybe with several faults (see `formnet.synth.varied`).

    Attributes:
        seed: numbers that start the generator.
        frames: of the whole clip, a little standing before and after.
    """

    seed: tuple[int, ...]
    frames: int = 96

    def sample(self, body: Body, rng: np.random.Generator) -> Clip:
        """The motion to film."""
        drawn = sample_varied_repetitions(body, rng, 1, frames=self.frames)
        style = STYLE_NAMES[int(drawn.nature.arm_style[0])]
        times = (float(drawn.start_s[0]), float(drawn.bottom_s[0]), float(drawn.end_s[0]))
        truth = RepetitionTruth("varied", float("nan"), *times)
        return Clip(
            drawn.timestamps[0], drawn.betas[0], drawn.poses[0], drawn.translation[0], drawn.joints[0], (truth,), style
        )


FilmRequest = RenderRequest | ExerciseRequest | VariedRequest


def film(request: FilmRequest, body: Body | None = None) -> tuple[Clip, Camera, float, Iterator[Frame]]:
    """Draws person, camera and look, and yields the pictures one by one.

    Returns:
        The clip, the camera, its yaw in degrees, and its frames with times from 0.
    """
    body = body or load_body()
    rng = np.random.default_rng(list(request.seed))
    clip = request.sample(body, rng)
    yaw_deg = float(rng.uniform(0, 360))
    size = PICTURE_SIZES[int(rng.integers(len(PICTURE_SIZES)))]
    camera = sample_camera(rng, yaw_deg=yaw_deg, size=size)
    appearance = sample_appearance(rng, barbell=clip.arm_style.startswith("bar"))
    posed = body.pose(clip.betas, clip.poses, clip.translation)
    pictures = render_frames(posed, body, camera, appearance)
    frames = (Frame(float(t), picture) for t, picture in zip(clip.timestamps, pictures, strict=True))
    return clip, camera, yaw_deg, frames


def cut_clip(clip: Clip, start_s: float, end_s: float) -> Clip:
    """The part of a clip between two times, its own clock starting at 0."""
    kept = (clip.timestamps >= start_s) & (clip.timestamps <= end_s)
    offset_s = float(clip.timestamps[kept][0])
    truth = tuple(
        replace(r, start_s=r.start_s - offset_s, bottom_s=r.bottom_s - offset_s, end_s=r.end_s - offset_s)
        for r in clip.repetitions
    )
    return replace(
        clip,
        timestamps=clip.timestamps[kept] - offset_s,
        poses=clip.poses[kept],
        translation=clip.translation[kept],
        joints=clip.joints[kept],
        repetitions=truth,
    )


def estimate_rendered(request: FilmRequest, eyes: Eyes = Eyes.STANDARD) -> RenderedClip:
    """Renders a clip and lets the estimator see it, in the size of `eyes`."""
    body = load_body()
    clip, camera, yaw_deg, frames = film(request, body)
    track: PoseTrack | None
    try:
        track = create_estimator(eyes=eyes).estimate(frames)
    except FormnetError:
        track = None
    landmarks = camera.to_camera(clip.landmarks(body).positions)
    return RenderedClip(clip.repetitions, yaw_deg, landmarks, track)


def exercise_requests(
    seed: int, per_exercise: int, *, exercises: Sequence[str] = EXERCISES, seconds: float = 3.0, fps: float = 30.0
) -> list[ExerciseRequest]:
    """Requests for `per_exercise` clips of each exercise."""
    return [
        ExerciseRequest((seed, number), exercise, seconds, fps)
        for number, exercise in enumerate(name for name in exercises for _ in range(per_exercise))
    ]


def balanced_requests(
    seed: int, per_class: int, *, repetitions: int = 1, fps: float = 30.0, is_padded: bool = True
) -> list[RenderRequest]:
    """Requests for clips in which each class comes `per_class` times in all, mixed within the clips."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.array(WASEDA_CLASSES), per_class)
    rng.shuffle(labels)
    portions = [labels[i : i + repetitions] for i in range(0, len(labels), repetitions)]
    return [
        RenderRequest((seed, number), tuple(str(label) for label in portion), fps=fps, is_padded=is_padded)
        for number, portion in enumerate(portions)
    ]
