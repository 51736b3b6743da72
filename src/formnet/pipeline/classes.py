"""The judge that classifies: trained networks that name one class a repetition, alone or by vote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from formnet import __version__
from formnet.checks import join_words
from formnet.errors import InputError
from formnet.faults import UNSURE, View, fault_named
from formnet.geometry.view import compute_view_angle_deg, judgeable_views
from formnet.lifting.lifter import Lifter, create_lifter
from formnet.motion import Motion
from formnet.pipeline.judge import clip_verdict
from formnet.pose.track import PoseTrack
from formnet.preprocess.spec import Repetition, preprocess_clip
from formnet.verdict import ClipVerdict, RepetitionVerdict

if TYPE_CHECKING:
    # Who judges by measures alone needs no PyTorch.
    from formnet.judges.checkpoint import FormnetModel

_VIEW_NAMES: dict[View, str] = {"front": "the front", "side": "the side"}
_WITHOUT_DEPTH = "supervised"
"""Lifts poses that have no depth of their own where a model's own lifter needs one."""


@dataclass(frozen=True, eq=False)
class Seat:
    """A model, and the lifter that makes the 3D it judges."""

    model: FormnetModel
    lifter: Lifter


@dataclass(frozen=True, eq=False)
class ClassJudge:
    """All that stands between a pose in the picture and a verdict: one model, or several that vote.

    Attributes:
        seats: the first finds the repetitions; the bottoms and probabilities of all are averaged.
        is_chosen: the user named the lifter, so no other takes its place.
    """

    seats: tuple[Seat, ...]
    is_chosen: bool = False

    def judge(self, track: PoseTrack, source: str) -> ClipVerdict:
        """The verdict on an estimated pose; raises `PoseError` when it shows no whole repetition."""
        return clip_verdict(track, source, *self.judge_repetitions(track))

    def judge_repetitions(self, track: PoseTrack) -> tuple[tuple[RepetitionVerdict, ...], tuple[str, ...]]:
        """The verdict on every repetition, maybe none, and warnings; raises as lifters do."""
        seats, notes = self._seats_for(track)
        (found, warnings), *others = (judge_motion(seat.lifter.lift(track), seat.model) for seat in seats)
        agreed = tuple(_vote(verdict, [verdicts for verdicts, _ in others], seats[0].model) for verdict in found)
        return agreed, (*notes, *warnings)

    def _seats_for(self, track: PoseTrack) -> tuple[tuple[Seat, ...], tuple[str, ...]]:
        """Those who can judge this pose; when none can, the first with another lifter, and a note that says so."""
        able = tuple(seat for seat in self.seats if track.world is not None or not seat.lifter.needs_depth)
        if able or self.is_chosen:
            return able or self.seats, ()
        note = f"these poses have no depth of their own; it was found by the lifter {_WITHOUT_DEPTH!r}"
        return (Seat(self.seats[0].model, create_lifter(_WITHOUT_DEPTH)),), (note,)

    def describe(self) -> dict[str, Any]:
        """Provenance for a verdict: of the first seat, with its partners."""
        first, *others = ({**describe_model(seat.model), "lifter": seat.lifter.name} for seat in self.seats)
        return {**first, "partners": others} if others else first


def make_class_judge(models: Sequence[FormnetModel], lifter: str | None = None) -> ClassJudge:
    """Models that vote, each with the lifter whose 3D it was trained on.

    Args:
        lifter: the user's choice; it goes to the first model that was trained on 3D of the same kind (with the
            estimator's depth, or from the picture alone), else to the first, which then judges alone.

    Raises:
        InputError, CheckpointError: see `create_lifter`; models of different classes.
    """
    if any(model.classes != models[0].classes for model in models):
        raise InputError("models that vote must know the same classes; give models of one training")
    own = [Seat(model, create_lifter(model.lifter)) for model in models]
    if lifter is None:
        return ClassJudge(tuple(own))
    chosen = create_lifter(lifter)
    alike = [seat.model for seat in own if seat.lifter.needs_depth == chosen.needs_depth]
    return ClassJudge((Seat((alike or list(models))[0], chosen),), is_chosen=True)


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
        "fingerprint": model.fingerprint,
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
        probabilities={name: float(share) for name, share in zip(model.classes, probabilities, strict=True)},
        warnings=(*repetition.warnings, *_view_warnings(_during(motion, repetition), model.classes)),
    )


def _vote(
    verdict: RepetitionVerdict, others: Sequence[Sequence[RepetitionVerdict]], model: FormnetModel
) -> RepetitionVerdict:
    """The verdict with mean bottom and probabilities of all who found the same repetition (its bottom lies within)."""
    same = [
        other
        for verdicts in others
        for other in [next((o for o in verdicts if verdict.start_s <= o.bottom_s <= verdict.end_s), None)]
        if other is not None
    ]
    if not same:
        return verdict
    opinions = [verdict, *same]
    shares = {name: sum(opinion.probabilities[name] for opinion in opinions) / len(opinions) for name in model.classes}
    label = max(shares, key=lambda name: shares[name])
    probability = shares[label]
    return replace(
        verdict,
        bottom_s=sum(opinion.bottom_s for opinion in opinions) / len(opinions),
        label=label if probability >= model.unsure_below else UNSURE,
        probabilities=shares,
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
            warnings.append(
                f"{join_words(hidden)} cannot be judged well from this view; film from {_VIEW_NAMES[view]}, too"
            )
    return tuple(warnings)
