"""A vantage-point tree, compiled, for comparison with what formnet ships (see bench_search.py)."""

from __future__ import annotations

import numba
import numpy as np


class VantagePointTree:
    """Exact nearest neighbour under the Euclidean distance.

    Every node splits its rows at the median distance to one of them; rows are stored in the order of the tree.
    """

    def __init__(self, vectors: np.ndarray, leaf_size: int = 32, seed: int = 0) -> None:
        self.order = np.arange(len(vectors))
        rng = np.random.default_rng(seed)
        nodes: list[tuple[int, int, float, int, int]] = []
        vectors = np.ascontiguousarray(vectors, dtype=np.float64)

        def build(start: int, stop: int) -> int:
            number = len(nodes)
            nodes.append((start, stop, -1.0, -1, -1))
            if stop - start <= leaf_size:
                return number
            chosen = int(rng.integers(start, stop))
            self.order[[start, chosen]] = self.order[[chosen, start]]
            rest = self.order[start + 1 : stop]
            apart = np.linalg.norm(vectors[rest] - vectors[self.order[start]], axis=1)
            middle = len(rest) // 2
            split = np.argpartition(apart, middle)
            self.order[start + 1 : stop] = rest[split]
            radius = float(apart[split[middle]])
            inner = build(start + 1, start + 1 + middle)
            outer = build(start + 1 + middle, stop)
            nodes[number] = (start, stop, radius, inner, outer)
            return number

        build(0, len(vectors))
        self.vectors = vectors[self.order]
        self.bounds = np.array([(node[0], node[1], node[3], node[4]) for node in nodes])
        self.radius = np.array([node[2] for node in nodes])

    def query(self, vector: np.ndarray) -> tuple[int, float]:
        """Row and distance of the nearest vector."""
        row, square = _search(self.vectors, self.bounds, self.radius, vector)
        return int(self.order[row]), float(np.sqrt(square))


@numba.njit
def _square(a, b):  # type: ignore[no-untyped-def]
    total = 0.0
    for d in range(len(a)):
        total += (a[d] - b[d]) ** 2
    return total


@numba.njit
def _search(vectors, bounds, radius, vector):  # type: ignore[no-untyped-def]
    best_row, best = -1, np.inf
    stack = np.empty(512, dtype=np.int64)
    least = np.empty(512)
    stack[0], least[0], height = 0, 0.0, 1
    while height > 0:
        height -= 1
        node = stack[height]
        if least[height] > np.sqrt(best):
            continue
        start, stop, inner, outer = bounds[node]
        if inner < 0:
            for row in range(start, stop):
                square = _square(vectors[row], vector)
                if square < best:
                    best, best_row = square, row
            continue
        square = _square(vectors[start], vector)
        if square < best:
            best, best_row = square, start
        apart = np.sqrt(square)
        # The nearer side lies on top of the stack and is searched first.
        if apart < radius[node]:
            stack[height], least[height] = outer, radius[node] - apart
            stack[height + 1], least[height + 1] = inner, 0.0
        else:
            stack[height], least[height] = inner, apart - radius[node]
            stack[height + 1], least[height + 1] = outer, 0.0
        height += 2
    return best_row, best
