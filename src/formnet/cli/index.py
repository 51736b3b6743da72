"""`formnet index`: a library of poses for search."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from formnet.cli.inputs import DEFAULT_ESTIMATOR, EstimatorOption
from formnet.errors import FormnetError, InputError


def index(
    folder: Annotated[
        Path, typer.Argument(help="Folder of videos, pictures, pose files and OpenPose folders.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Index to write.")] = Path("poses.npz"),
    fps: Annotated[float, typer.Option(help="Frames per second of keypoint files, which do not say it.")] = 30.0,
    person: Annotated[int | None, typer.Option(help="Which person, 1 for the most prominent.")] = None,
    estimator: EstimatorOption = DEFAULT_ESTIMATOR,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Index a library of poses for search.

    A source that cannot be read is named and left out; the index holds the others.

    [bold]Examples[/bold]

      formnet index library --out library.npz

      formnet search me.jpg library.npz
    """
    from formnet.cli.sources import load_source, print_json, print_warnings
    from formnet.scoring.search import build_index, write_index

    sources = find_sources(folder, out)
    motions, warnings = [], []
    for path in sources:
        try:
            source = load_source(path, person=person, fps=fps, estimator=estimator, quiet=as_json)
        except FormnetError as error:
            warnings.append(f"left out: {error}")
            continue
        motions.append((str(path.relative_to(folder)), source.flat, source.frame_numbers))
    if not motions:
        raise InputError(
            f"nothing in {folder} could be indexed; first reason: {warnings[0].removeprefix('left out: ')}"
        )
    library = build_index(motions)
    write_index(out, library)
    if as_json:
        print_json({"index": str(out), "sources": len(motions), "poses": len(library), "warnings": warnings})
        return
    print_warnings(warnings)
    print(f"{out}: {len(library)} poses of {len(motions)} sources")


def find_sources(folder: Path, out: Path) -> list[Path]:
    """Everything in a folder, searched throughout, that may hold poses; OpenPose folders count as one.

    Raises:
        InputError: no folder, or nothing in it.
    """
    from formnet.readers.clips import VIDEO_SUFFIXES
    from formnet.readers.source import IMAGE_SUFFIXES, POSE_SUFFIXES

    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; give one with videos or pose files")
    suffixes = {*IMAGE_SUFFIXES, *POSE_SUFFIXES, *VIDEO_SUFFIXES}
    found, openpose = [], set()
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix.lower() not in suffixes or path.resolve() == out.resolve():
            continue
        if path.name.endswith("_keypoints.json"):
            openpose.add(path.parent)
        else:
            found.append(path)
    sources = sorted([*found, *openpose])
    if not sources:
        raise InputError(f"{folder} holds no video, picture or pose file; give another folder")
    return sources
