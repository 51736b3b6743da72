"""`formnet pose`: poses of a clip as a file for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from formnet.cli.inputs import DEFAULT_ESTIMATOR, EstimatorOption, EyesOption, Force, open_file
from formnet.cli.options import Clip, Fps, Rotate, Size, SlowMotion, make_reading
from formnet.errors import InputError

if TYPE_CHECKING:
    from formnet.motion import Motion
    from formnet.readers.source import PoseSource

FORMATS = ("alphapose", "openpose", "coco", "csv", "trc", "mot", "npz", "video")
_FORMAT_OF_SUFFIX = {
    ".json": "alphapose",
    ".csv": "csv",
    ".trc": "trc",
    ".mot": "mot",
    ".npz": "npz",
    "": "openpose",
    ".mp4": "video",
    ".mov": "video",
    ".png": "video",
}

_UNEVEN_S = 0.02


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
    estimator: EstimatorOption = DEFAULT_ESTIMATOR,
    eyes: EyesOption = None,
    fps: Fps = None,
    size: Size = None,
    clip_name: Clip = None,
    rotate: Rotate = None,
    slow_motion: SlowMotion = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
    force: Force = False,
) -> None:
    """Estimate poses and export them to other tools.

    [bold]Examples[/bold]

      formnet pose clip.mp4 -o clip.npz

      formnet pose clip.mp4 -o clip.json (AlphaPose)

      formnet pose clip.mp4 -o clip_openpose --format openpose

      formnet pose clip.mp4 -o clip.json --estimator pose_iter_440000.caffemodel

      formnet pose clip.mp4 -o skeleton.mp4 (the clip with the joints drawn; .png for a picture)

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
    _refuse_idle_options(chosen, joints, in_picture=in_picture)
    if chosen != "openpose":
        open_file(out, (clip,), force=force)
    how = make_reading(person=person, fps=fps, size=size, rotate=rotate, clip=clip_name, slow_motion=slow_motion)
    source = load_source(clip, how, estimator=estimator, eyes=eyes, quiet=as_json)
    _write(out, chosen, source, joints, in_picture=in_picture)
    warnings = (*source.warnings, *_say_rate(chosen, source.motion))
    if as_json:
        print_json(
            {"file": str(out), "format": chosen, "frames": len(source.motion), "fps": source.motion.fps,
             "warnings": warnings}
        )  # fmt: skip
        return
    print_warnings(warnings)
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
    elif format == "video":
        _draw(out, source)
    elif format == "coco":
        write_coco(out, _in_picture(source), *(source.size or (0, 0)))
    elif format == "mot":
        write_mot(out, source.motion)
    else:
        motion = _in_picture(source) if in_picture and format == "csv" else source.motion
        motion = convert_motion(motion, skeleton_named(joints)) if joints else motion
        (write_csv if format == "csv" else write_trc)(out, motion)


def _refuse_idle_options(format: str, joints: str | None, *, in_picture: bool) -> None:
    """Options that would have no effect are refused rather than passed over."""
    if in_picture and format != "csv":
        raise InputError(f"--in-picture is for CSV, and {format} was chosen; leave it out")
    if joints is not None and format in ("npz", "mot", "coco", "video"):
        raise InputError(f"--joints has no effect on {format}; leave it out or choose another format")


def _say_rate(format: str, motion: Motion) -> list[str]:
    """What a file that counts frames does not say about times that are not even."""
    import numpy as np

    if len(motion) < 3 or format in ("csv", "npz", "video"):
        return []
    even_s = np.linspace(motion.timestamps[0], motion.timestamps[-1], len(motion))
    off_s = float(np.abs(motion.timestamps - even_s).max())
    if off_s < _UNEVEN_S:
        return []
    if format in ("trc", "mot"):
        return [f"frames come at a variable rate: they were resampled to {motion.fps:.4g} a second"]
    return [
        "frames come at a variable rate and are numbered as they come: their times stand beside them as time_s; tools "
        f"that only count frames are off by up to {off_s:.2f} s"
    ]


def _draw(out: Path, source: PoseSource) -> None:
    from formnet.cli.inputs import progress_bar
    from formnet.report.pose_video import write_pose_video

    if source.picture is None:
        raise InputError(f"{source.path} holds joints without pictures; give the video to draw them over")
    with progress_bar(f"drawing {out.name}") as on_frame:
        write_pose_video(source.picture, _in_picture(source), out, on_frame, playback=source.playback)


def _in_picture(source: PoseSource) -> Motion:
    if source.image is None:
        raise InputError(f"{source.path} does not tell where joints are in the picture; export CSV, TRC, MOT or npz")
    return source.image
