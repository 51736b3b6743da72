"""One query among 100,000 poses, exact: what formnet ships beside trees and plain scans, in one run on one thread.

    python benchmarks/bench_search.py [--poses scattered|bodies]

"bodies" are 34 numbers of simulated people in random postures and views, as a library holds them; "scattered" are
random unit vectors, the worst case for trees.
"""

from __future__ import annotations

import os

# ruff: noqa: E402 - the number of threads must be set before NumPy is loaded
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
from scipy.spatial import cKDTree
from sklearn.neighbors import BallTree, KDTree
from vp_tree import VantagePointTree

from formnet.scoring.nearest import NearestScan, build_nearest


def draw_bodies(rng: np.random.Generator, count: int) -> np.ndarray:
    """Unit vectors (count, 34) of 17 joints: trunk, arms and legs bent at random, seen from a random side."""
    bends = rng.uniform(-1.0, 1.0, (count, 12)) * np.array([0.5, 0.3] + [1.2, 0.8] * 5)
    lean, side = bends[:, 0], bends[:, 1]
    up = np.stack([np.sin(side), -np.cos(lean) * np.cos(side), -np.sin(lean)], axis=-1)
    across = np.array([1.0, 0.0, 0.0])
    chest = 0.5 * up
    joints = [chest + 0.2 * up + offset for offset in
              ([0, 0, -0.1], [0.03, -0.03, -0.08], [-0.03, -0.03, -0.08], [0.07, 0, 0], [-0.07, 0, 0])]  # fmt: skip
    limbs: dict[str, list[np.ndarray]] = {"shoulder": [], "elbow": [], "wrist": [], "hip": [], "knee": [], "ankle": []}
    for number, sign in enumerate((1.0, -1.0)):
        for names, root, lengths, first in (
            (("shoulder", "elbow", "wrist"), chest + 0.18 * sign * across, (0.28, 0.25), 2 + 4 * number),
            (("hip", "knee", "ankle"), 0.1 * sign * across + 0 * up, (0.42, 0.42), 4 + 4 * number),
        ):
            limbs[names[0]].append(root)
            place, angle, spread = root, np.zeros(count), np.zeros(count)
            for step, length in enumerate(lengths):
                angle = angle + bends[:, first + step]
                spread = spread + 0.3 * sign * bends[:, first + 1 - step]
                place = place + length * np.stack(
                    [np.sin(spread), np.cos(angle) * np.cos(spread), -np.sin(angle) * np.cos(spread)], axis=-1
                )
                limbs[names[1 + step]].append(place)
    joints += [joint for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for joint in limbs[name]]
    points = np.stack([np.broadcast_to(joint, (count, 3)) for joint in joints], axis=1)
    yaw = rng.uniform(-np.pi, np.pi, count)[:, None]
    flat = np.stack([points[..., 0] * np.cos(yaw) + points[..., 2] * np.sin(yaw), points[..., 1]], axis=-1)
    flat += rng.normal(scale=0.01, size=flat.shape)
    flat -= flat.mean(axis=1, keepdims=True)
    vectors = flat.reshape(count, -1)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def draw_scattered(rng: np.random.Generator, count: int) -> np.ndarray:
    """Random unit vectors (count, 34)."""
    vectors = rng.normal(size=(count, 34))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def measure(vectors: np.ndarray, queries: np.ndarray) -> dict[str, object]:
    """Median milliseconds of each way, interleaved query by query, and whether all found the same."""
    shipped, scan = build_nearest(vectors), NearestScan(vectors)
    mean = vectors.mean(axis=0)
    _, turn = np.linalg.eigh((vectors - mean).T @ (vectors - mean))
    turned = cKDTree((vectors - mean) @ turn)
    ball, kd, vantage = BallTree(vectors), KDTree(vectors), VantagePointTree(vectors)
    ways: dict[str, Callable[[np.ndarray], int]] = {
        "formnet, as shipped": lambda q: int(shipped.query(q)[0][0]),
        "formnet NearestScan": lambda q: int(scan.query(q)[0][0]),
        "NumPy scan of differences": lambda q: int(((vectors - q) ** 2).sum(axis=1).argmin()),
        "NumPy scan of products": lambda q: int((vectors @ q).argmax()),
        "vantage-point tree": lambda q: vantage.query(q)[0],
        "scikit-learn BallTree": lambda q: int(ball.query(q[None], 1)[1][0, 0]),
        "scikit-learn KDTree": lambda q: int(kd.query(q[None], 1)[1][0, 0]),
        "SciPy cKDTree, principal axes": lambda q: int(turned.query((q - mean) @ turn)[1]),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    agree = True
    for way in ways.values():
        way(queries[0])
    for query in queries:
        answers = set()
        for name, way in ways.items():
            start = time.perf_counter()
            answers.add(way(query))
            seconds[name].append(time.perf_counter() - start)
        agree &= len(answers) == 1
    median = {name: float(np.median(times)) for name, times in seconds.items()}
    plain = median["NumPy scan of differences"]
    return {
        "shipped": type(shipped).__name__,
        "median_ms": {name: round(1e3 * value, 3) for name, value in median.items()},
        "ratio_to_numpy_scan": round(median["formnet, as shipped"] / plain, 4),
        "all_found_the_same": agree,
    }


def main() -> None:
    """Measures and prints one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--poses", choices=("bodies", "scattered", "both"), default="both")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    rng = np.random.default_rng(wanted.seed)
    result = {}
    for name, draw in (("bodies", draw_bodies), ("scattered", draw_scattered)):
        if wanted.poses in (name, "both"):
            result[name] = measure(draw(rng, wanted.count), draw(rng, wanted.queries))
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
