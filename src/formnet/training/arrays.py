"""Tables of motions as arrays that training keeps in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from formnet.errors import DataError
from formnet.preprocess.spec import PreprocessSpec, preprocess_clip
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
        classes: class names.
        skeleton: names of the J joints.
    """

    positions: NDArray[np.float32]
    labels: NDArray[np.int64]
    rows: NDArray[np.intp]
    classes: tuple[str, ...]
    skeleton: Skeleton

    def __len__(self) -> int:
        return len(self.labels)

    def of_rows(self, rows: NDArray[np.intp]) -> RepetitionArrays:
        """The repetitions that come from these rows of the table."""
        chosen = np.flatnonzero(np.isin(self.rows, rows))
        return replace(self, positions=self.positions[chosen], labels=self.labels[chosen], rows=self.rows[chosen])


def prepare_arrays(table: RepetitionTable, spec: PreprocessSpec, progress: Progress | None = None) -> RepetitionArrays:
    """Preprocesses every motion of a table exactly as serving will.

    A motion in which the spec finds several repetitions gives several, all with its label; one in which it finds
    none is left out.

    Raises:
        DataError: when no repetition is left of a table, or of a class that the table has.
        SkeletonError: when the table's joint set does not fit the spec.
    """
    if spec.align == "frames":
        raise DataError("a network needs the same frames of every repetition; choose preprocess.align=bottom or span")
    positions: list[NDArray[np.float32]] = []
    rows: list[int] = []
    numbers: Iterable[int] = range(len(table))
    for row in progress(numbers) if progress else numbers:
        for repetition in preprocess_clip(table.motions[row], spec).repetitions:
            positions.append(repetition.motion.positions.astype(np.float32))
            rows.append(row)
    row_numbers = np.array(rows, dtype=np.intp)
    labels = table.labels[row_numbers] if rows else np.zeros(0, dtype=np.int64)
    lost = [table.classes[i] for i in sorted(set(table.labels.tolist()) - set(labels.tolist()))]
    if lost:
        raise DataError(
            f"no repetition was found in any motion of {', '.join(lost)}; "
            "take motions that are single repetitions as they are with preprocess.segmentation=whole"
        )
    return RepetitionArrays(np.stack(positions), labels, row_numbers, table.classes, skeleton_named(spec.skeleton))
