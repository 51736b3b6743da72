"""Simulated repetitions as the measuring network sees them, with their truths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from formnet.judges.measuring.sight import Sight, join_sights, look, stack_sights
from formnet.judges.measuring.spec import MeasuringSpec
from formnet.measures.performance import Performance
from formnet.measures.registry import read_values
from formnet.motion import FloatArray
from formnet.synth.detector_noise import DetectorNoise
from formnet.training.measures.simulated import MeasuredView, simulate_views

_PORTION = 500
_EARLIER, _LATER, _CUT = 0.10, 0.25, 0.45
"""How far, in parts of the way down or up, a repetition found in a clip begins before or after the true one; and how
far the beginning may be missing where a clip was cut tight."""
_CUT_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class MeasureTable:
    """N repetitions seen by cameras.

    Attributes:
        sights: the same repetitions cut in several ways; the first exactly.
        truths: (N, M) NaN where the truth has none.
    """

    sights: tuple[Sight, ...]
    truths: FloatArray

    def __len__(self) -> int:
        return len(self.truths)

    def __getitem__(self, rows: NDArray[np.intp]) -> MeasureTable:
        return MeasureTable(tuple(sight[rows] for sight in self.sights), self.truths[rows])

    @property
    def exact(self) -> Sight:
        return self.sights[0]


def simulate_measures(
    count: int,
    spec: MeasuringSpec,
    *,
    seed: int,
    cuts: int = 1,
    part_share: float = 0.0,
    lifter: str = "supervised+picture",
    progress: Callable[[int], None] | None = None,
) -> MeasureTable:
    """`count` repetitions of as many people, each before one camera.

    Args:
        cuts: ways in which each is cut; the first is exact.
        part_share: share that is seen by another detector than BlazePose, with the joints of any.
    """
    tables: list[MeasureTable] = []
    n_part = round(part_share * count)
    for total, is_whole in ((count - n_part, True), (n_part, False)):
        for first in range(0, total, _PORTION):
            n = min(_PORTION, total - first)
            own_seed = [seed, int(is_whole), first]
            detector = None if is_whole else DetectorNoise()
            views = simulate_views(
                n, seed=_mix(own_seed), whole_source=is_whole, detector=detector, lifter=lifter, progress=progress
            )
            tables.append(make_table(views, spec, np.random.default_rng([*own_seed, 1]), cuts))
    return join_tables(tables)


def _mix(parts: Sequence[int]) -> int:
    """One seed out of several numbers."""
    return int(np.random.SeedSequence(parts).generate_state(1)[0])


def make_table(views: Sequence[MeasuredView], spec: MeasuringSpec, rng: np.random.Generator, cuts: int) -> MeasureTable:
    """The table of simulated views; see `simulate_measures`."""
    sights: list[list[Sight]] = [[] for _ in range(cuts)]
    for view in views:
        readings = read_values(view.performance)
        for number, rows in enumerate(sights):
            performance = recut(view.performance, rng) if number else view.performance
            rows.append(look(performance, view.image, readings, spec))
    truths = np.array([[view.truth[name] for name in spec.measures] for view in views])
    return MeasureTable(tuple(map(stack_sights, sights)), truths)


def join_tables(tables: Sequence[MeasureTable]) -> MeasureTable:
    """Tables one below the other."""
    sights = tuple(join_sights(same) for same in zip(*(table.sights for table in tables), strict=True))
    return MeasureTable(sights, np.concatenate([table.truths for table in tables]))


def recut(performance: Performance, rng: np.random.Generator) -> Performance:
    """The repetition as it might be found in a clip: it begins and ends a little elsewhere."""
    down_s, up_s = performance.bottom_s - performance.start_s, performance.end_s - performance.bottom_s
    first, last = performance.motion.timestamps[[0, -1]]
    late = rng.uniform(-_EARLIER, np.where(rng.uniform(size=2) < _CUT_SHARE, _CUT, _LATER))
    return replace(
        performance,
        start_s=float(np.clip(performance.start_s + late[0] * down_s, first, last)),
        bottom_s=float(performance.bottom_s + rng.normal(0, 0.02) * min(down_s, up_s)),
        end_s=float(np.clip(performance.end_s - late[1] * up_s, first, last)),
    )
