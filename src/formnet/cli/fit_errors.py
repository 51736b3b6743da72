"""`formnet fit-errors`: refits the errors of measures on simulated people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from formnet.cli.inputs import add_up, check_writable_folder, progress_bar


def fit_errors(
    out: Annotated[Path, typer.Argument(help="File to write (.json).", show_default=False)],
    people: Annotated[int, typer.Option(min=100, max=1_000_000, help="Simulated people for each pose source.")] = 1500,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of people, faults and cameras.")] = 1,
) -> None:
    """Refit the errors that measurements carry.

    Simulates people with several faults at once before cameras anywhere, plays
    the pose estimator's fitted errors and the lifter, and fits for each measure
    and view what that does to the truth: about 1 minute for 1500 people and
    pose source. formnet reads src/formnet/measures/errors.json.

    Example:

      formnet fit-errors src/formnet/measures/errors.json
    """
    check_writable_folder(out.parent)
    from formnet.storage.files import write_json
    from formnet.training.measures import errors

    with progress_bar("simulating people") as show:
        content = errors.fit_errors(people, seed, add_up(show, people * len(errors.SOURCES)))
    write_json(out, content)
    typer.echo(f"wrote {out}")
