"""`formnet standards` and `formnet measures`: what verdicts are held against, and what they rest on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from formnet.cli.options import make_group

if TYPE_CHECKING:
    from formnet.standards.standard import Criterion

standards = make_group("List, show and check standards: named sets of limits.")
_NAME = typer.Argument(help="A standard's name, or a .yaml file.", show_default=False, metavar="NAME|FILE")


@standards.command("list")
def list_standards() -> None:
    """Say which standards there are and what each is for.

    Example:

      formnet standards list
    """
    from formnet.standards.reading import load_standard, shipped_standards

    for name in shipped_standards():
        standard = load_standard(name)
        print(f"{name}  —  {standard.title}: {standard.description}")
        print(f"    judges:  {', '.join(standard.faults)}")


@standards.command("show")
def show(name: Annotated[str, _NAME]) -> None:
    """Print a standard as YAML, to read or to begin one's own from.

    Example:

      formnet standards show coaching > mine.yaml
    """
    from importlib import resources
    from pathlib import Path

    from formnet.standards.reading import load_standard, shipped_standards
    from formnet.storage.texts import read_text

    load_standard(name)
    shipped = resources.files("formnet.standards") / f"{name}.yaml"
    is_shipped = name in shipped_standards()
    print(shipped.read_text(encoding="utf-8") if is_shipped else read_text(Path(name), "standard"), end="")


@standards.command("check")
def check(name: Annotated[str, _NAME]) -> None:
    """Check a standard of one's own; every problem is said at once, exit code 2.

    Example:

      formnet standards check mine.yaml
    """
    from formnet.standards.reading import load_standard

    standard = load_standard(name)
    print(f"{standard.name}: {len(standard.rules)} rules, no problem")
    for rule in standard.rules:
        limits = " and ".join(_describe(criterion) for criterion in rule.criteria)
        print(f"    {rule.fault}: {limits} ({rule.evidence})")


def _describe(criterion: Criterion) -> str:
    from formnet.measures.measurement import describe_limit
    from formnet.measures.registry import measure_named

    measure = measure_named(criterion.measure)
    limit = describe_limit(criterion.limit, measure.unit)
    return f"{measure.title} {criterion.side} {limit} (± {criterion.tolerance:g})"


def measures(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a list.")] = False,
) -> None:
    """List every measure with its unit, definition, source and the views that show it.

    Examples:

      formnet measures

      formnet measures --json
    """
    from formnet.measures.registry import describe_measures

    rows = describe_measures()
    if as_json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    family = ""
    for row in rows:
        if row["family"] != family:
            family = row["family"]
            print(f"{family}  (error seen from the front / from the side)")
        print(f"    {row['name']:24} {row['unit']:13} {row['errors']:15} {row['definition']}")
