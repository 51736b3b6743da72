"""`formnet classify`: judge every repetition in clips."""

from __future__ import annotations

import json
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from formnet.cli.inputs import check_writable_folder, find_clips, progress_bar
from formnet.errors import FormnetError
from formnet.verdict import Verdict

if TYPE_CHECKING:
    from formnet.checkpoint import FormnetModel
    from formnet.pipeline import JudgedClip
    from formnet.pose.estimator import PoseEstimator


def classify(
    clips: Annotated[
        list[Path], typer.Argument(help="Videos, or folders that are searched for videos.", metavar="CLIP…")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for verdict.json, report.html and an overlay video of each clip.", metavar="DIR"),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Model to judge with (.safetensors or .ckpt); default: the shipped one.")
    ] = None,
    person: Annotated[
        int | None, typer.Option(help="Which person, 1 being the most prominent; default: follow that one.", min=1)
    ] = None,
    video: Annotated[bool, typer.Option(help="Write the overlay video into --out.")] = True,
) -> None:
    """Judge every repetition in clips: which fault, how sure, and when.

    Prints a table for each clip. Progress goes to standard error, so that --json can be piped.

    Examples:

      formnet classify squat.mp4

      formnet classify squat.mp4 --out verdicts

      formnet classify monday/ tuesday/ --json > verdicts.json
    """
    paths = find_clips(clips)
    if out is not None:
        check_writable_folder(out)
    from formnet.pose.estimator import create_estimator

    # First the estimator, then the network: two large imports at once would wait for each other.
    estimator = create_estimator()
    loading = _start_loading(model)
    judged, failures = _judge_all(paths, estimator, loading, person, has_bar=not as_json or sys.stderr.isatty())
    from formnet.pipeline import describe_model

    verdict = Verdict(tuple(clip.verdict for clip in judged), describe_model(loading.result()), failures)
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


def _start_loading(path: Path | None) -> Future[FormnetModel]:
    """Loads the model beside the pose estimation, which leaves a core free at its start.

    A model that the user names is loaded at once, so that a wrong file is refused before any work.
    """

    def load() -> FormnetModel:
        import formnet.pipeline  # noqa: F401  (needed right after the model)
        from formnet.checkpoint import load_model, load_shipped_model

        return load_shipped_model() if path is None else load_model(path)

    with_thread = ThreadPoolExecutor(1)
    loading = with_thread.submit(load)
    with_thread.shutdown(wait=path is not None)
    if path is not None:
        loading.result()
    return loading


def _judge_all(
    paths: list[Path],
    estimator: PoseEstimator,
    loading: Future[FormnetModel],
    person: int | None,
    *,
    has_bar: bool,
) -> tuple[list[JudgedClip], dict[str, str]]:
    """Judges clip after clip; one that cannot be judged does not stop the others."""
    from formnet.pose.estimator import estimate_pose

    judged: list[JudgedClip] = []
    failures: dict[str, str] = {}
    for number, path in enumerate(paths, start=1):
        prefix = f"[{number}/{len(paths)}] " if len(paths) > 1 else ""
        try:
            with progress_bar(f"{prefix}{path.name}", enabled=has_bar) as on_frame:
                track = estimate_pose(path, person, on_frame=on_frame, estimator=estimator)
            from formnet.pipeline import JudgedClip, judge_track

            judged.append(JudgedClip(judge_track(track, loading.result(), str(path)), track))
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
