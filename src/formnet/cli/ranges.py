"""`formnet ranges`: ranges of right and wrong form from labelled repetitions."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from formnet.cli.data import Options, parse_options
from formnet.cli.inputs import check_writable_folder, progress_bar

if TYPE_CHECKING:
    from formnet.standards.ranges import Separation

GOOD_NAMES = ("good", "correct", "acceptable", "olympic_squat", "powerlifting_squat")


def ranges(
    root: Annotated[Path, typer.Argument(help="Folder of labelled repetitions.", show_default=False)],
    dataset: Annotated[
        str, typer.Option("--set", help="How it is laid out (formnet data list): squat7, uiprmd, folder, …")
    ] = "folder",
    option: Options = None,
    good: Annotated[
        list[str] | None, typer.Option(help="Classes that are good form; default: those with a name that says so.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for ranges.png, ranges.json and standard.yaml.", metavar="DIR")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    most: Annotated[int, typer.Option(min=1, help="Measures shown for each class.")] = 5,
) -> None:
    """Read ranges of right and wrong form from labelled repetitions, and write them as a standard.

    For every class that is not good: the measures that tell it from good form,
    with percentiles, AUC, and the best cut with its interval over people.

    Examples:

      formnet ranges squat7/ --set squat7

      formnet ranges ui-prmd/ --set uiprmd -o movement=m01 --out ranges

      formnet classify squat.mp4 --standard ranges/standard.yaml
    """
    if out is not None:
        check_writable_folder(out)
    from formnet.judges.measuring_table import measure_table
    from formnet.readers.catalogue import read_dataset
    from formnet.standards.ranges import separate, write_standard_text
    from formnet.storage.files import atomic_path

    options: dict[str, Any] = dict(parse_options(option))
    table = read_dataset(dataset, root, **options)
    chosen = tuple(good or [name for name in table.classes if name in GOOD_NAMES])
    with progress_bar("measuring") as on_row:
        values = measure_table(table, on_row)
    labels = [table.classes[number] for number in table.labels]
    rows = separate(values, labels, [str(group) for group in table.groups], chosen)
    if as_json:
        print(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
    else:
        _print_rows(rows, most)
    if out is None:
        return
    from formnet.report.ranges import plot_ranges

    source = f"{len(labels)} repetitions of {len(set(table.groups))} people or sessions in {root.name}"
    text = write_standard_text(rows, root.name or "ranges", source, chosen[0])
    for name, content in (("standard.yaml", text), ("ranges.json", json.dumps([asdict(r) for r in rows], indent=1))):
        with atomic_path(out / name) as temporary:
            temporary.write_text(content, encoding="utf-8")
    plot_ranges(rows, out / "ranges.png")
    for name in ("standard.yaml", "ranges.json", "ranges.png"):
        typer.echo(f"wrote {out / name}", err=as_json)


def _print_rows(rows: Sequence[Separation], most: int) -> None:
    """The best measures of each class, in plain columns."""
    for fault, of_fault in itertools.groupby(rows, key=lambda row: row.fault):
        print(f"{fault}")
        print(f"    {'measure':24} {'AUC':>5} {'by person':>9} {'good 5-95 %':>16} {'class 5-95 %':>16}  cut (90 %)")
        for row in itertools.islice(of_fault, most):
            print(
                f"    {row.measure:24} {row.auc:5.2f} {row.auc_by_group:9.2f} "
                f"{_span(row.good[0], row.good[-1]):>16} {_span(row.bad[0], row.bad[-1]):>16}  "
                f"{row.side} {row.cut:.3g} ({_span(row.cut_low, row.cut_high)})"
            )


def _span(low: float, high: float) -> str:
    return f"{low:.3g} to {high:.3g}"
