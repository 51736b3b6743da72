"""What the benchmarks share: arguments, the rows that need torch, writing results and `docs/RESULTS.md`."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from answers import KeptAnswers
from page import PAGE, REPOSITORY, RESULTS, write_page

from formnet.errors import FormnetError
from formnet.evaluation.benchmark import METRICS, Method, Result, render_markdown, write_results
from formnet.judges.methods import METHODS, register_method
from formnet.judges.protocol import build_recipe
from formnet.storage.files import cache_dir

BASELINES = ("majority", "dtw", "minirocket", "forest")


def register_networks() -> None:
    """Adds the rows that learn with torch, when `benchmarks/networks.py` is there.

    That file calls `formnet.judges.methods.register_method` for the paper's network.
    """
    if importlib.util.find_spec("networks") is not None:
        importlib.import_module("networks").register()


def register_learner(title: str, config: Mapping[str, Any], modules: Sequence[str]) -> None:
    """Adds formnet's own row to the benchmark, as `formnet`, in the place of one that is there.

    Args:
        modules: modules and packages whose source decides its answers.
    """
    METHODS.pop("formnet", None)
    register_method(
        Method("formnet", title, lambda: build_recipe(config), modules=tuple(modules), options=dict(config))
    )


def merge_seeds(results: Sequence[Result]) -> Result:
    """Results of one benchmark that was run with one seed at a time, each on folds of its own, as one table."""
    first = results[0]
    rows = []
    for parts in zip(*(result.rows for result in results), strict=True):
        runs = {metric: sum((part.runs[metric] for part in parts), ()) for metric in METRICS}
        folds = {name: _average([part.folds[name] for part in parts]) for name in parts[0].folds}
        recalls = _average([part.recalls for part in parts])
        seconds = float(np.mean([part.seconds for part in parts]))
        rows.append(replace(parts[0], runs=runs, folds=folds, recalls=recalls, seconds=seconds))
    seeds = [seed for result in results for seed in result.provenance["seeds"]]
    return Result(first.title, tuple(rows), {**first.provenance, "seeds": seeds})


def _average(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([part[name] for part in parts])) for name in parts[0]}


def keep_answers(arguments: argparse.Namespace) -> KeptAnswers:
    """Where the arguments of `make_parser` want answers kept."""
    return KeptAnswers(arguments.answers, arguments.fresh)


def make_parser(text: str, dataset_folder: str) -> argparse.ArgumentParser:
    """Arguments of every benchmark."""
    parser = argparse.ArgumentParser(description=text)
    default = Path(os.environ.get("FORMNET_DATASETS", REPOSITORY.parent / "shared" / "datasets")) / dataset_folder
    parser.add_argument("root", type=Path, nargs="?", default=default, help="folder of the copy")
    parser.add_argument("--methods", nargs="+", help=f"rows to run (default: all of {', '.join(METHODS)})")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--allow-damaged", action="store_true", help="leave out what is broken in the copy")
    parser.add_argument(
        "--answers", type=Path, default=cache_dir() / "benchmarks",
        help="folder of finished answers, by which a stopped run goes on (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--ablate", action="store_true", help="instead, what each part of formnet's recipe bought")
    parser.add_argument("--fresh", action="store_true", help="measure everything anew")
    writing = parser.add_mutually_exclusive_group()
    writing.add_argument("--no-write", action="store_true", help="print only")
    writing.add_argument(
        "--write", action="store_true",
        help="write what was run also when rows or parts are left out (the whole benchmark is written without asking)",
    )  # fmt: skip
    return parser


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def publish(name: str, results: Sequence[Result], write: bool) -> None:
    """Prints the tables; unless told otherwise writes them as JSON and makes `docs/RESULTS.md` anew."""
    print("\n".join(render_markdown(result) for result in results))
    if write:
        write_results(RESULTS / f"{name}.json", results)
        write_page(RESULTS, PAGE)


def run_main(main: object) -> None:
    """Runs a benchmark; whatever a user can mend is one sentence and exit code 2."""
    try:
        assert callable(main)
        main()
    except FormnetError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        for problem in getattr(error, "problems", ()):
            print(f"  - {problem}", file=sys.stderr)
        sys.exit(2)
