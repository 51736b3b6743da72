"""The scripts beside the package: the results page with its curves, and the row of the paper's network."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from formnet.evaluation.benchmark import average_results, render_markdown, run_benchmark, write_results
from formnet.evaluation.splits import make_folds
from formnet.judges.methods import METHODS, choose_methods
from tests.judges.people import make_people, only, without
from tests.readers.copies import make_table

MAJORITY = choose_methods(["majority"])
BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


def test_the_page_holds_every_table_and_its_curves(script: Any, tmp_path: Path) -> None:
    page: ModuleType = script("page")
    table = make_table(["a"] * 4 + ["b"] * 4 + ["c"] * 4, [0, 1, 1, 1] * 3)
    result = run_benchmark("a title", table, make_folds(table, "leave_one_group_out"), MAJORITY, [0])
    (tmp_path / "results").mkdir()
    (tmp_path / "docs").mkdir()
    write_results(tmp_path / "results" / "mine.json", [result])
    page.write_page(tmp_path / "results", tmp_path / "docs" / "RESULTS.md")
    text = (tmp_path / "docs" / "RESULTS.md").read_text()
    assert "## mine" in text
    assert render_markdown(result) in text
    assert "(risk_coverage_mine.png)" in text
    # One in four is wrong, however few answers are given: all are equally sure.
    assert "| majority class | 0.25 | 0.25 | 0.25 | 0.25 |" in text
    picture = (tmp_path / "docs" / "risk_coverage_mine.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 100_000


def test_a_mean_comes_first_with_all_its_parts(script: Any, tmp_path: Path) -> None:
    page: ModuleType = script("page")
    tables = [make_table(["a"] * 4 + ["b"] * 4 + ["c"] * 4, labels * 3) for labels in ([0, 1, 1, 1], [1, 1, 1, 1])]
    parts = [
        run_benchmark(title, table, make_folds(table, "leave_one_group_out"), MAJORITY, [0])
        for title, table in zip(("first part", "second part"), tables, strict=True)
    ]
    mean = average_results("the mean", parts)
    write_results(tmp_path / "results" / "mine.json", [*parts, mean])
    page.write_page(tmp_path / "results", tmp_path / "docs" / "RESULTS.md")
    text = (tmp_path / "docs" / "RESULTS.md").read_text()
    assert text.index("### the mean") < text.index("1: first part; 2: second part") < text.index("### first part")
    assert "| majority class | 0.500 | 1.000 | 0.750 |" in text
    assert text.count("### the mean") == 1


def test_results_without_curves_have_no_picture(script: Any, tmp_path: Path) -> None:
    page: ModuleType = script("page")
    table = make_table(["a"] * 4 + ["b"] * 4, [0, 1, 1, 1] * 2)
    result = run_benchmark("t", table, make_folds(table, "leave_one_group_out"), MAJORITY, [0])
    bare = type(result)("t", tuple(type(row)(**{**vars(row), "curve": {}}) for row in result.rows), result.provenance)
    assert not page.draw_risk_coverage(bare, tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()


def test_the_papers_network_learns_and_repeats(script: Any) -> None:
    networks: ModuleType = script("networks")
    table = make_people()
    train, test = without(table, "s02"), only(table, "s02")
    first, again, other = (
        networks.PaperNetwork(epochs=6, width=16).fit(train, seed).probabilities(test.motions) for seed in (0, 0, 1)
    )
    assert first.shape == (len(test), 2)
    np.testing.assert_allclose(first.sum(axis=1), 1.0, atol=1e-5)
    assert (first.argmax(axis=1) == test.labels).all()
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_its_input_knows_neither_size_nor_place(script: Any) -> None:
    networks: ModuleType = script("networks")
    table = make_people(n_people=1)
    moved = type(table)(
        tuple(motion.replace(positions=7.0 * motion.positions + 3.0) for motion in table.motions),
        table.labels, table.classes, table.groups, table.names,
    )  # fmt: skip
    np.testing.assert_allclose(
        networks.compute_inputs(moved.motions), networks.compute_inputs(table.motions), rtol=1e-4
    )


def test_it_registers_as_a_row(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    networks: ModuleType = script("networks")
    monkeypatch.delitem(METHODS, "paper", raising=False)
    networks.register()
    assert METHODS.pop("paper").title.startswith("paper's TDM network")


def test_the_page_in_the_repository_is_made_of_the_results_beside_it(script: Any, tmp_path: Path) -> None:
    script("page").write_page(BENCHMARKS / "results", tmp_path / "RESULTS.md")
    assert (tmp_path / "RESULTS.md").read_text() == (BENCHMARKS.parent / "docs" / "RESULTS.md").read_text()
