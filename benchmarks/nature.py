"""What good squats look like: percentiles of every measure, simulated people beside real ones.

    python benchmarks/nature.py [--people 400] [--squat7 ROOT] [--uiprmd ROOT] [--postures ROOT]

The simulator's varied squats (their true joints) stand beside squat7's good squats, UI-PRMD's correct ones (both
measured on their own joints) and squat-postures' acceptable ones (lifted from the picture, so with the lifter's error
in them). What formnet learns from has to hold all that real people show. Sets that are not there are left out with a
note.

A value is covered when it lies between the 0.5th and 99.5th percentile of the simulated ones. Ends with one JSON
object: {SET: {MEASURE: [1, 5, 25, 50, 75, 95, 99 %]}, "covered": {SET: {MEASURE: share}}}.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import postures
import transfer
from common import run_main
from figures import CONSOLE, dataset_root, print_figures, show_table
from measured import Labelled, perform_whole, read_all

from formnet.body.load import load_body
from formnet.geometry.paths import nearest_frame
from formnet.lifting.joints import assemble_lifted
from formnet.lifting.lifter import create_lifter
from formnet.measures.performance import make_performance
from formnet.measures.registry import MEASURES
from formnet.motion import FloatArray, Motion
from formnet.readers.catalogue import read_dataset
from formnet.skeleton import LIFTED_32
from formnet.synth.varied import sample_varied_repetitions

SIMULATED = "simulated"
PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
_COVERED = (0.5, 99.5)
_LEAST_COVERED = 0.9


def simulate(people: int, seed: int) -> list[Labelled]:
    """Varied squats of as many people, their true joints."""
    body = load_body()
    repetitions = sample_varied_repetitions(body, np.random.default_rng(seed), people)
    joints = assemble_lifted(repetitions.landmarks(body), repetitions.joints)
    rows = []
    for row, points in enumerate(joints):
        times_s = repetitions.timestamps[row]
        moments_s = (repetitions.start_s[row], repetitions.bottom_s[row], repetitions.end_s[row])
        frames = [nearest_frame(times_s, moment_s) for moment_s in moments_s]
        motion = Motion(points, np.ones(points.shape[:2]), times_s, LIFTED_32)
        performance = make_performance(motion, *frames, bottom_s=float(moments_s[1]))
        rows.append(Labelled(SIMULATED, f"person {row + 1}", performance))
    return rows


def read_correct(root: Path) -> list[Labelled]:
    """UI-PRMD's deep squats that were done correctly."""
    table = read_dataset("uiprmd", root, movement="m01", allow_damaged=True)
    correct = table.select(table.labels == table.classes.index("correct"))
    return [
        Labelled("correct", str(group), perform_whole(motion))
        for motion, group in zip(correct.motions, correct.groups, strict=True)
    ]


def read_good(root: Path) -> list[Labelled]:
    return [row for row in transfer.read_rows(root) if row.label in transfer.GOOD]


def read_acceptable(root: Path) -> list[Labelled]:
    return [row for row in postures.read_rows(root, create_lifter("supervised")) if row.label in postures.GOOD]


def find_covered(real: FloatArray, simulated: FloatArray) -> float:
    """Share of real values (N,) within all but the outermost simulated ones; NaN where either has none."""
    if not np.isfinite(real).any() or not np.isfinite(simulated).any():
        return float("nan")
    low, high = np.nanpercentile(simulated, _COVERED)
    values = real[np.isfinite(real)]
    return float(((values >= low) & (values <= high)).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=400, help="simulated people")
    parser.add_argument("--seed", type=int, default=5, help="of the simulated people")
    parser.add_argument("--squat7", type=Path, default=dataset_root("squat7"), help="a copy of squat7")
    parser.add_argument("--uiprmd", type=Path, default=dataset_root("ui-prmd"), help="a copy of UI-PRMD")
    parser.add_argument("--postures", type=Path, default=dataset_root("squat-postures"), help="a copy of the set")
    arguments = parser.parse_args()
    sets: dict[str, tuple[Path, Callable[[Path], list[Labelled]]]] = {
        "squat7 good": (arguments.squat7, read_good),
        "UI-PRMD correct": (arguments.uiprmd, read_correct),
        "postures acceptable": (arguments.postures, read_acceptable),
    }
    values = {SIMULATED: read_all(simulate(arguments.people, arguments.seed))}
    for name, (root, read) in sets.items():
        if root.is_dir():
            values[name] = read_all(read(root))
        else:
            CONSOLE.print(f"note: {root} is not there; {name} is left out")
    percentiles = {name: {m: _percentiles(of[m]) for m in MEASURES} for name, of in values.items()}
    covered = {
        name: {m: find_covered(of[m], values[SIMULATED][m]) for m in MEASURES}
        for name, of in values.items()
        if name != SIMULATED
    }
    show_table(
        "percentiles 1, 5, 50, 95, 99, and the share that the simulated ones cover (! under 90 %)",
        ["measure", SIMULATED, *covered],
        [[m, _spread(percentiles[SIMULATED][m]),
          *(_spread(percentiles[name][m]) + _covered(covered[name][m]) for name in covered)] for m in MEASURES],
    )  # fmt: skip
    print_figures({**percentiles, "covered": covered})


def _percentiles(values: FloatArray) -> list[float]:
    if not np.isfinite(values).any():
        return [float("nan")] * len(PERCENTILES)
    return [float(value) for value in np.nanpercentile(values, PERCENTILES)]


def _spread(percentiles: list[float]) -> str:
    if np.isnan(percentiles).any():
        return "–"
    shown = [percentiles[PERCENTILES.index(p)] for p in (1, 5, 50, 95, 99)]
    digits = 0 if max(abs(value) for value in shown) >= 10 else 2
    return " ".join(f"{value:.{digits}f}" for value in shown)


def _covered(share: float) -> str:
    return "" if np.isnan(share) else f"  {share:.0%}{'' if share >= _LEAST_COVERED else ' !'}"


if __name__ == "__main__":
    run_main(main)
