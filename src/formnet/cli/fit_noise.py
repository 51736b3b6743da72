"""`formnet fit-noise`: refits the error model of the pose estimator on rendered clips."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from formnet.cli.inputs import Force, add_up, open_file, progress_bar
from formnet.pose.model_bundle import Eyes


def fit_noise(
    out: Annotated[Path, typer.Argument(help="File to write (.npz).", show_default=False)],
    per_class: Annotated[
        int, typer.Option(min=2, max=100_000, help="Rendered repetitions of each class of squat.")
    ] = 120,
    per_exercise: Annotated[int, typer.Option(min=0, max=100_000, help="Rendered clips of each other exercise.")] = 0,
    eyes: Annotated[Eyes, typer.Option(help="Size of the pose model.")] = Eyes.STANDARD,
    start: Annotated[
        Path | None, typer.Option(help="A fitted model to begin with: another size then needs far fewer clips.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of people, cameras and looks.")] = 1,
    cache: Annotated[Path | None, typer.Option(help="Keep the estimates here, to fit again without rendering.")] = None,
    processes: Annotated[int, typer.Option(min=1, max=1024, help="Clips rendered at once.")] = 2,
    force: Force = False,
) -> None:
    """Refit the error model of the pose estimator.

    Renders simulated squats, with --per-exercise other exercises too, lets the
    real estimator see them and fits what it makes of the truth: about 2 seconds
    a clip and core. Training reads such files in src/formnet/synth:
    blazepose_noise.npz (squats) and blazepose_noise_exercises.npz (all), the
    latter also of the other sizes.

    Example:

      formnet fit-noise src/formnet/synth/blazepose_noise.npz --per-class 120

      formnet fit-noise src/formnet/synth/blazepose_noise_exercises.npz --per-class 120 --per-exercise 90

      formnet fit-noise exact.npz --eyes exact --per-class 15 --per-exercise 15 --start blazepose_noise_exercises.npz
    """
    open_file(out, (), force=force)
    from formnet.rendered.pairs import noise_requests, refit_noise
    from formnet.synth.estimator_noise import read_estimator_noise
    from formnet.synth.exercises import KNOWN_EXERCISES

    begun = None if start is None else read_estimator_noise(start)

    requests = noise_requests(per_class, per_exercise, KNOWN_EXERCISES, seed)
    with progress_bar("rendering and estimating") as show:
        model = refit_noise(requests, cache, processes, add_up(show, len(requests)), eyes=eyes, start=begun)
    model.write(out)
    typer.echo(f"wrote {out}")
