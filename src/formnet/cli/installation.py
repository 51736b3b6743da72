"""What `formnet doctor` tries: everything that `classify` loads, loaded the same way, and run on the example clip."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from formnet.demo import CLIP, TRUTH
from formnet.errors import FormnetError, InputError
from formnet.storage.texts import parse_json

if TYPE_CHECKING:
    from formnet.pipeline import ClipJudge
    from formnet.pose.estimator import PoseEstimator
    from formnet.pose.track import PoseTrack

AGAIN = "install formnet again"
STANDARDS = ("coaching", "powerlifting", "rehab", "squat7", "waseda")
"""Every standard that formnet brings along: one that is missing leaves no other trace."""
_TRIED_FPS = 12.0
_NEAR_S = 0.5


@dataclass(frozen=True)
class Check:
    """One thing that is tried; it returns what is to be said when it is well, and raises otherwise."""

    name: str
    run: Callable[[], str]


def list_checks() -> Iterator[Check]:
    """All that judging needs: first each file by itself, then all together on a clip whose truth is known."""
    trial = Trial()
    yield Check("pose model", _load_pose_model)
    for name in ("supervised", "unsupervised"):
        yield Check(f"lifter {name}", functools.partial(_load_lifter, name))
    yield Check("measuring network", _load_measuring_network)
    yield Check("errors of measures", _load_errors)
    for name in STANDARDS:
        yield Check(f"standard {name}", functools.partial(_load_standard, name))
    yield Check("models of classes", _load_models)
    yield Check("errors of the estimator", _load_noise)
    yield Check("example clip", trial.find_clip)
    yield Check("seeing", trial.see)
    yield Check("judging by measures", trial.judge_by_measures)
    yield Check("judging by classes", trial.judge_by_classes)
    yield Check("report and overlay", trial.show)


class Trial:
    """The example clip, seen and judged; what fails is tried once, and told by everything that rests on it."""

    def find_clip(self) -> str:
        return f"{len(self._truth)} repetitions whose truth is known"

    def see(self) -> str:
        return f"finds the person in {self._track.coverage:.0%} of the frames"

    def judge_by_measures(self) -> str:
        from formnet.pipeline import make_judge

        return self._hold_against_truth(make_judge())

    def judge_by_classes(self) -> str:
        from formnet.judges.checkpoint import load_shipped_models
        from formnet.pipeline import make_class_judge

        return self._hold_against_truth(make_class_judge(load_shipped_models()))

    def show(self) -> str:
        from formnet.pipeline import make_judge
        from formnet.pose.video import read_frames
        from formnet.report.html import write_html_report
        from formnet.report.video_writer import write_video
        from formnet.verdict import Verdict

        judge = make_judge()
        verdict = Verdict((judge.judge(self._track, CLIP),), judge.describe())
        with tempfile.TemporaryDirectory() as folder:
            write_html_report(verdict, Path(folder) / "report.html")
            with resources.as_file(self._clip) as clip:
                frames = [frame for _, frame in zip(range(3), read_frames(clip, max_side=240), strict=False)]
            write_video(frames, Path(folder) / "overlay.mp4", fps=_TRIED_FPS)
        return "can be written"

    def _hold_against_truth(self, judge: ClipJudge) -> str:
        found = [repetition.bottom_s for repetition in judge.judge(self._track, CLIP).repetitions]
        right = len(found) == len(self._truth) and all(
            abs(seen - real) < _NEAR_S for seen, real in zip(found, self._truth, strict=True)
        )
        if not right:
            raise InputError(
                f"{len(found)} repetitions are found in the example clip of {len(self._truth)}, or not where they are; "
                f"{AGAIN} with its constraints"
            )
        return f"finds the {len(found)} repetitions of the example clip"

    @functools.cached_property
    def _clip(self) -> resources.abc.Traversable:
        clip = resources.files("formnet.demo") / CLIP
        if not clip.is_file():
            raise InputError(f"the example clip {CLIP} is missing; {AGAIN}")
        return clip

    @functools.cached_property
    def _truth(self) -> tuple[float, ...]:
        """Times in seconds of the bottoms that were simulated."""
        assert self._clip
        try:
            text = (resources.files("formnet.demo") / TRUTH).read_text(encoding="utf-8")
            return tuple(float(repetition["bottom_s"]) for repetition in parse_json(text, Path(TRUTH))["repetitions"])
        except (OSError, ValueError, KeyError, TypeError, InputError) as error:
            raise InputError(f"the truth of the example clip cannot be read ({error}); {AGAIN}") from error

    @functools.cached_property
    def _estimator(self) -> PoseEstimator:
        from formnet.pose.estimator import create_estimator

        return create_estimator()

    @functools.cached_property
    def _track(self) -> PoseTrack:
        from formnet.pose.estimator import estimate_pose

        with resources.as_file(self._clip) as clip:
            try:
                return estimate_pose(clip, estimator=self._estimator, max_fps=_TRIED_FPS)
            except FormnetError as error:
                raise InputError(f"the person of the example clip is not found ({error})") from error


def _load_pose_model() -> str:
    from formnet.pose.model_file import obtain_pose_model, read_pose_model

    path = obtain_pose_model()
    read_pose_model(path)
    return str(path)


def _load_lifter(name: str) -> str:
    from formnet.lifting.lifter import create_lifter

    return f"{create_lifter(name).name} loads"


def _load_measuring_network() -> str:
    from formnet.judges.measuring.estimator import SHIPPED, load_measure_estimator
    from formnet.storage.weights import shipped_path

    network = load_measure_estimator(shipped_path(SHIPPED))
    return f"{SHIPPED}, {len(network.spec.measures)} measures"


def _load_errors() -> str:
    from formnet.measures.calibration import read_shipped_calibrations

    try:
        return f"of {len(read_shipped_calibrations())} pose sources"
    except (FormnetError, OSError, ValueError) as error:
        raise InputError(f"{error}; {AGAIN}") from error


def _load_standard(name: str) -> str:
    from formnet.standards.reading import load_standard

    try:
        return f"{len(load_standard(name).rules)} faults"
    except (FormnetError, OSError, ValueError) as error:
        raise InputError(f"{error}; {AGAIN}") from error


def _load_models() -> str:
    from formnet.judges.checkpoint import load_shipped_models

    return ", ".join(f"{model.path.name} ({len(model.classes)} classes)" for model in load_shipped_models())


def _load_noise() -> str:
    from formnet.synth.estimator_noise import EXERCISES, SQUATS, read_estimator_noise

    for path in (SQUATS, EXERCISES):
        read_estimator_noise(path)
    return "for training on simulated people"
