"""`formnet classify`: judge every repetition in clips."""

from __future__ import annotations

import os
import sys
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from formnet.cli.inputs import (
    DEFAULT_ESTIMATOR,
    EstimatorOption,
    EyesOption,
    Force,
    check_writable_folder,
    progress_bar,
)
from formnet.cli.options import Clip, Fps, Rotate, Size, SlowMotion, make_reading
from formnet.cli.sources import load_estimator, print_json, print_warnings, say_unused
from formnet.errors import FormnetError
from formnet.reading import find_sources, is_pose_file, read_track
from formnet.standards import DEFAULT_STANDARD
from formnet.storage.outputs import fresh_answers
from formnet.terminal.stopping import AGAIN, say_what_is_kept
from formnet.terminal.streams import one_line
from formnet.verdict import ClipVerdict, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from formnet.pipeline import ClipJudge
    from formnet.pose.estimator import PoseEstimator
    from formnet.pose.track import PoseTrack
    from formnet.report.results import ResultsFolder


def classify(
    clips: Annotated[
        list[Path],
        typer.Argument(
            help="Videos or poses of any tool (AlphaPose, OpenPose, COCO, MMPose, YOLO, …), or folders of them.",
            metavar="CLIP…",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for verdict.json, report.html and an overlay video of each clip.", metavar="DIR"),
    ] = None,
    standard: Annotated[
        str,
        typer.Option(
            help="Limits that measurements are held against: a name (formnet standards lists them) or a .yaml file.",
            metavar="NAME|FILE",
        ),
    ] = DEFAULT_STANDARD,
    model: Annotated[
        Path | None,
        typer.Option(
            help="A trained network (.safetensors or .ckpt) that names one class a repetition, instead of measures "
            "and a standard."
        ),
    ] = None,
    person: Annotated[
        int | None, typer.Option(help="Which person, 1 being the most prominent; default: follow that one.", min=1)
    ] = None,
    lifter: Annotated[
        str | None,
        typer.Option(
            help="How joints get depth: picture, world, supervised, unsupervised, with +picture to keep the picture, "
            "+smpl to fit a body, or a file of train.py task=lift; default: supervised+picture, or what the model "
            "was trained with."
        ),
    ] = None,
    estimator: EstimatorOption = DEFAULT_ESTIMATOR,
    eyes: EyesOption = None,
    fps: Fps = None,
    size: Size = None,
    clip_name: Clip = None,
    rotate: Rotate = None,
    slow_motion: SlowMotion = None,
    video: Annotated[bool, typer.Option(help="Write the overlay video into --out.")] = True,
    force: Force = False,
) -> None:
    """Judge every repetition in clips: which fault, how sure, and when.

    Prints a table for each clip. Progress goes to standard error, so that --json can be piped.

    Examples:

      formnet classify squat.mp4

      formnet classify squat.mp4 --out verdicts

      formnet classify squat.mp4 --standard powerlifting

      formnet classify monday/ tuesday/ --json > verdicts.json

      formnet classify alphapose-results.json --fps 25

      formnet classify squat.mp4 --estimator my-network.safetensors

      formnet classify lying-on-its-side.mp4 --rotate auto

      formnet classify squat.mp4 --eyes exact
    """
    how = make_reading(person=person, fps=fps, size=size, rotate=rotate, clip=clip_name, slow_motion=slow_motion)
    found = find_sources(clips)
    paths = list(found.sources)
    print_warnings((*found.notes, *say_unused(paths, estimator, eyes)))
    results = None if out is None else _open_results(out, paths, with_video=video, force=force)
    seeing: PoseEstimator | None = None
    if not all(is_pose_file(path) for path in paths):
        # First the estimator, then the network: two large imports at once would wait for each other.
        seeing = load_estimator(estimator, eyes)
    loading = _start_loading(standard, model, lifter)
    has_bar = not as_json or sys.stderr.isatty()

    def estimate(path: Path, title: str, stopped: Event) -> PoseTrack:
        with progress_bar(title, enabled=has_bar and not is_pose_file(path)) as show:

            def on_frame(done: int, expected: int) -> None:
                if stopped.is_set():
                    raise CancelledError
                show(done, expected)

            return read_track(path, how, estimator=seeing, on_frame=on_frame)

    verdict = _judge_all(paths, estimate, loading, results)
    if as_json:
        print_json(verdict.to_dict())
    else:
        _print_tables(verdict, results.files if results else [])
    problems = [*verdict.failures.values(), *(results.problems if results else ())]
    for sentence in problems:
        print(f"formnet: {one_line(sentence)}", file=sys.stderr)
    if problems:
        raise typer.Exit(2)


def _open_results(out: Path, paths: list[Path], *, with_video: bool, force: bool) -> ResultsFolder:
    """The folder for results, once nothing in it would be destroyed."""
    from formnet.report.results import ResultsFolder
    from formnet.storage.outputs import check_outputs, guard_outputs

    check_writable_folder(out)
    guard_outputs(paths, force=force)
    results = ResultsFolder(out, paths, with_video=with_video, progress_bar=progress_bar)
    check_outputs(*results.targets)
    return results


def _start_loading(standard: str, path: Path | None, lifter: str | None) -> Future[ClipJudge]:
    """Loads the judge beside the pose estimation, which leaves a core free at its start.

    What the user names is loaded at once, so that a wrong file is refused before any work.
    """

    def load() -> ClipJudge:
        from formnet.pipeline import make_class_judge, make_judge

        if path is None:
            return make_judge(standard, lifter)
        from formnet.judges.checkpoint import load_model

        return make_class_judge([load_model(path)], lifter)

    with_thread = ThreadPoolExecutor(1)
    loading = with_thread.submit(load)
    is_named = path is not None or lifter is not None or standard != DEFAULT_STANDARD
    with_thread.shutdown(wait=is_named)
    if is_named:
        loading.result()
    return loading


def _judge_all(
    paths: list[Path],
    estimate: Callable[[Path, str, Event], PoseTrack],
    loading: Future[ClipJudge],
    results: ResultsFolder | None,
) -> Verdict:
    """Judges clip after clip; one that cannot be judged does not stop the others.

    Every finished clip is on disk when the next begins; what was finished stays when the run is stopped.
    """
    clips: list[ClipVerdict] = []
    failures: dict[str, str] = {}
    say_what_is_kept(
        lambda: f"{results.answers[-1]} holds what was finished ({len(clips)} of {len(paths)} clips); run the same "
        "command again for the rest" if results and clips else AGAIN
    )  # fmt: skip
    with (
        fresh_answers(*results.answers) if results else nullcontext(),
        _estimate_ahead(paths, estimate) as tracks,
    ):
        for number, (path, estimated) in enumerate(zip(paths, tracks, strict=True), start=1):
            try:
                track = estimated.result()
            except FormnetError as error:
                failures[str(path)] = str(error)
            else:
                judge = loading.result()
                try:
                    clips.append(judge.judge(track, str(path)))
                except FormnetError as error:
                    failures[str(path)] = str(error)
                else:
                    _keep(clips[-1], track, path, results)
            verdict = Verdict(tuple(clips), loading.result().describe(), failures)
            if results and clips and number < len(paths):
                results.write_verdict(verdict, is_complete=False)
        if results and clips:
            results.finish(verdict)
        elif results:
            results.discard_earlier()
    return verdict


@contextmanager
def _estimate_ahead(
    paths: list[Path], estimate: Callable[[Path, str, Event], PoseTrack]
) -> Iterator[list[Future[PoseTrack]]]:
    """Poses of the clips, in their order, while earlier ones are judged and drawn; no work goes on after the block.

    One clip keeps two cores busy, but not while it starts and while it is judged: several are estimated at a time.
    """
    stopped = Event()
    pool = ThreadPoolExecutor(1 if len(paths) == 1 else max(2, (os.cpu_count() or 1) // 2))
    titles = [f"[{number}/{len(paths)}] {path.name}" for number, path in enumerate(paths, start=1)]
    try:
        yield [
            pool.submit(estimate, path, title if len(paths) > 1 else path.name, stopped)
            for path, title in zip(paths, titles, strict=True)
        ]
    finally:
        stopped.set()
        pool.shutdown(cancel_futures=True)


def _keep(verdict: ClipVerdict, track: PoseTrack, path: Path, results: ResultsFolder | None) -> None:
    from formnet.pipeline import JudgedClip

    if results is not None:
        results.add_clip(JudgedClip(verdict, track, None if is_pose_file(path) else path))


def _print_tables(verdict: Verdict, written: list[Path]) -> None:
    from rich.console import Console

    from formnet.report.text import render_clip

    console = Console(highlight=False)
    for clip in verdict.clips:
        console.print(render_clip(clip))
    for path in written:
        console.print(f"wrote {one_line(str(path))}", soft_wrap=True, markup=False)
