"""What benchmarks of measures and verdicts share: where sets are, tables for people, figures for programs, areas."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from page import REPOSITORY
from rich.console import Console
from rich.table import Table
from sklearn.metrics import roc_auc_score

from formnet.errors import InputError
from formnet.motion import FloatArray

CONSOLE = Console(stderr=True, width=None if Console(stderr=True).is_terminal else 140)


def dataset_root(folder: str) -> Path:
    """Where a set is looked for when no folder is given."""
    return Path(os.environ.get("FORMNET_DATASETS", REPOSITORY.parent / "shared" / "datasets")) / folder


def require_folder(path: Path, what: str) -> Path:
    """The folder; raises `InputError` where it is none, saying what is expected there."""
    if not path.is_dir():
        raise InputError(f"{path} is no folder; give {what}")
    return path


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table on standard error; the first column and those whose cells hold words are set left."""
    rows = list(rows)
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        is_text = any(len(max(row[number].split(), key=len, default="")) > 8 for row in rows)
        table.add_column(column, justify="right" if number and not is_text else "left")
    for row in rows:
        table.add_row(*row)
    CONSOLE.print(table)


def print_figures(figures: Mapping[str, Any]) -> None:
    """The last line on standard output: one JSON object; what could not be measured is null."""
    print(json.dumps(plain(figures), ensure_ascii=False))


def plain(value: Any, digits: int = 4) -> Any:
    """Rounded for JSON; NaN becomes null."""
    if isinstance(value, Mapping):
        return {str(name): plain(item, digits) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, digits) for item in value]
    if isinstance(value, (float, np.floating)):
        return round(float(value), digits) if math.isfinite(value) else None
    return value


def area(faulty: FloatArray, good: FloatArray) -> float:
    """Area under the ROC curve of faulty against good values, both (n,); NaN where one side has none.

    What could not be measured is left out.
    """
    faulty, good = (values[np.isfinite(values)] for values in (np.asarray(faulty, float), np.asarray(good, float)))
    if not len(faulty) or not len(good):
        return float("nan")
    truth = np.concatenate([np.ones(len(faulty)), np.zeros(len(good))])
    return float(roc_auc_score(truth, np.concatenate([faulty, good])))


def area_within(values: FloatArray, is_faulty: np.ndarray, is_good: np.ndarray, groups: np.ndarray) -> float:
    """Mean over groups (people, days) that have both of the area inside each; NaN where no group has both."""
    areas = [area(values[is_faulty & (groups == g)], values[is_good & (groups == g)]) for g in np.unique(groups)]
    return float(np.nanmean(areas)) if np.isfinite(areas).any() else float("nan")


def root_mean_square(values: Iterable[float]) -> float:
    """Over those that are known; NaN where none is."""
    known = np.array([value for value in values if math.isfinite(value)])
    return float(np.sqrt((known**2).mean())) if known.size else float("nan")


def share(flags: Iterable[bool]) -> float:
    """Share of True, NaN of nothing."""
    flags = list(flags)
    return float(np.mean(flags)) if flags else float("nan")
