"""Tables of motions as arrays that training keeps in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from formnet.errors import DataError
from formnet.preprocess.spec import PreprocessSpec, Repetition, preprocess_clip
from formnet.readers.table import RepetitionTable
from formnet.skeleton import Skeleton, skeleton_named

Progress = Callable[[Iterable[Any]], Iterable[Any]]


@dataclass(frozen=True, eq=False)
class RepetitionArrays:
    """Preprocessed repetitions.

    Attributes:
        positions: (N, T, J, D) float32, NaN where missing.
        labels: (N,) class numbers.
        rows: (N,) row of the table that each repetition comes from.
        skeleton: names of the J joints.
    """

    positions: NDArray[np.float32]
    labels: NDArray[np.int64]
    rows: NDArray[np.intp]
    skeleton: Skeleton

    def __len__(self) -> int:
        return len(self.labels)

    def of_rows(self, rows: NDArray[np.intp]) -> RepetitionArrays:
        """The repetitions that come from these rows of the table."""
        chosen = np.flatnonzero(np.isin(self.rows, rows))
        return replace(self, positions=self.positions[chosen], labels=self.labels[chosen], rows=self.rows[chosen])


def prepare_arrays(table: RepetitionTable, spec: PreprocessSpec, progress: Progress | None = None) -> RepetitionArrays:
    """Preprocesses every motion of a table exactly as serving will, see `find_repetitions_of`.

    Raises:
        DataError: when no repetition is left of a table, or of a class that the table has.
        SkeletonError: when the table's joint set does not fit the spec.
    """
    if spec.align == "frames":
        raise DataError("a network needs the same frames of every repetition; choose preprocess.align=bottom or span")
    positions: list[NDArray[np.float32]] = []
    rows: list[int] = []
    for row, repetition in find_repetitions_of(table, spec, progress):
        positions.append(repetition.motion.positions.astype(np.float32))
        rows.append(row)
    _require_every_class(table, rows)
    numbers = np.array(rows, dtype=np.intp)
    skeleton = skeleton_named(spec.skeleton)
    return RepetitionArrays(np.stack(positions), table.labels[numbers], numbers, skeleton)


def cut_repetitions(table: RepetitionTable, spec: PreprocessSpec, progress: Progress | None = None) -> RepetitionTable:
    """Every repetition that the spec finds as a row of its own, with its label and group.

    Raises:
        DataError: when no repetition is left of a class that the table has.
    """
    found = list(find_repetitions_of(table, spec, progress))
    rows = [row for row, _ in found]
    _require_every_class(table, rows)
    return replace(table.select(rows), motions=tuple(repetition.motion for _, repetition in found))


def find_repetitions_of(
    table: RepetitionTable, spec: PreprocessSpec, progress: Progress | None = None
) -> Iterator[tuple[int, Repetition]]:
    """Every repetition that the spec finds in a table, after the row that it comes from.

    A motion in which the spec finds several repetitions gives several, all with its label; one in which it finds
    none is left out.
    """
    numbers: Iterable[int] = range(len(table))
    for row in progress(numbers) if progress else numbers:
        for repetition in preprocess_clip(table.motions[row], spec).repetitions:
            yield row, repetition


def _require_every_class(table: RepetitionTable, rows: list[int]) -> None:
    lost = [table.classes[i] for i in sorted(set(table.labels.tolist()) - set(table.labels[rows].tolist()))]
    if lost:
        raise DataError(
            f"no repetition was found in any motion of {', '.join(lost)}; "
            "take motions that are single repetitions as they are with preprocess.segmentation=whole"
        )
