"""From a clip to a verdict: pose, repetitions, features, network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from formnet import __version__
from formnet.checkpoint import FormnetModel
from formnet.errors import PoseError
from formnet.faults import UNSURE, View, fault_named
from formnet.geometry.view import compute_view_angle_deg, judgeable_views
from formnet.lifting.lifter import Lifter, create_lifter
from formnet.motion import Motion
from formnet.pose.track import PoseTrack
from formnet.preprocess.spec import Repetition, preprocess_clip
from formnet.verdict import ClipVerdict, RepetitionVerdict

_VIEW_NAMES: dict[View, str] = {"front": "the front", "side": "the side"}
_WITHOUT_DEPTH = "supervised"
"""Lifts poses that have no depth of their own where the model's own lifter needs one."""


@dataclass(frozen=True, eq=False)
class JudgedClip:
    """A verdict with the pose it rests on, which overlay and report draw.

    Attributes:
        picture: the video that shows it; None where the pose came from a file of joints.
    """

    verdict: ClipVerdict
    track: PoseTrack
    picture: Path | None


@dataclass(frozen=True, eq=False)
class Judge:
    """All that stands between a pose in the picture and a verdict.

    Attributes:
        model: judges repetitions.
        lifter: makes poses 3D.
        is_chosen: the user named the lifter, so no other takes its place.
    """

    model: FormnetModel
    lifter: Lifter
    is_chosen: bool = False

    def lift(self, track: PoseTrack) -> tuple[Motion, tuple[str, ...]]:
        """The pose in 3D, with a warning where another lifter had to find its depth; raises as lifters do."""
        if track.world is not None or not self.lifter.needs_depth or self.is_chosen:
            return self.lifter.lift(track), ()
        note = f"these poses have no depth of their own; it was found by the lifter {_WITHOUT_DEPTH!r}"
        return create_lifter(_WITHOUT_DEPTH).lift(track), (note,)

    def judge(self, track: PoseTrack, source: str) -> ClipVerdict:
        """The verdict on an estimated pose; raises `PoseError` when it shows no whole repetition."""
        motion, notes = self.lift(track)
        repetitions, warnings = judge_motion(motion, self.model)
        if not repetitions:
            reason = "; ".join(warnings) or "the person never goes down and up again"
            raise PoseError(
                f"{source} shows no whole repetition ({reason}); film at least one from standing to standing"
            )
        times_s = track.image.timestamps
        fps = (len(times_s) - 1) / (times_s[-1] - times_s[0])
        warnings = (*track.warnings, *notes, *warnings)
        return ClipVerdict(source, float(fps), track.image.duration_s, repetitions, warnings)


def make_judge(model: FormnetModel, lifter: str | None = None) -> Judge:
    """A model with the lifter that the user names, else with the one whose 3D it was trained on.

    Raises:
        InputError, CheckpointError: see `create_lifter`.
    """
    return Judge(model, create_lifter(lifter or model.description.lifter), lifter is not None)


def judge_motion(motion: Motion, model: FormnetModel) -> tuple[tuple[RepetitionVerdict, ...], tuple[str, ...]]:
    """The verdict on every repetition of a 3D motion in metres, and warnings about the motion as a whole."""
    clip = preprocess_clip(motion, model.spec)
    probabilities = model.estimate_probabilities(clip.repetitions)
    verdicts = tuple(
        _judge_repetition(motion, repetition, row, model)
        for repetition, row in zip(clip.repetitions, probabilities, strict=True)
    )
    return verdicts, clip.warnings


def describe_model(model: FormnetModel) -> dict[str, Any]:
    """Provenance for a verdict: which model, of which data, by which versions."""
    description = model.description
    return {
        "name": model.path.stem,
        "sha256": model.sha256,
        "classes": list(model.classes),
        "formnet": __version__,
        "trained_with": dict(description.versions),
    }


def _judge_repetition(
    motion: Motion, repetition: Repetition, probabilities: np.ndarray, model: FormnetModel
) -> RepetitionVerdict:
    best = int(np.argmax(probabilities))
    probability = float(probabilities[best])
    is_sure = probability >= model.unsure_below
    return RepetitionVerdict(
        repetition.start_s,
        repetition.bottom_s,
        repetition.end_s,
        model.classes[best] if is_sure else UNSURE,
        probability,
        {name: float(share) for name, share in zip(model.classes, probabilities, strict=True)},
        (*repetition.warnings, *_view_warnings(_during(motion, repetition), model.classes)),
    )


def _during(motion: Motion, repetition: Repetition) -> Motion:
    inside = (motion.timestamps >= repetition.start_s) & (motion.timestamps <= repetition.end_s)
    first, last = np.flatnonzero(inside)[[0, -1]]
    return motion.frames(int(first), int(last) + 1)


def _view_warnings(motion: Motion, classes: Sequence[str]) -> tuple[str, ...]:
    """What this view hides of the faults that the model knows."""
    shown = judgeable_views(compute_view_angle_deg(motion))
    warnings = []
    for view in _VIEW_NAMES:
        hidden = [fault_named(name).title.lower() for name in classes if fault_named(name).views == (view,)]
        if hidden and view not in shown:
            warnings.append(f"{_join(hidden)} cannot be judged well from this view; film from {_VIEW_NAMES[view]}, too")
    return tuple(warnings)


def _join(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
