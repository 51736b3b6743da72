"""All pairs of 50 clips by whole-body DTW: one worker beside all, in one run.

python benchmarks/bench_pairs.py
"""

from __future__ import annotations

import os

# ruff: noqa: E402 - the number of threads must be set before NumPy is loaded
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import json
import resource
import time

import numpy as np

from formnet.motion import Motion
from formnet.scoring.pairs import score_all_pairs
from formnet.skeleton import KINECT_22


def draw_motion(rng: np.random.Generator, n_frames: int) -> Motion:
    """Smooth random paths of 22 joints."""
    phases = rng.uniform(0, 2 * np.pi, (1, 22, 3))
    times = np.arange(n_frames)[:, None, None] / 30
    rest = rng.normal(size=(1, 22, 3))
    positions = rest + 0.3 * np.sin(2 * np.pi * 0.5 * times + phases)
    return Motion(positions, np.ones((n_frames, 22)), times[:, 0, 0], KINECT_22)


def main() -> None:
    """Measures and prints one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=50)
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    rng = np.random.default_rng(0)
    motions = [draw_motion(rng, wanted.frames) for _ in range(wanted.clips)]
    score_all_pairs(motions[:3])
    cores = len(os.sched_getaffinity(0))
    seconds: dict[int, list[float]] = {1: [], cores: []}
    processor: dict[int, list[float]] = {1: [], cores: []}
    totals = {}
    for _ in range(wanted.rounds):
        for workers in seconds:
            before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
            totals[workers] = score_all_pairs(motions, workers=workers)
            wall = time.perf_counter() - start
            after = resource.getrusage(resource.RUSAGE_SELF)
            seconds[workers].append(wall)
            processor[workers].append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / wall)
    median = {workers: float(np.median(times)) for workers, times in seconds.items()}
    print(
        json.dumps(
            {
                "clips": wanted.clips,
                "pairs": wanted.clips * (wanted.clips - 1) // 2,
                "cores": cores,
                "median_s": {f"{workers} workers": round(value, 2) for workers, value in median.items()},
                "speed_up": round(median[1] / median[cores], 2),
                "cores_in_use": {f"{w} workers": round(float(np.median(used)), 2) for w, used in processor.items()},
                "same_totals": bool(np.array_equal(totals[1], totals[cores])),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
