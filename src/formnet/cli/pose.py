"""`formnet pose`: poses of a clip as a file for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from formnet.cli.inputs import DEFAULT_ESTIMATOR, EstimatorOption
from formnet.errors import InputError

if TYPE_CHECKING:
    from formnet.motion import Motion
    from formnet.readers.source import PoseSource

FORMATS = ("alphapose", "openpose", "coco", "csv", "trc", "mot", "npz")
_FORMAT_OF_SUFFIX = {".json": "alphapose", ".csv": "csv", ".trc": "trc", ".mot": "mot", ".npz": "npz", "": "openpose"}


def pose(
    clip: Annotated[Path, typer.Argument(help="Video or picture, or poses to convert.", show_default=False)],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="File to write (a folder for OpenPose).", show_default=False)
    ],
    format: Annotated[
        str | None,
        typer.Option("--format", "-f", help=f"One of {', '.join(FORMATS)}; by default from the ending of --out."),
    ] = None,
    joints: Annotated[
        str | None,
        typer.Option(
            help="Joint set: coco17, halpe26 (AlphaPose); body25, coco18, mpi15 (OpenPose); any for CSV, TRC."
        ),
    ] = None,
    in_picture: Annotated[
        bool, typer.Option("--in-picture", help="CSV: positions in the picture (pixels) instead of metres.")
    ] = False,
    person: Annotated[int | None, typer.Option(help="Which person, 1 for the most prominent.")] = None,
    fps: Annotated[float, typer.Option(help="Frames per second of keypoint files, which do not say it.")] = 30.0,
    estimator: EstimatorOption = DEFAULT_ESTIMATOR,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Estimate poses and export them to other tools.

    [bold]Examples[/bold]

      formnet pose clip.mp4 -o clip.npz

      formnet pose clip.mp4 -o clip.json (AlphaPose)

      formnet pose clip.mp4 -o clip_openpose --format openpose

      formnet pose clip.mp4 -o clip.json --estimator pose_iter_440000.caffemodel

      formnet pose clip.mp4 -o clip.trc (markers for OpenSim)

      formnet pose clip.mp4 -o clip.mot (joint angles for OpenSim)
    """
    from formnet.cli.sources import load_source, print_json, print_warnings
    from formnet.skeleton import skeleton_named

    chosen = format or _FORMAT_OF_SUFFIX.get(out.suffix.lower())
    if chosen not in FORMATS:
        raise InputError(f"the format of {out} is not clear; choose --format {'|'.join(FORMATS)}")
    if joints is not None:
        skeleton_named(joints)
    source = load_source(clip, person=person, fps=fps, estimator=estimator, quiet=as_json)
    _write(out, chosen, source, joints, in_picture=in_picture)
    if as_json:
        print_json(
            {"file": str(out), "format": chosen, "frames": len(source.motion), "fps": source.motion.fps,
             "warnings": source.warnings}
        )  # fmt: skip
        return
    print_warnings(source.warnings)
    print(f"{out}: {len(source.motion)} frames, {chosen}")


def _write(out: Path, format: str, source: PoseSource, joints: str | None, *, in_picture: bool) -> None:
    from formnet.conversion import convert_motion
    from formnet.exports.keypoints import write_alphapose, write_coco, write_openpose
    from formnet.exports.mot import write_mot
    from formnet.exports.tables import write_csv, write_trc
    from formnet.readers.npz import write_npz
    from formnet.skeleton import BODY_25, COCO_17, skeleton_named

    if format == "npz":
        write_npz(out, source.motion, source.image)
    elif format == "alphapose":
        write_alphapose(out, _in_picture(source), skeleton_named(joints) if joints else COCO_17)
    elif format == "openpose":
        write_openpose(out, _in_picture(source), skeleton_named(joints) if joints else BODY_25, source.path.stem)
    elif format == "coco":
        write_coco(out, _in_picture(source))
    elif format == "mot":
        write_mot(out, source.motion)
    else:
        motion = _in_picture(source) if in_picture and format == "csv" else source.motion
        motion = convert_motion(motion, skeleton_named(joints)) if joints else motion
        (write_csv if format == "csv" else write_trc)(out, motion)


def _in_picture(source: PoseSource) -> Motion:
    if source.image is None:
        raise InputError(f"{source.path} does not tell where joints are in the picture; export CSV, TRC, MOT or npz")
    return source.image
