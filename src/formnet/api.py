"""The front door for programs: `import formnet as fn`; everything heavy is imported when it is first used.

clip = fn.read("squat.mp4")
verdict = fn.judge(clip)
likeness = fn.compare(clip, fn.read("coach.mp4"))
table = fn.load_dataset("squat7", root)
model = fn.train(table, method="squat", test_groups=["17042023"])
figures = fn.evaluate(model, table)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from formnet.errors import DataError, InputError
from formnet.pose.track import PoseTrack

if TYPE_CHECKING:
    from formnet.evaluation.judge import Judge
    from formnet.motion import Motion
    from formnet.preprocess.repetitions import Segmentation
    from formnet.readers.table import RepetitionTable
    from formnet.scoring.compare import Comparison
    from formnet.verdict import ClipVerdict

Clip = PoseTrack | Path | str
"""What was read, or the name of a file that can be."""


def read(
    path: Path | str, *, person: int | None = None, fps: float | None = None, lifter: str | None = None
) -> PoseTrack:
    """One person's poses from a video, a picture, or a file of keypoints of any known tool.

    Args:
        person: which of several people, 1 for the most prominent.
        fps: frames per second of keypoint files that do not say it.
        lifter: what makes the motion 3D (see `formnet.lifting`); None: keypoint files stay 2D, videos get the
            estimator's depth.

    Raises:
        InputError, PoseError: one sentence with the remedy.
    """
    from formnet.reading import Reading, read_source

    return read_source(Path(path), Reading(person=person, fps=fps), lifter=lifter)


def estimate_pose(path: Path | str, *, person: int | None = None) -> PoseTrack:
    """The pose of one person in a video as the estimator gives it; raises `InputError`, `PoseError`."""
    from formnet.pose.estimator import estimate_pose as estimate

    return estimate(Path(path), person)


def find_repetitions(clip: Clip | Motion) -> Segmentation:
    """The whole repetitions of a squat, with frames and times, and what the clip hid.

    Of a clip those that `judge` judges; of a 3D motion those that it shows by itself.

    Raises:
        PoseError, SkeletonError: a film that cannot be judged, or joints that are not there.
    """
    from formnet.lifting.lifter import create_lifter
    from formnet.motion import Motion
    from formnet.pipeline import DEFAULT_LIFTER
    from formnet.preprocess.spec import PreprocessSpec, clean_motion, segment_clip

    spec = PreprocessSpec()
    if isinstance(clip, Motion):
        return segment_clip(clean_motion(clip, spec), spec)
    track = _as_track(clip)
    return segment_clip(clean_motion(create_lifter(DEFAULT_LIFTER).lift(track), spec), spec, track.image)


def judge(
    clip: Clip, *, standard: str | None = None, model: Path | str | None = None, lifter: str | None = None
) -> ClipVerdict:
    """Judges every repetition of a clip.

    Args:
        standard: limits that measurements are held against, a name or a .yaml file; None for the default.
        model: a trained network that names one class a repetition, instead of measures and a standard.
        lifter: what makes joints 3D; None for the usual one.

    Raises:
        PoseError: no whole repetition, or a film that cannot be judged.
        InputError, CheckpointError: see `formnet.pipeline`.
    """
    from formnet.pipeline import make_class_judge, make_judge
    from formnet.standards import DEFAULT_STANDARD

    if model is not None and standard is not None:
        raise InputError("a model names classes and a standard holds limits; give one of them")
    track, name = _as_track(clip), _name_of(clip)
    if model is None:
        return make_judge(standard or DEFAULT_STANDARD, lifter).judge(track, name)
    from formnet.judges.checkpoint import load_model

    return make_class_judge([load_model(model)], lifter).judge(track, name)


def compare(clip: Clip, reference: Clip, **options: Any) -> Comparison:
    """How like a reference a performance is, part by part: in 3D where both have it, else in the picture.

    Args:
        options: of `formnet.scoring.compare.CompareOptions`.

    Raises:
        PoseError, SkeletonError, InputError: see `compare_motions`.
    """
    from formnet.scoring.compare import CompareOptions, compare_motions

    first, second = _motions_of(clip), _motions_of(reference)
    is_flat = 2 in (first[0].n_dimensions, second[0].n_dimensions)
    return compare_motions(first[is_flat], second[is_flat], CompareOptions(**options))


def load_dataset(name: str, root: Path | str, **options: Any) -> RepetitionTable:
    """A copy of a data set as labelled motions; see `formnet data list` for names and options.

    Raises:
        DataError: a damaged copy, with every finding (`allow_damaged=True` leaves out what is broken).
        InputError: an unknown set or option, or no such folder.
    """
    from formnet.readers.catalogue import read_dataset

    return read_dataset(name, root, **options)


@dataclass(frozen=True, eq=False)
class Model:
    """A judge that was trained on a table.

    Attributes:
        judge: gives probabilities.
        method: its name.
        classes: in the order of the probabilities.
        test_groups: people or days that it has not seen; none when everything was trained on.
    """

    judge: Judge
    method: str
    classes: tuple[str, ...]
    test_groups: tuple[str, ...]

    def __repr__(self) -> str:
        unseen = f", not trained on {', '.join(self.test_groups)}" if self.test_groups else ""
        return f"Model({self.method}, {len(self.classes)} classes{unseen})"

    def probabilities(self, motions: Sequence[Motion]) -> Any:
        """(N, C) of single repetitions of one person and day."""
        return self.judge.probabilities(motions)


def train(
    table: RepetitionTable, method: str = "squat", *, test_groups: Sequence[object] = (), seed: int = 0, **options: Any
) -> Model:
    """Trains a judge on the groups that are not named; networks are trained by `train.py`.

    Args:
        method: "squat", "movement", "forest", "minirocket", "dtw" or "majority".
        test_groups: people or days that are left for `evaluate`.
        options: of the method's recipe (see `docs/learners.md`).

    Raises:
        DataError: unknown groups, or too few classes.
        InputError: an unknown method or option.
    """
    from formnet.evaluation.splits import make_folds
    from formnet.judges.methods import METHODS, choose_methods
    from formnet.judges.protocol import JUDGES, Recipe, build_recipe

    held_out: tuple[str, ...] = ()
    training = table
    if len(test_groups):
        (fold,) = make_folds(table, "groups", test_groups=tuple(test_groups))
        held_out, training = fold.test_groups, table.select(fold.train)
    if method in JUDGES:
        recipe: Recipe = build_recipe({"name": method, **options})
    elif method in METHODS and not options:
        recipe = choose_methods([method])[0].make()
    else:
        raise InputError(
            f"unknown method {method!r}; use one of {', '.join((*JUDGES, *METHODS))}"
            if method not in METHODS
            else f"{method} has no options; leave {', '.join(options)} out"
        )
    return Model(recipe.fit(training, seed), method, table.classes, held_out)


class Figures(dict[str, Any]):
    """Figures of answers to rows with known truth, by name (see `formnet.evaluation.metrics.describe_answers`)."""

    def __repr__(self) -> str:
        return (
            f"{self['test/repetitions']} repetitions: balanced accuracy {self['test/balanced_accuracy']:.3f}, "
            f"accuracy {self['test/accuracy']:.3f} (always the commonest class: "
            f"{self['test/majority_balanced_accuracy']:.3f}, {self['test/majority_accuracy']:.3f}), calibration error "
            f"{self['test/calibration_error']:.3f}"
        )

    __str__ = __repr__


def evaluate(model: Model, table: RepetitionTable) -> Figures:
    """Measures a model on the groups of a table that it has not seen.

    Raises:
        DataError: other classes, or a model that was trained on everything.
    """
    import numpy as np

    from formnet.evaluation.judge import judge_groups
    from formnet.evaluation.metrics import describe_answers

    if table.classes != model.classes:
        raise DataError(f"the data has the classes {', '.join(table.classes)}, the model {', '.join(model.classes)}")
    rows = np.isin(table.groups, model.test_groups)
    if not rows.any():
        raise DataError(
            "there is nothing that the model has not seen, and figures on its own training rows would say nothing; "
            "train with test_groups"
        )
    unseen = table.select(rows)
    return Figures(describe_answers(judge_groups(model.judge, unseen), unseen.labels, model.classes))


def _motions_of(clip: Clip) -> tuple[Motion, Motion]:
    """The best motion there is, and the one in the picture."""
    track = clip if isinstance(clip, PoseTrack) else read(clip)
    return track.motion, track.image


def _as_track(clip: Clip) -> PoseTrack:
    """Poses that can be judged; raises `PoseError` where they cannot (see `formnet.reading.check_track`)."""
    from formnet.readers.source import as_film
    from formnet.reading import check_track, read_track

    if isinstance(clip, Path | str):
        return read_track(Path(clip))
    return check_track(as_film(clip), clip.name)


def _name_of(clip: Clip) -> str:
    return clip.name if isinstance(clip, PoseTrack) else str(clip)
