"""What the measuring network sees that the geometry does not, by measure and view.

    python benchmarks/measure_network.py [--parts ablation shipped real] [--people 3000 --held 1000 --epochs 14]

ablation    geometry alone (a line through its readings for each direction), the network on distances of lifted joints
            alone, with distances in the picture, with the readings; trained here, small, measured on people never seen
shipped     the shipped network on other people never seen: errors, and how many truths lie within one and two stated
            standard deviations
real        the shipped network and the geometry on real people: UI-PRMD's deep squats before virtual cameras and a
            sit to stand with motion capture (truth known), and good squats of real clips (spread alone)

Simulated people cost 20 ms each; --keep FILE.npz stores them for the next run.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as lightning
import torch
from common import run_main
from measured_people import Case, clip_cases, good_clips, mocap_cases, virtual_cases
from page import REPOSITORY
from rich.console import Console
from rich.progress import track as progress
from rich.table import Table

from formnet.judges.measuring.estimator import MeasureEstimator, load_shipped_estimator
from formnet.judges.measuring.sight import Sight, look, stack_sights
from formnet.judges.measuring.spec import MeasuringSpec
from formnet.lifting.lifter import create_lifter
from formnet.measures.base import RawValue
from formnet.measures.calibration import VIEWS, calibration_for
from formnet.measures.registry import read_values
from formnet.pose.estimator import estimate_pose
from formnet.storage.files import atomic_path
from formnet.training.measures.figures import Figures, measure_estimates
from formnet.training.measures.geometry import fit_geometry
from formnet.training.measures.run import (
    FiguresByView,
    MeasureDataOptions,
    MeasureOptions,
    figures_by_view,
    fit_factors,
    fit_network,
)
from formnet.training.measures.table import MeasureTable, simulate_measures

VARIANTS = {
    "lifted distances": ("solid",),
    "+ picture": ("solid", "picture"),
    "+ readings": ("solid", "picture", "readings"),
    "readings alone": ("readings",),
}
_PARTS = ("solid", "picture", "readings", "view_deg")
LIFTER = "supervised+picture"
_HELD_SEED = 1_000_000
"""Where `train.py task=measure` draws the people that set spreads and views; the benchmark's come from further on."""
_TEST_SEED = 2_000_000


def simulate(people: int, seed: int, cuts: int, keep: Path | None) -> MeasureTable:
    """People before cameras, kept in a file for the next run when asked for."""
    path = keep and keep.with_name(f"{keep.stem}_{seed}_{people}.npz")
    if path and path.is_file():
        with np.load(path, allow_pickle=False) as stored:
            sights = tuple(Sight(*(stored[f"{part}{n}"] for part in _PARTS)) for n in range(cuts))
            return MeasureTable(sights, stored["truths"])
    table = simulate_measures(people, MeasuringSpec(), seed=seed, cuts=cuts, part_share=MeasureDataOptions.part_share)
    if path:
        arrays = {f"{part}{n}": getattr(sight, part) for n, sight in enumerate(table.sights) for part in _PARTS}
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez(file, truths=table.truths, **arrays)
    return table


def ablate(train: MeasureTable, held: MeasureTable, epochs: int, seed: int, out: Path) -> dict[str, FiguresByView]:
    """Variant → measure → view → figures on one half of the held people; the other half set the spreads."""
    half = np.arange(len(held)) % 2 == 0
    setting, testing = held[np.flatnonzero(half)], held[np.flatnonzero(~half)]
    spec = MeasuringSpec()
    geometry = fit_geometry(train.exact, train.truths, spec)
    found = {"geometry": figures_by_view(*geometry.estimate(testing.exact), testing, spec)}
    for name, sees in VARIANTS.items():
        options = MeasureOptions(seed=seed, sees=sees)
        network = fit_network(train, setting, MeasuringSpec(sees=sees), options, _trainer(epochs), out).freeze()
        plain = MeasureEstimator(network, LIFTER, {m: dict.fromkeys(VIEWS, 1.0) for m in spec.measures}, {})
        estimator = MeasureEstimator(network, LIFTER, fit_factors(plain, setting), {})
        found[name] = figures_by_view(*estimator.estimate_all(testing.exact), testing, spec)
    return found


def _trainer(epochs: int) -> Callable[..., lightning.Trainer]:
    def make(**_: Any) -> lightning.Trainer:
        return lightning.Trainer(
            max_epochs=epochs, accelerator="cpu", devices=1, logger=False, enable_checkpointing=False,
            enable_model_summary=False, gradient_clip_val=1.0, num_sanity_val_steps=0, limit_val_batches=0,
        )  # fmt: skip

    return make


