"""`formnet demo`: judge the embedded example clip and compare the verdict with its known truth."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from formnet.cli.classify import classify
from formnet.cli.inputs import Force
from formnet.demo import CLIP, TRUTH
from formnet.errors import InputError
from formnet.faults import fault_named
from formnet.standards.reading import load_standard
from formnet.storage.texts import parse_json, read_json


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the results.", metavar="DIR")] = Path("demo-output"),
    force: Force = False,
) -> None:
    """Judge the example clip that formnet brings along, and say what was really simulated in it.

    The clip was rendered with `formnet synth`, so the truth of every repetition is known, and chosen among those that
    are judged right: it shows that formnet works here, not how often it is right. Exit code 1 when the verdict misses
    a repetition.

    Example:

      formnet demo --out demo-output
    """
    folder = resources.files("formnet.demo")
    with resources.as_file(folder / CLIP) as clip:
        if not clip.is_file():
            raise InputError("the example clip is not installed; install formnet again")
        classify([clip], out=out, force=force)
    truth = parse_json((folder / TRUTH).read_text(encoding="utf-8"), Path(TRUTH))["repetitions"]
    found = read_json(out / "verdict.json", "verdict")["clips"][0]["repetitions"]
    judged, n_right = load_standard().faults, 0
    for number, real in enumerate(truth, start=1):
        inside = [r["label"] for r in found if real["start_s"] <= r["bottom_s"] <= real["end_s"]]
        is_judged = real["label"] in judged
        n_right += inside == [real["label"] if is_judged else "good"]
        said = fault_named(inside[0]).title if inside else "nothing"
        note = "" if is_judged or real["label"] == "good" else " (measured, not judged by this standard)"
        print(f"repetition {number}: simulated {fault_named(real['label']).title}{note}, found {said}")
    print(f"{n_right} of {len(truth)} repetitions as simulated; open {out / 'report.html'}")
    if n_right < len(truth):
        raise typer.Exit(1)
