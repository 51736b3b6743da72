"""`formnet data`: what sets there are, what is wrong with a copy, and poses for sets of videos."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from formnet.cli.inputs import DEFAULT_ESTIMATOR, EstimatorOption
from formnet.cli.options import make_group
from formnet.errors import DataError, InputError

data = make_group("List, check and prepare data sets.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Name = Annotated[str, typer.Argument(help="Name of the set (see 'formnet data list').", show_default=False)]
Root = Annotated[Path, typer.Argument(help="Folder of the copy.", show_default=False)]
Options = Annotated[
    list[str] | None,
    typer.Option("--option", "-o", metavar="KEY=VALUE", help="An option of the set's reader, e.g. movement=m01."),
]


@data.command("list")
def list_sets(as_json: AsJson = False) -> None:
    """Say what each set is, where to get it, and under which terms."""
    from formnet.readers.catalogue import DATASETS

    if as_json:
        print(json.dumps([info.as_dict() for info in DATASETS.values()], indent=1, ensure_ascii=False))
        return
    for info in DATASETS.values():
        options = ", ".join(f"{name}={value}" for name, value in info.options)
        print(f"{info.name}  —  {info.title}")
        for title, text in (
            ("what", info.what),
            ("from", info.where),
            ("terms", info.terms),
            ("files", info.layout),
            ("split", info.split),
            ("options", options),
        ):
            if text:
                print(f"    {title + ':':9}{text}")
        print()


@data.command("check")
def check(name: Name, root: Root, option: Options = None, as_json: AsJson = False) -> None:
    """Report everything that is wrong with a copy, in one go; exit code 2 when it is damaged."""
    from formnet.pose.video import probe_video
    from formnet.readers.catalogue import check_copy

    copy = check_copy(name, root, probe_video, **parse_options(option))
    summary = summarise_copy(copy)
    if as_json:
        print(json.dumps(summary, indent=1, ensure_ascii=False))
    else:
        _print_summary(summary)
    if summary["damaged"]:
        raise typer.Exit(2)


@data.command("prepare")
def prepare(
    name: Name,
    root: Root,
    out: Annotated[Path, typer.Option("--out", help="Folder for the poses and the manifest.", show_default=False)],
    option: Options = None,
    allow_damaged: Annotated[
        bool, typer.Option("--allow-damaged", help="Leave out what is broken instead of refusing the copy.")
    ] = False,
    estimator: EstimatorOption = DEFAULT_ESTIMATOR,
    as_json: AsJson = False,
) -> None:
    """Estimate the poses of a set of videos once, into a folder to train from; goes on where it stopped."""
    from rich.progress import Progress

    from formnet.pose.video import probe_video
    from formnet.readers.catalogue import check_copy
    from formnet.readers.clips import ClipCollection
    from formnet.readers.collect import refuse
    from formnet.readers.prepared import prepare_clips

    values = parse_options(option)
    copy = check_copy(name, root, probe_video, **values)
    if estimator != DEFAULT_ESTIMATOR:
        values["estimator"] = estimator
    if not isinstance(copy, ClipCollection):
        raise InputError(f"{name} holds joints already and needs no preparation; give {root} as data.root")
    if copy.damage and not allow_damaged:
        raise refuse(copy.dataset, copy.root, copy.damage)
    if not copy.clips:
        raise DataError(f"the copy of {copy.dataset} in {root} holds no usable video; see 'formnet data check'")
    counts: Counter[str] = Counter()
    failures: dict[str, str] = {}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("poses", total=len(copy.clips))
        for done in prepare_clips(copy, out, partial(_estimate, estimator=estimator), values):
            counts[done.status] += 1
            if done.status == "failed":
                failures[done.clip.name] = done.message
            progress.update(task, advance=1, description=done.clip.name[-40:])
    if as_json:
        print(json.dumps({"out": str(out), **counts, "failures": failures}, indent=1, ensure_ascii=False))
    else:
        print(f"{counts['done']} clips prepared, {counts['kept']} were there already, {counts['failed']} failed: {out}")
        for clip, message in failures.items():
            print(f"  - {clip}: {message}")
    if len(failures) == len(copy.clips):
        raise DataError(f"no clip of {root} could be used", tuple(f"{c}: {m}" for c, m in failures.items()))


def parse_options(option: list[str] | None) -> dict[str, str]:
    """`["movement=m01"]` → {"movement": "m01"}; raises `InputError` for anything else."""
    values = {}
    for text in option or ():
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise InputError(f"expected --option KEY=VALUE, got {text!r}")
        values[key.strip()] = value.strip()
    return values


def summarise_copy(copy: Any) -> dict[str, Any]:
    """What a copy holds and what is wrong with it, as plain values."""
    from formnet.readers.clips import ClipCollection

    rows = copy.clips if isinstance(copy, ClipCollection) else copy.repetitions
    labels = Counter(row.label for row in rows)
    return {
        "dataset": copy.dataset,
        "root": copy.root,
        "damaged": bool(copy.damage),
        "holds": "clips" if isinstance(copy, ClipCollection) else "repetitions",
        "count": len(rows),
        "classes": {name: labels.get(name, 0) for name in copy.classes},
        "grouped_by": copy.grouped_by,
        "groups": dict(sorted(Counter(_group(row, copy.grouped_by) for row in rows).items())),
        "problems": [problem.as_dict() for problem in copy.damage],
        "notes": [problem.as_dict() for problem in copy.problems if not problem.is_damage],
    }


def _group(row: Any, unit: str) -> str:
    return str(getattr(row, "group", None) or (row.name if unit == "clip" else getattr(row, unit)))


def _print_summary(summary: dict[str, Any]) -> None:
    console = Console()
    console.print(
        f"{summary['dataset']} in {summary['root']}: {summary['count']} usable {summary['holds']}, "
        f"{len(summary['groups'])} groups (by {summary['grouped_by']})",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
    table = Table("class", summary["holds"], box=None, pad_edge=False)
    for name, count in summary["classes"].items():
        table.add_row(Text(name), str(count))
    console.print(table)
    for note in summary["notes"]:
        console.print(f"note: {note['where']}: {note['message']}", highlight=False, soft_wrap=True, markup=False)
    for problem in summary["problems"]:
        text = f"{problem['kind']}: {problem['where']}: {problem['message']}"
        console.print(text, highlight=False, soft_wrap=True, markup=False)
    found = len(summary["problems"])
    console.print(f"{found} problem{'s' * (found != 1)}: this copy is damaged" if found else "no damage found")


def _estimate(path: Path, estimator: str) -> Any:
    """Joints in 3D and in the picture; estimators without depth get it from the lifter `supervised`."""
    from formnet.cli.sources import load_estimator
    from formnet.lifting.lifter import create_lifter
    from formnet.pose.estimator import estimate_pose

    track = estimate_pose(path, estimator=load_estimator(estimator))
    lifter = create_lifter("supervised" if track.world is None else "picture")
    return lifter.lift(track), track.image