def show_ablation(found: Mapping[str, FiguresByView], console: Console) -> None:
    for view in VIEWS:
        table = Table(title=f"{view}: R² on people never seen", title_justify="left")
        for heading in ("measure", *found, "RMSE, best over geometry"):
            table.add_column(heading, justify="left" if heading == "measure" else "right")
        for name in found["geometry"]:
            figures = [by_view[name][view] for by_view in found.values()]
            ratio = min(f["rmse"] for f in figures[1:]) / figures[0]["rmse"]
            table.add_row(name, *[f"{f['r2']:.2f}" for f in figures], f"{ratio:.2f}")
        console.print(table)


def show_shipped(estimator: MeasureEstimator, table: MeasureTable, console: Console) -> dict[str, Any]:
    """Errors of the shipped network, and shares within one and two standard deviations, by measure and view."""
    by_view = figures_by_view(*estimator.estimate_all(table.exact), table, estimator.spec)
    out = Table(title=f"shipped network on {len(table)} simulated people never seen", title_justify="left")
    for heading in ("measure", "view", "used", "RMSE", "R²", "within 1 sd", "within 2 sd", "n"):
        out.add_column(heading, justify="left" if heading in ("measure", "view") else "right")
    for name, views in by_view.items():
        for view, f in views.items():
            used = "yes" if view in estimator.used.get(name, ()) else ""
            cells = (
                f"{f['rmse']:.3g}",
                f"{f['r2']:.2f}",
                f"{f['within1']:.2f}",
                f"{f['within2']:.2f}",
                f"{f['n']:.0f}",
            )
            out.add_row(name, view, used, *cells)
    console.print(out)
    return by_view


def compare_on(cases: Sequence[Case], estimator: MeasureEstimator) -> dict[str, dict[str, dict[str, Figures]]]:
    """View → measure → "network", "geometry" → figures, of cases whose truth is known."""
    network, geometry = estimate_both(cases, estimator)
    views = np.array([case.view for case in cases])
    found: dict[str, dict[str, dict[str, Figures]]] = {}
    for view in dict.fromkeys(views):
        rows = np.flatnonzero(views == view)
        for m, name in enumerate(estimator.spec.measures):
            truth = np.array([cases[row].truth.get(name, np.nan) for row in rows])
            if np.isfinite(truth).sum() < 4:
                continue
            found.setdefault(str(view), {})[name] = {
                who: with_scatter(values[rows, m], deviations[rows, m], truth)
                for who, (values, deviations) in (("network", network), ("geometry", geometry))
            }
    return found


def with_scatter(value: np.ndarray, sd: np.ndarray, truth: np.ndarray) -> Figures:
    """`measure_estimates`, with the spread of the errors (no bias) and the correlation: joints of depth sensors and
    marker sets are not where ours are, which shifts every value alike."""
    known = np.isfinite(value) & np.isfinite(truth)
    scatter = float((value - truth)[known].std()) if known.any() else float("nan")
    r = float(np.corrcoef(value[known], truth[known])[0, 1]) if known.sum() > 3 else float("nan")
    return {**measure_estimates(value, sd, truth), "scatter": scatter, "r": r}


