"""`formnet synth`: simulated squats as videos, each with its truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from formnet.cli.inputs import Force, open_folder, progress_bar
from formnet.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from formnet.body.model import Body
    from formnet.synth.camera import Camera
    from formnet.synth.dataset import Clip


def synth(
    out: Annotated[Path, typer.Argument(help="Folder for the clips; made if missing.", show_default=False)],
    clips: Annotated[int, typer.Option("--clips", "-n", min=1, max=100_000, help="How many clips.")] = 10,
    reps: Annotated[int, typer.Option("--reps", min=1, max=100, help="Repetitions in each clip.")] = 3,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**63 - 1, help="The same seed gives the same clips.")] = 0,
    classes: Annotated[
        str, typer.Option("--classes", metavar="A,B,…", help="Classes that occur; all seven by default.")
    ] = "",
    fps: Annotated[float, typer.Option("--fps", min=5, max=120, help="Frames per second.")] = 30.0,
    yaw: Annotated[
        float | None,
        typer.Option(
            "--yaw",
            min=-360,
            max=360,
            help="Camera direction in degrees: 0 front, 90 the person's left. Any by default.",
        ),
    ] = None,
    width: Annotated[int, typer.Option("--width", min=96, max=4096, help="Picture width in pixels.")] = 480,
    height: Annotated[int, typer.Option("--height", min=96, max=4096, help="Picture height in pixels.")] = 640,
    render: Annotated[bool, typer.Option("--render/--no-render", help="Draw videos, or write the truth alone.")] = True,
    force: Force = False,
) -> None:
    """Render simulated squats with their truth.

    For every clip: NAME.mp4, NAME.json (classes, severities and times of the repetitions, body, camera) and
    NAME.npz (SMPL parameters, joints and landmarks in metres).
    """
    import numpy as np

    from formnet.body.load import load_body
    from formnet.faults import WASEDA_CLASSES
    from formnet.storage.files import write_json
    from formnet.synth.camera import sample_camera
    from formnet.synth.dataset import class_numbers, sample_clips
    from formnet.synth.truth import describe_clip, write_true_arrays

    names = tuple(name.strip() for name in classes.split(",") if name.strip()) or WASEDA_CLASSES
    class_numbers(names)
    if width % 2 or height % 2:
        raise InputError(f"expected even picture sizes, as H.264 needs them, got {width}x{height}")
    stems = [f"clip_{seed:04d}_{number:05d}" for number in range(clips)]
    open_folder(out, [f"{stem}{suffix}" for stem in stems for suffix in (".mp4", ".npz", ".json")], (), force=force)
    body = load_body()
    with progress_bar("clips") as show:
        show(0, clips)
        for number, clip in enumerate(sample_clips(body, seed, clips, reps, classes=names, fps=fps)):
            # The motion has its own generator; how it is filmed must not change it.
            rng = np.random.default_rng([seed, number, 1])
            name = stems[number]
            camera = None
            if render:
                tallest = float(-clip.joints[..., 1].min()) + 0.2
                camera = sample_camera(rng, yaw_deg=yaw, size=(width, height), person_height_m=tallest)
                film_clip(body, clip, camera, rng, out / f"{name}.mp4", fps)
            write_true_arrays(out / f"{name}.npz", clip, body)
            # The truth comes last: where it stands, the clip is complete.
            write_json(out / f"{name}.json", describe_clip(clip, seed=seed, number=number, fps=fps, camera=camera))
            show(number + 1, clips)
    typer.echo(f"{clips} clips of {reps} repetitions in {out}")


def film_clip(body: Body, clip: Clip, camera: Camera, rng: np.random.Generator, path: Path, fps: float) -> None:
    """Draws one clip as an H.264 video; the look is drawn from `rng`."""
    from formnet.pose.video import Frame
    from formnet.report.video_writer import write_video
    from formnet.synth.appearance import sample_appearance
    from formnet.synth.render import render_frames

    appearance = sample_appearance(rng, barbell=clip.arm_style.startswith("bar"))
    posed = body.pose(clip.betas, clip.poses, clip.translation)
    pictures = render_frames(posed, body, camera, appearance)
    frames = (Frame(float(time_s), picture) for picture, time_s in zip(pictures, clip.timestamps, strict=True))
    write_video(frames, path, fps=fps)
