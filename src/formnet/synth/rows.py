"""Many people at once: dataclasses of arrays, a row for each, of which some are taken or several joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self, TypeVar

import numpy as np


@dataclass(frozen=True)
class Rows:
    """Base of dataclasses whose fields are arrays (N, …), or such dataclasses themselves."""

    def take(self, rows: Any) -> Self:
        """The same quantities indexed by `rows`, which may also add axes (`np.s_[:, None]`)."""
        return type(self)(**{field.name: _take(getattr(self, field.name), rows) for field in fields(self)})


def _take(values: Any, rows: Any) -> Any:
    return values.take(rows) if isinstance(values, Rows) else values[rows]


AnyRows = TypeVar("AnyRows", bound=Rows)


def join_rows(parts: Sequence[AnyRows]) -> AnyRows:
    """Rows of one kind one after the other."""

    def join(name: str) -> Any:
        values = [getattr(part, name) for part in parts]
        return join_rows(values) if isinstance(values[0], Rows) else np.concatenate(values)

    return type(parts[0])(**{field.name: join(field.name) for field in fields(parts[0])})
