"""Whole-body DTW beside dtaidistance's C distance, in one run on one thread.

    python benchmarks/bench_dtw.py

Prints the ratio of medians (formnet / dtaidistance's distance; below 1 formnet is faster), rounds interleaved so
that a busy machine slows both.
"""

from __future__ import annotations

import os

# ruff: noqa: E402 - the number of threads must be set before NumPy is loaded
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import json
import time

import numpy as np
from dtaidistance import dtw_ndim
from dtaidistance.dtw import best_path

from formnet.geometry.warping import align_by_cost, compute_dtw_distance, compute_squared_distances


def main() -> None:
    """Measures and prints one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--dimensions", type=int, default=51)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    rng = np.random.default_rng(wanted.seed)
    a, b = (np.cumsum(rng.normal(size=(wanted.frames, wanted.dimensions)), axis=0) for _ in range(2))

    def their_path() -> object:
        _, paths = dtw_ndim.warping_paths_fast(a, b)
        return best_path(paths)

    tasks = {
        "formnet_distance": lambda: compute_dtw_distance(a, b),
        "formnet_path": lambda: align_by_cost(compute_squared_distances(a, b)),
        "dtaidistance_distance": lambda: dtw_ndim.distance_fast(a, b),
        "dtaidistance_path": their_path,
    }
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for task in tasks.values():
        task()
    for _ in range(wanted.rounds):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            seconds[name].append(time.perf_counter() - start)
    median = {name: float(np.median(times)) for name, times in seconds.items()}
    theirs = dtw_ndim.distance_fast(a, b)
    print(
        json.dumps(
            {
                "frames": wanted.frames,
                "dimensions": wanted.dimensions,
                "median_ms": {name: round(1e3 * value, 3) for name, value in median.items()},
                "ratio_distance": round(median["formnet_distance"] / median["dtaidistance_distance"], 3),
                "ratio_path_to_their_distance": round(median["formnet_path"] / median["dtaidistance_distance"], 3),
                "ratio_path_to_their_path": round(median["formnet_path"] / median["dtaidistance_path"], 3),
                "relative_difference": abs(compute_dtw_distance(a, b) - theirs) / theirs,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
