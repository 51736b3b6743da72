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
    from formnet.pose.track import PoseTrack

FORMATS = ("alphapose", "openpose", "coco", "csv", "trc", "mot", "c3d", "npz", "video")
_FORMAT_OF_SUFFIX = {
    ".json": "alphapose",
    ".csv": "csv",
    ".trc": "trc",
    ".mot": "mot",
    ".c3d": "c3d",
    ".npz": "npz",
    "": "openpose",
    ".mp4": "video",
    ".mov": "video",
    ".png": "video",
}

_ON_FLOOR = ("trc", "mot", "c3d")
_SOLID = (*_ON_FLOOR, "csv", "npz")
EXPORT_LIFTER = "supervised"
"""The lifter nearest to motion capture in how far the pelvis sinks (benchmarks/mocap.py)."""
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
            help="Joint set: coco17, halpe26 (AlphaPose); body25, coco18, mpi15 (OpenPose); any for CSV, TRC, C3D."
        ),
    ] = None,
    in_picture: Annotated[
        bool, typer.Option("--in-picture", help="CSV: positions in the picture (pixels) instead of metres.")
    ] = False,
    lifter: Annotated[
        str | None,
        typer.Option(
            help="How joints get depth, as in classify; default: supervised for TRC, MOT and C3D, the estimator's own "
            "depth for CSV and npz."
        ),
    ] = None,
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

      formnet pose clip.mp4 -o clip.trc (joints on the floor for OpenSim; .c3d for other tools)

      formnet pose clip.mp4 -o clip.mot (joint angles and the pelvis' path for OpenSim)

      formnet pose alphapose-results.json -o clip.mot --lifter supervised+smpl
    """
    from formnet.cli.sources import load_source, print_json, print_warnings
    from formnet.skeleton import skeleton_named

    chosen = format or _FORMAT_OF_SUFFIX.get(out.suffix.lower())
    if chosen not in FORMATS:
        raise InputError(f"the format of {out} is not clear; choose --format {'|'.join(FORMATS)}")
    if joints is not None:
        skeleton_named(joints)
    _refuse_idle_options(chosen, joints, lifter, in_picture=in_picture)
    if chosen == "c3d":
        from formnet.exports.c3d import require_ezc3d

        require_ezc3d()
    if chosen != "openpose":
        open_file(out, (clip,), force=force)
    how = make_reading(person=person, fps=fps, size=size, rotate=rotate, clip=clip_name, slow_motion=slow_motion)
    source = load_source(clip, how, lifter=lifter, estimator=estimator, eyes=eyes, quiet=as_json)
    if chosen in _ON_FLOOR:
        notes = _write_on_floor(out, chosen, source if lifter else _lift_best(source), joints)
    else:
        notes = []
        _write(out, chosen, source, joints, in_picture=in_picture)
    # Joints in the picture are there where depth is not: of a close-up, legs and trunk are never seen together.
    times = source.image
    warnings = (*source.warnings, *notes, *_say_rate(chosen, times))
    if as_json:
        print_json(
            {"file": str(out), "format": chosen, "frames": len(times), "fps": times.fps,
             "warnings": warnings}
        )  # fmt: skip
        return
    print_warnings(warnings)
    print(f"{out}: {len(times)} frames, {chosen}")


def _write(out: Path, format: str, source: PoseTrack, joints: str | None, *, in_picture: bool) -> None:
    from formnet.conversion import convert_motion
    from formnet.exports.keypoints import write_alphapose, write_coco, write_openpose
    from formnet.exports.tables import write_csv
    from formnet.readers.npz import write_npz
    from formnet.skeleton import BODY_25, COCO_17, skeleton_named

    if format == "npz":
        write_npz(out, source.motion, source.image if source.is_in_picture else None, source.eyes)
    elif format == "alphapose":
        write_alphapose(out, _in_picture(source), skeleton_named(joints) if joints else COCO_17)
    elif format == "openpose":
        chosen = skeleton_named(joints) if joints else BODY_25
        write_openpose(out, _in_picture(source), chosen, Path(source.name).stem)
    elif format == "video":
        _draw(out, source)
    elif format == "coco":
        write_coco(out, _in_picture(source), *((source.width, source.height) if source.has_size else (0, 0)))
    else:
        motion = _in_picture(source) if in_picture else source.motion
        write_csv(out, convert_motion(motion, skeleton_named(joints)) if joints else motion)


def _lift_best(source: PoseTrack) -> PoseTrack:
    """The source with the depth of `EXPORT_LIFTER` where joints in the picture are known; else as it is."""
    from dataclasses import replace

    from formnet.lifting.lifter import create_lifter

    if not source.is_in_picture or len(source.image) < 2:
        return source
    return replace(source, lifted=create_lifter(EXPORT_LIFTER).lift(source))


def _write_on_floor(out: Path, format: str, source: PoseTrack, joints: str | None) -> list[str]:
    """TRC, MOT or C3D in floor coordinates (docs/exports.md), and what is to be said of how they were found."""
    from formnet.conversion import convert_motion
    from formnet.exports.c3d import write_c3d
    from formnet.exports.mot import write_mot
    from formnet.exports.tables import require_world, write_trc
    from formnet.preprocess.floor import place_on_floor
    from formnet.skeleton import skeleton_named

    found = place_on_floor(require_world(source.motion, format.upper()))
    motion = convert_motion(found.motion, skeleton_named(joints)) if joints else found.motion
    if format == "mot":
        write_mot(out, motion, found.standing)
    else:
        (write_trc if format == "trc" else write_c3d)(out, motion)
    if not found.is_placed:
        return ["the source has a floor of its own: its axes, heights and path were kept"]
    if not found.is_levelled:
        return ["nobody stands upright in the clip: the camera was taken to be level"]
    return []


def _refuse_idle_options(format: str, joints: str | None, lifter: str | None, *, in_picture: bool) -> None:
    """Options that would have no effect are refused rather than passed over."""
    if lifter is not None and (in_picture or format not in _SOLID):
        raise InputError("--lifter has no effect on joints in the picture; leave it out, or write CSV, TRC, MOT or C3D")
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
    if format in _ON_FLOOR:
        return [f"frames come at a variable rate: they were resampled to {motion.fps:.4g} a second"]
    return [
        "frames come at a variable rate and are numbered as they come: their times stand beside them as time_s; tools "
        f"that only count frames are off by up to {off_s:.2f} s"
    ]


def _draw(out: Path, source: PoseTrack) -> None:
    from formnet.cli.inputs import progress_bar
    from formnet.report.pose_video import write_pose_video

    if source.picture is None:
        raise InputError(f"{source.path} holds joints without pictures; give the video to draw them over")
    with progress_bar(f"drawing {out.name}") as on_frame:
        write_pose_video(source.picture, _in_picture(source), out, on_frame, playback=source.playback)


def _in_picture(source: PoseTrack) -> Motion:
    if not source.is_in_picture:
        raise InputError(
            f"{source.path} does not tell where joints are in the picture; export CSV, TRC, MOT, C3D or npz"
        )
    return source.image
