"""RepetitionTable: what every reader of labelled recordings returns and training takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from formnet.errors import DataError
from formnet.motion import Motion


@dataclass(frozen=True, eq=False)
class RepetitionTable:
    """Labelled motions, one row each.

    Attributes:
        motions: N motions, all of one joint set; lengths may differ.
        labels: (N,) class numbers, indices into `classes`.
        classes: class names in the order of their numbers.
        groups: (N,) the person or session a row belongs to; a split never puts one group on two sides.
        names: N identifiers (file, episode) that tell a row to a person.
        subjects, sessions: (N,) the person and the day of each row; "" where unknown.
        official: (N,) side in the authors' published split ("train", "val", "test"); "" where there is none.

    Raises:
        DataError: naming every problem at once.
    """

    motions: tuple[Motion, ...]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    groups: NDArray[np.str_]
    names: tuple[str, ...]
    subjects: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    official: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        labels = np.asarray(self.labels, dtype=np.int64)
        groups = np.asarray([str(group) for group in self.groups], dtype=np.str_)
        object.__setattr__(self, "motions", tuple(self.motions))
        object.__setattr__(self, "classes", tuple(self.classes))
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "groups", groups)
        for field in ("subjects", "sessions", "official"):
            object.__setattr__(self, field, tuple(getattr(self, field)) or ("",) * len(self.motions))
        problems = self._find_problems()
        if problems:
            raise DataError("this is no valid table of repetitions: " + "; ".join(problems), tuple(problems))
        labels.setflags(write=False)
        groups.setflags(write=False)

    def _find_problems(self) -> list[str]:
        n_rows, problems = len(self.motions), []
        if n_rows == 0:
            problems.append("it has no rows")
        for field in ("labels", "groups", "names", "subjects", "sessions", "official"):
            length = len(getattr(self, field))
            if length != n_rows:
                problems.append(f"expected {n_rows} {field}, one for each motion, got {length}")
        if len(set(self.classes)) != len(self.classes):
            problems.append("a class is named twice")
        if self.labels.ndim != 1 or ((self.labels < 0) | (self.labels >= len(self.classes))).any():
            problems.append(f"labels must be one number in 0…{len(self.classes) - 1} for each row")
        skeletons = {motion.skeleton.name for motion in self.motions}
        if len(skeletons) > 1:
            problems.append(f"all motions need one joint set, got {', '.join(sorted(skeletons))}")
        return problems

    def __len__(self) -> int:
        return len(self.motions)

    def __repr__(self) -> str:
        return (
            f"RepetitionTable({len(self)} repetitions of {self.motions[0].skeleton.name}, {len(self.classes)} classes, "
            f"{len(set(self.groups.tolist()))} groups)"
        )

    def select(self, indices: Sequence[int] | NDArray[np.intp] | NDArray[np.bool_]) -> RepetitionTable:
        """The rows with these numbers (or where a mask is True), classes unchanged."""
        chosen = np.asarray(indices)
        chosen = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen.astype(np.intp)
        return replace(
            self,
            motions=tuple(self.motions[i] for i in chosen),
            labels=self.labels[chosen],
            groups=self.groups[chosen],
            names=tuple(self.names[i] for i in chosen),
            subjects=tuple(self.subjects[i] for i in chosen),
            sessions=tuple(self.sessions[i] for i in chosen),
            official=tuple(self.official[i] for i in chosen),
        )
