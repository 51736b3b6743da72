"""`formnet match`: the frame of a video that is most like a picture."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from formnet.cli.inputs import DEFAULT_ESTIMATOR, EstimatorOption, EyesOption, Force, open_folder
from formnet.cli.options import Fps, Size, make_reading

if TYPE_CHECKING:
    from formnet.pose.track import PoseTrack


MATCH_FILES = ("match.png",)


def match(
    image: Annotated[
        Path, typer.Argument(help="A picture, or its poses (AlphaPose, OpenPose, COCO, npz).", show_default=False)
    ],
    video: Annotated[Path, typer.Argument(help="A video, or its poses.", show_default=False)],
    metric: Annotated[
        str, typer.Option(help="cosine, weighted-l1, weighted-l2 or euclidean; limbs compares limb directions.")
    ] = "cosine",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for match.png: picture and best frame.")
    ] = None,
    threshold: Annotated[float, typer.Option(help="Parts that score below this are drawn red (0–100).")] = 90.0,
    person: Annotated[int | None, typer.Option(help="Which person of the picture, 1 for the most prominent.")] = None,
    video_person: Annotated[int | None, typer.Option(help="Which person of the video.")] = None,
    fps: Fps = None,
    size: Size = None,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Score without joints that one side does not have.")
    ] = False,
    compat: Annotated[
        bool, typer.Option("--compat", help="Scoring-Your-Video's figures on AlphaPose files, to the last digit.")
    ] = False,
    estimator: EstimatorOption = DEFAULT_ESTIMATOR,
    eyes: EyesOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    force: Force = False,
) -> None:
    """Find the frame of a video that is most like a picture.

    Scores are 0–100, higher is better; parts belong to the best frame.

    [bold]Examples[/bold]

      formnet match me.jpg coach.mp4

      formnet match me.jpg coach.mp4 --metric weighted-l1 --out report

      formnet match alphapose-me.json alphapose-coach.json --metric cosine --compat --json
    """
    from formnet.cli.sources import check_share, load_source, print_json, print_parts, print_warnings
    from formnet.scoring.match import match_frame
    from formnet.scoring.registry import similarity_named

    check_share(threshold, "--threshold")
    similarity_named(metric)
    open_folder(out, MATCH_FILES, (image, video), force=force)
    if compat:
        _match_compat(image, video, metric, as_json=as_json, out=out, threshold=threshold)
        return
    load = partial(load_source, estimator=estimator, eyes=eyes, quiet=as_json)
    first = load(image, make_reading(person=person, fps=fps, size=size, is_still=True))
    second = load(video, make_reading(person=video_person, fps=fps, size=size))
    in_3d = (
        not (first.is_in_picture or second.is_in_picture)
        and first.motion.n_dimensions == second.motion.n_dimensions == 3
    )
    a, b = (first.motion, second.motion) if in_3d else (first.image, second.image)
    found = match_frame(a, b, metric, picture_boxes=first.boxes, video_boxes=second.boxes, allow_missing=allow_missing)
    frame = int(second.frame_numbers[found.index])
    files = _write_pair(out, first, second, found.index, dict(found.parts), found.total, threshold) if out else []
    warnings = (*first.warnings, *second.warnings)
    if as_json:
        print_json(
            {"total": found.total, "parts": dict(found.parts), "joints": dict(found.joints), "frame": frame,
             "time_s": found.time_s, "metric": metric, "higher_is_better": True, "files": files, "warnings": warnings}
        )  # fmt: skip
        return
    print_warnings(warnings)
    print(f"best frame {frame} at {found.time_s:.2f} s, total {found.total:.2f} ({metric})")
    print_parts(found.parts)
    for file in files:
        print(file)


def _match_compat(image: Path, video: Path, metric: str, *, as_json: bool, out: Path | None, threshold: float) -> None:
    from formnet.cli.sources import load_compat, load_source, print_json, print_parts
    from formnet.scoring.compat import score_match_compat

    found = score_match_compat(load_compat(image), load_compat(video), metric)
    assert found.frame is not None
    files: list[str] = []
    if out:
        first, second = load_source(image, make_reading(is_still=True)), load_source(video, make_reading())
        at = int(second.frame_numbers.searchsorted(found.frame))
        files = _write_pair(out, first, second, at, found.parts, found.total, threshold)
    if as_json:
        print_json(
            {"total": found.total, "parts": found.parts, "joints": found.joints, "frame": found.frame,
             "metric": metric, "compat": True, "higher_is_better": True, "files": files}
        )  # fmt: skip
        return
    print(f"best frame {found.frame}, total {found.total:.4f} ({metric})")
    print_parts(found.parts)
    for file in files:
        print(file)


def _write_pair(
    out: Path,
    first: PoseTrack,
    second: PoseTrack,
    index: int,
    parts: dict[str, float],
    total: float,
    threshold: float,
) -> list[str]:
    from formnet.report.compare_video import render_pair

    return [str(render_pair(first, second, index, parts, total, out / "match.png", threshold))]
