"""`formnet classify`: judge every repetition in clips."""

from __future__ import annotations

import json
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from formnet.cli.inputs import DEFAULT_ESTIMATOR, EstimatorOption, check_writable_folder, progress_bar
from formnet.cli.options import Fps, Rotate, Size, SlowMotion, make_reading
from formnet.cli.sources import load_estimator, print_warnings
from formnet.errors import FormnetError
from formnet.readers.find import find_sources
from formnet.reading import is_pose_file, read_track
from formnet.standards import DEFAULT_STANDARD
from formnet.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from formnet.pipeline import Judge, JudgedClip
    from formnet.pose.estimator import PoseEstimator
    from formnet.pose.track import PoseTrack


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
            help="How joints get depth: picture, world, supervised, unsupervised, with +smpl to fit a body, or a file "
            "of train.py task=lift; default: supervised, or what the model was trained with."
        ),
    ] = None,
    estimator: EstimatorOption = DEFAULT_ESTIMATOR,
    fps: Fps = None,
    size: Size = None,
    rotate: Rotate = None,
    slow_motion: SlowMotion = None,
    video: Annotated[bool, typer.Option(help="Write the overlay video into --out.")] = True,
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
    """
    how = make_reading(person=person, fps=fps, size=size, rotate=rotate, slow_motion=slow_motion)
    found = find_sources(clips)
    paths = list(found.sources)
    print_warnings(found.notes)
    if out is not None:
        check_writable_folder(out)
    eyes: PoseEstimator | None = None
    if not all(is_pose_file(path) for path in paths):
        # First the estimator, then the network: two large imports at once would wait for each other.
        eyes = load_estimator(estimator)
    loading = _start_loading(standard, model, lifter)
    has_bar = not as_json or sys.stderr.isatty()

    def estimate(path: Path, title: str) -> PoseTrack:
        with progress_bar(title, enabled=has_bar and not is_pose_file(path)) as on_frame:
            return read_track(path, how, estimator=eyes, on_frame=on_frame)

    judged, failures = _judge_all(paths, estimate, loading)
    verdict = Verdict(tuple(clip.verdict for clip in judged), loading.result().describe(), failures)
    written: list[Path] = []
    if out is not None and judged:
        from formnet.report.results import write_results

        written = write_results(out, verdict, judged, with_video=video, progress_bar=progress_bar)
    if as_json and (judged or len(paths) > 1):
        print(json.dumps(verdict.to_dict(), ensure_ascii=False))
    elif not as_json:
        _print_tables(verdict, written)
    for sentence in failures.values():
        print(f"formnet: {sentence}", file=sys.stderr)
    if failures:
        raise typer.Exit(2)


def _start_loading(standard: str, path: Path | None, lifter: str | None) -> Future[Judge]:
    """Loads the judge beside the pose estimation, which leaves a core free at its start.

    What the user names is loaded at once, so that a wrong file is refused before any work.
    """

    def load() -> Judge:
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
    paths: list[Path], estimate: Callable[[Path, str], PoseTrack], loading: Future[Judge]
) -> tuple[list[JudgedClip], dict[str, str]]:
    """Judges clip after clip; one that cannot be judged does not stop the others."""
    judged: list[JudgedClip] = []
    failures: dict[str, str] = {}
    for number, path in enumerate(paths, start=1):
        prefix = f"[{number}/{len(paths)}] " if len(paths) > 1 else ""
        try:
            track = estimate(path, f"{prefix}{path.name}")
            from formnet.pipeline import JudgedClip

            verdict = loading.result().judge(track, str(path))
            judged.append(JudgedClip(verdict, track, None if is_pose_file(path) else path))
        except FormnetError as error:
            failures[str(path)] = str(error)
    return judged, failures


def _print_tables(verdict: Verdict, written: list[Path]) -> None:
    from rich.console import Console

    from formnet.report.text import render_clip

    console = Console(highlight=False)
    for clip in verdict.clips:
        console.print(render_clip(clip))
    for path in written:
        console.print(f"wrote {path}", soft_wrap=True)
