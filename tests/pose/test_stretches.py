"""Two stretches of a clip: the same whether they follow each other or go on together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from formnet.pose.stretches import _follow_all


@pytest.mark.parametrize("free_after", [0, 1, 3, 7, 99])
def test_nothing_is_lost_when_a_core_becomes_free(free_after) -> None:
    closed = []

    def count(name: str, items: range) -> Iterator[int]:
        try:
            yield from items
        finally:
            closed.append(name)

    sources = [count("first", range(5)), count("second", range(10, 15))]
    seen: list[tuple[int, int]] = []
    for number, item in _follow_all(sources, lambda: len(seen) >= free_after):  # type: ignore[arg-type, type-var]
        seen.append((number, item))
    assert [item for number, item in seen if number == 0] == list(range(5))
    assert [item for number, item in seen if number == 1] == list(range(10, 15))
    assert sorted(closed) == ["first", "second"]


def test_an_early_end_closes_both() -> None:
    closed = []

    def count(name: str) -> Iterator[int]:
        try:
            yield from range(5)
        finally:
            closed.append(name)

    follow = _follow_all([count("first"), count("second")], lambda: False)  # type: ignore[list-item]
    assert next(follow) == (0, 0)  # type: ignore[comparison-overlap]
    follow.close()  # type: ignore[attr-defined]
    assert closed == ["first"]
