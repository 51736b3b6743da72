"""`formnet recorded`: poses the recordings of a data set on the body."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from formnet.cli.data import Options, parse_options
from formnet.cli.inputs import Force, open_file, progress_bar
from formnet.errors import InputError

if TYPE_CHECKING:
    from formnet.readers.table import RepetitionTable


def recorded(
    root: Annotated[Path, typer.Argument(help="Folder of a copy of the set.", show_default=False)],
    out: Annotated[Path, typer.Argument(help="File to write (.npz).", show_default=False)],
    dataset: Annotated[str, typer.Option("--set", help="How it is laid out (formnet data list).")] = "uiprmd",
    option: Options = None,
    person: Annotated[
        list[str] | None, typer.Option(help="Pose only this person, by the set's name; may be given several times.")
    ] = None,
    bodies: Annotated[int, typer.Option(min=1, max=100, help="Random bodies for each recording.")] = 2,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of the bodies.")] = 0,
    force: Force = False,
) -> None:
    """Pose the recordings of a data set on bodies, as motions to train a lifter on.

    The bones keep the recording's directions and the body's lengths, and feet
    that stand are planted. Prints, for each movement, how far knees, hips and
    trunk are from the recording. Training reads the file by task.data.recorded.

    Example:

      formnet recorded ui-prmd/ people.npz -o movement=all --person s01 --person s02

      python train.py task=lift task.data.recorded=people.npz
    """
    open_file(out, (), force=force)
    import numpy as np

    from formnet.body.load import load_body
    from formnet.readers.catalogue import read_dataset
    from formnet.recorded.library import pose_table

    options: dict[str, str] = dict(parse_options(option))
    table = _choose(read_dataset(dataset, root, allow_damaged=True, **options), person)
    with progress_bar("posing") as show:
        library, followings, lost = pose_table(table, load_body(), np.random.default_rng(seed), bodies, show)
    print(f"{'movement':12} {'knees °':>8} {'hips °':>8} {'trunk °':>8} {'PA-MPJPE mm':>12} {'feet slide mm':>14}")
    for movement, following in sorted(followings.items()):
        knee, hip, trunk, pa, slide = asdict(following).values()
        print(f"{movement:12} {knee:8.1f} {hip:8.1f} {trunk:8.1f} {pa:12.1f} {slide:14.2f}")
    library.write(out)
    note = f"; {lost} recordings could not be posed" if lost else ""
    typer.echo(f"wrote {out}: {len(library)} pieces of {len(set(library.people))} people{note}")


def _choose(table: RepetitionTable, people: list[str] | None) -> RepetitionTable:
    if not people:
        return table
    import numpy as np

    there = sorted({str(group) for group in table.groups})
    if unknown := sorted(set(people) - set(there)):
        raise InputError(f"there is no {', '.join(unknown)} in this copy; it has {', '.join(there)}")
    return table.select(np.isin(table.groups, people))
