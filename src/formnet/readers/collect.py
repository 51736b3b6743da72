"""What every reader returns: the repetitions that could be read, and everything that was wrong.

A reader goes through a whole copy and never stops at the first fault, so that `formnet data check` can say in one
go what a copy lacks, and training can refuse it with the same list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from formnet.errors import DataError
from formnet.motion import Motion
from formnet.readers.table import RepetitionTable

KINDS = (
    "missing file",  # a file that another one calls for
    "missing label",  # a clip without a label
    "missing clip",  # a label without its clip
    "bad label",  # a label that cannot be one
    "not a number",  # NaN or infinity
    "wrong shape",
    "unreadable",
    "duplicate",
    "empty",  # nothing in it
    "note",  # worth knowing, no damage
)


@dataclass(frozen=True)
class Problem:
    """One finding.

    Attributes:
        kind: one of `KINDS`; a "note" is no damage.
        where: the file or name it is about, relative to the root of the copy.
        message: one sentence.
    """

    kind: str
    where: str
    message: str

    def __post_init__(self) -> None:
        assert self.kind in KINDS, self.kind

    @property
    def is_damage(self) -> bool:
        return self.kind != "note"

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"

    def as_dict(self) -> dict[str, str]:
        return {"kind": self.kind, "where": self.where, "message": self.message}


@dataclass(frozen=True)
class LabelledRepetition:
    """One labelled motion and where it comes from.

    Attributes:
        name: unique within its set.
        label: class name.
        group: what must not stand on two sides of a split (person, day or clip).
        subject, session: empty where unknown.
        official: side in the authors' split ("train", "val", "test"), empty where there is none.
    """

    name: str
    motion: Motion
    label: str
    group: str
    subject: str = ""
    session: str = ""
    official: str = ""


@dataclass(frozen=True)
class Collection:
    """All that was read from a copy, and all that was wrong with it.

    Attributes:
        dataset: name in the catalogue.
        classes: class names in the set's order.
        grouped_by: what `LabelledRepetition.group` is: "subject", "session", "clip".
    """

    dataset: str
    repetitions: tuple[LabelledRepetition, ...]
    classes: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    grouped_by: str = "subject"
    root: str = field(default="", compare=False)

    @property
    def damage(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.is_damage)

    def table(self, allow_damaged: bool = False) -> RepetitionTable:
        """The repetitions as a table for training.

        Args:
            allow_damaged: leave out what is broken instead of refusing the copy.

        Raises:
            DataError: with every finding, when the copy is damaged or holds no repetition.
        """
        damage = self.damage
        if damage and not allow_damaged:
            raise refuse(self.dataset, self.root, damage)
        if not self.repetitions:
            raise DataError(
                f"the copy of {self.dataset!r} in {self.root} holds no readable repetition; "
                f"see 'formnet data check {self.dataset} {self.root}'",
                tuple(str(problem) for problem in self.problems),
            )
        return build_table(self.repetitions, self.classes)


def refuse(dataset: str, root: str, damage: Sequence[Problem]) -> DataError:
    """The error that refuses a damaged copy; it carries every finding."""
    return DataError(
        f"the copy of {dataset!r} in {root} has {len(damage)} problem{'s' * (len(damage) != 1)} (first: {damage[0]}); "
        "get the files again, or leave the broken ones out with data.allow_damaged=true",
        tuple(str(problem) for problem in damage),
    )


def build_table(repetitions: Sequence[LabelledRepetition], classes: Sequence[str]) -> RepetitionTable:
    """A table of these repetitions, in order of their names."""
    ordered = sorted(repetitions, key=lambda repetition: repetition.name)
    number = {label: index for index, label in enumerate(classes)}
    return RepetitionTable(
        motions=tuple(repetition.motion for repetition in ordered),
        labels=np.array([number[repetition.label] for repetition in ordered], dtype=np.int64),
        classes=tuple(classes),
        groups=np.array([repetition.group for repetition in ordered], dtype=np.str_),
        names=tuple(repetition.name for repetition in ordered),
        subjects=tuple(repetition.subject for repetition in ordered),
        sessions=tuple(repetition.session for repetition in ordered),
        official=tuple(repetition.official for repetition in ordered),
    )
