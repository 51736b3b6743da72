"""Answers of finished runs, so that a benchmark that was stopped goes on where it was.

A file holds the out-of-fold answers of one method with one seed. It is found again only for the same rows, labels and
folds, the same options, and the same source of the method; anything else is measured anew. So rows of a table may be
measured at different times, yet always on the same folds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import numpy as np

from formnet.errors import InputError
from formnet.evaluation.benchmark import Answers, Method, measure_answers
from formnet.evaluation.splits import Fold
from formnet.readers.table import RepetitionTable
from formnet.storage.files import atomic_path


@dataclass(frozen=True)
class KeptAnswers:
    """Answers in a folder, measured where they are not there yet; for `run_benchmark(answer=…)`.

    Attributes:
        folder: one file for each run.
        is_fresh: measure everything anew and replace what is there.
    """

    folder: Path
    is_fresh: bool = False

    def __call__(self, method: Method, table: RepetitionTable, folds: Sequence[Fold], seed: int) -> Answers:
        path = self.folder / f"{method.name}-{seed}-{compute_key(method, table, folds, seed)[:24]}.npz"
        if path.exists() and not self.is_fresh:
            return read_answers(path, folds, len(table.classes))
        answers = measure_answers(method, table, folds, seed)
        with atomic_path(path) as temporary:
            np.savez_compressed(
                temporary,
                probabilities=np.concatenate(answers.probabilities),
                rows=np.array([len(fold) for fold in answers.probabilities]),
                seconds=answers.seconds,
            )
        return answers


def read_answers(path: Path, folds: Sequence[Fold], n_classes: int) -> Answers:
    """The answers in a file; raises `InputError` when they are not those of these folds."""
    try:
        with np.load(path) as stored:
            probabilities, rows, seconds = stored["probabilities"], stored["rows"], float(stored["seconds"])
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path} holds no answers ({error}); delete it to measure them anew") from None
    if rows.tolist() != [len(fold.test) for fold in folds] or probabilities.shape != (rows.sum(), n_classes):
        raise InputError(f"{path} holds answers of other folds; delete it to measure them anew")
    return Answers(tuple(np.split(probabilities, np.cumsum(rows)[:-1])), seconds)


def compute_key(method: Method, table: RepetitionTable, folds: Sequence[Fold], seed: int) -> str:
    """Hexadecimal SHA-256 of all that decides an answer."""
    digest = hashlib.sha256(json.dumps([method.name, seed, method.options, table.classes], sort_keys=True).encode())
    for part in (*_table_bytes(table), *_source_bytes(method.modules)):
        digest.update(hashlib.sha256(part).digest())
    for fold in folds:
        for side in (fold.train, fold.test):
            digest.update(hashlib.sha256(np.asarray(side, dtype=np.int64).tobytes()).digest())
    return digest.hexdigest()


def _table_bytes(table: RepetitionTable) -> Iterator[bytes]:
    yield json.dumps([table.groups.tolist(), table.labels.tolist(), table.names]).encode()
    for motion in table.motions:
        yield repr((motion.skeleton.name, motion.positions.shape)).encode()
        yield motion.positions.tobytes() + motion.confidence.tobytes() + motion.timestamps.tobytes()


@lru_cache(maxsize=64)
def _source_bytes(modules: tuple[str, ...]) -> tuple[bytes, ...]:
    """The source of modules, and of all modules of packages, as it was when it was first asked for."""
    paths = [Path(str(import_module(name).__file__)) for name in modules]
    files = [sorted(path.parent.glob("*.py")) if path.name == "__init__.py" else [path] for path in paths]
    return tuple(file.read_bytes() for own in files for file in own)
