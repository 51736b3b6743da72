"""`formnet index`: a library of poses for search."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from formnet.cli.inputs import DEFAULT_ESTIMATOR, EstimatorOption, EyesOption, Force, open_file
from formnet.cli.options import Clip, Fps, Rotate, Size, SlowMotion, make_reading
from formnet.errors import FormnetError, InputError


def index(
    folder: Annotated[
        Path, typer.Argument(help="Folder of videos, pictures, pose files and OpenPose folders.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Index to write.")] = Path("poses.npz"),
    fps: Fps = None,
    size: Size = None,
    rotate: Rotate = None,
    slow_motion: SlowMotion = None,
    clip_name: Clip = None,
    person: Annotated[int | None, typer.Option(help="Which person, 1 for the most prominent.")] = None,
    estimator: EstimatorOption = DEFAULT_ESTIMATOR,
    eyes: EyesOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    force: Force = False,
) -> None:
    """Index a library of poses for search.

    A source that cannot be read is named and left out; the index holds the others.

    [bold]Examples[/bold]

      formnet index library --out library.npz

      formnet search me.jpg library.npz
    """
    from formnet.cli.sources import load_source, print_json, print_warnings, say_unused
    from formnet.reading import find_sources, is_pose_file
    from formnet.scoring.search import build_index, write_index

    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; give one with videos or pose files")
    how = make_reading(person=person, fps=fps, size=size, rotate=rotate, clip=clip_name, slow_motion=slow_motion)
    found = find_sources([folder], with_pictures=True, without=out)
    open_file(out, found.sources, force=force)
    motions, n_assumed = [], 0
    warnings = [*found.notes, *say_unused(found.sources, estimator, eyes)]
    for path in found.sources:
        try:
            source = load_source(path, how, estimator=estimator, eyes=eyes, quiet=as_json)
        except FormnetError as error:
            warnings.append(f"left out: {error}")
            continue
        n_assumed += not source.has_own_times and fps is None and source.is_film and len(source.motion) > 1
        name = str(path.relative_to(folder))
        motions.append((name, source.image, source.frame_numbers))
        if not is_pose_file(path):
            # What lacks in files of poses is added up below.
            warnings += [f"{name}: {warning}" for warning in source.warnings]
    if not motions:
        reason = next(warning for warning in warnings if warning.startswith("left out: "))
        raise InputError(f"nothing in {folder} could be indexed; first reason: {reason.removeprefix('left out: ')}")
    if n_assumed:
        warnings.append(f"{n_assumed} files do not say their rate: 30 frames per second were assumed; give --fps")
    library = build_index(motions)
    write_index(out, library)
    if as_json:
        print_json({"index": str(out), "sources": len(motions), "poses": len(library), "warnings": warnings})
        return
    print_warnings(warnings)
    print(f"{out}: {len(library)} poses of {len(motions)} sources")