def estimate_both(
    cases: Sequence[Case], estimator: MeasureEstimator
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Values and standard deviations (N, M) of the network and of the geometry as formnet corrects it."""
    readings = [read_values(case.performance) for case in cases]
    sights = [look(case.performance, case.image, r, estimator.spec) for case, r in zip(cases, readings, strict=True)]
    geometry = [
        [calibration_for(case.source).correct(name, RawValue(r[name], 0.0), case.performance.view_deg)
         for name in estimator.spec.measures]
        for case, r in zip(cases, readings, strict=True)
    ]  # fmt: skip
    values, errors = (
        np.array([[getattr(measurement, part) for measurement in row] for row in geometry])
        for part in ("value", "error")
    )
    return estimator.estimate_all(stack_sights(sights)), (values, errors)


def show_real(found: Mapping[str, Mapping[str, Mapping[str, Figures]]], title: str, console: Console) -> None:
    out = Table(title=title, title_justify="left")
    pairs = [f"{figure} {who}" for figure in ("r", "scatter", "bias") for who in ("geometry", "network")]
    for heading in ("view", "measure", *pairs, "n"):
        out.add_column(heading, justify="left" if heading in ("measure", "view") else "right")
    for view, measures in found.items():
        for name, sides in measures.items():
            g, n = sides["geometry"], sides["network"]
            cells = [f"{side[key]:.2f}" for key in ("r", "scatter", "bias") for side in (g, n)]
            out.add_row(view, name, *cells, f"{n['n']:.0f}")
    console.print(out)


def find_contradictions(found: Mapping[str, Mapping[str, Mapping[str, Figures]]]) -> dict[str, list[str]]:
    """Measure → views in which real people contradict the network: its RMSE against their truth is more than a tenth
    above the geometry's. What `contradicted` in `configs/task/measure.yaml` says."""
    worse: dict[str, list[str]] = {}
    for view, measures in found.items():
        for name, sides in measures.items():
            if sides["network"]["rmse"] > 1.1 * sides["geometry"]["rmse"]:
                worse.setdefault(name, []).append(view)
    return worse


def show_clips(cases: Sequence[Case], estimator: MeasureEstimator, console: Console) -> dict[str, Any]:
    """Spread of good squats over real clips: of clips (mean of a clip's repetitions) and within clips."""
    network, geometry = estimate_both(cases, estimator)
    clips = np.array([case.group for case in cases])
    out = Table(title=f"{len(set(clips))} good real clips, {len(cases)} repetitions", title_justify="left")
    for heading in ("measure", "geometry 5–50–95 %", "network 5–50–95 %", "within clips, geometry", "network"):
        out.add_column(heading, justify="left" if heading == "measure" else "right")
    kept = {}
    for m, name in enumerate(estimator.spec.measures):
        cells, within = [], []
        for values, _ in (geometry, network):
            part = values[:, m]
            cells.append(" ".join(f"{q:.3g}" for q in np.nanquantile(part, [0.05, 0.5, 0.95])))
            own = [np.nanstd(part[clips == clip]) for clip in set(clips) if (clips == clip).sum() > 1]
            within.append(f"{np.nanmean(own):.3g}")
        out.add_row(name, *cells, *within)
        kept[name] = {"geometry": cells[0], "network": cells[1], "within": within}
    console.print(out)
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--parts", nargs="+", choices=("ablation", "shipped", "real"), default=("ablation", "shipped", "real")
    )
    parser.add_argument("--people", type=int, default=3000, help="simulated people that the ablation trains on")
    parser.add_argument("--held", type=int, default=1000, help="people never seen")
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--datasets", type=Path, default=REPOSITORY.parent / "shared" / "datasets")
    parser.add_argument("--clips", type=Path, default=REPOSITORY.parent / "shared" / "clips" / "real")
    parser.add_argument("--keep", type=Path, help="FILE.npz: where simulated people are kept for the next run")
    parser.add_argument("--write", type=Path, help="FILE.json for all figures")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    console, figures = Console(width=150), {}
    if "ablation" in arguments.parts:
        train = simulate(arguments.people, arguments.seed, 2, arguments.keep)
        held = simulate(arguments.held, _HELD_SEED + arguments.seed, 1, arguments.keep)
        figures["ablation"] = ablate(train, held, arguments.epochs, arguments.seed, Path("runs"))
        show_ablation(figures["ablation"], console)
    if "shipped" in arguments.parts:
        table = simulate(arguments.held, _TEST_SEED + arguments.seed, 1, arguments.keep)
        figures["shipped"] = show_shipped(load_shipped_estimator(), table, console)
    if "real" in arguments.parts:
        figures |= measure_real(arguments.datasets, arguments.clips, load_shipped_estimator(), console)
    if arguments.write:
        with atomic_path(arguments.write) as temporary:
            temporary.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def measure_real(datasets: Path, clips: Path, estimator: MeasureEstimator, console: Console) -> dict[str, Any]:
    lifter, found = create_lifter(estimator.lifter), {}
    if (datasets / "ui-prmd").is_dir():
        cases = list(virtual_cases(datasets / "ui-prmd", lifter))
        found["virtual"] = compare_on(cases, estimator)
        show_real(found["virtual"], "UI-PRMD's deep squats before virtual cameras, truth of the skeleton", console)
        console.print("contradicted:", find_contradictions(found["virtual"]))
    video = datasets / "opencap" / "STS_video.mp4"
    if video.is_file():
        found["mocap"] = compare_on(list(mocap_cases(video.parent, estimate_pose(video), lifter)), estimator)
        show_real(found["mocap"], "sit to stand with motion capture", console)
    if (clips / "truth.csv").is_file():
        cases = []
        for name, view in progress(good_clips(clips), "real clips", console=Console(stderr=True)):
            cases += clip_cases(name, view, estimate_pose(clips / name), lifter)
        found["clips"] = show_clips(cases, estimator, console)
    return found


if __name__ == "__main__":
    run_main(main)
