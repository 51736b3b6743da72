"""Sides of a data set and the batches that Lightning sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytorch_lightning as lightning
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from formnet.checks import check_fields, real, whole, within
from formnet.errors import DataError
from formnet.evaluation.splits import canonical_group, group_names, make_folds
from formnet.features.registry import compute_channels
from formnet.preprocess.spec import FeatureSpec
from formnet.readers.table import RepetitionTable
from formnet.training.arrays import RepetitionArrays
from formnet.training.augment import AugmentSpec, augment_positions

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class SplitOptions:
    """Who is on which side.

    Attributes:
        kind: "groups" (by `test_groups`), "group_kfold" (fold `fold` of `n_folds`), "leave_one_group_out",
            "authors" or "random"; see `formnet.evaluation.splits`. Without test groups "groups" becomes "group_kfold".
            "all" tests on every row, for measuring a model on data it was not trained on.
        test_groups, val_groups: names of groups in any usual spelling ("s09", "9" and 9 are one). Without
            `val_groups` whole groups are drawn for about `val_share` of the training rows.
        allow_leakage: let a group stand on two sides, and allow the random split.
    """

    kind: str = "groups"
    test_groups: tuple[str, ...] = ()
    val_groups: tuple[str, ...] = ()
    n_folds: int = within(whole(2, 10_000), 5)
    fold: int = within(whole(), 0)
    val_share: float = within(real(0, 0.9), 0.15)
    allow_leakage: bool = False
    seed: int = within(whole(), 0)

    def __post_init__(self) -> None:
        check_fields(self, "data")


@dataclass(frozen=True, eq=False)
class Sides:
    """Row numbers of a table on each side; `name` says how they were made."""

    name: str
    train: Rows
    val: Rows
    test: Rows
    test_groups: tuple[str, ...] = ()
    val_groups: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    def describe(self, repetitions: Mapping[str, int]) -> dict[str, Any]:
        """What a reader of figures must know about the split, as plain values; `repetitions` of each side."""
        return {
            "name": self.name,
            "test_groups": list(self.test_groups),
            "val_groups": list(self.val_groups),
            "repetitions": dict(repetitions),
            "warnings": list(self.warnings),
        }


def split_table(table: RepetitionTable, options: SplitOptions) -> Sides:
    """Divides a table into training, validation and test rows by whole groups.

    Raises:
        DataError: for unknown groups, too few of them, or a group on two sides that was not allowed there.
    """
    kind = options.kind
    if kind == "all":
        none = np.zeros(0, dtype=np.intp)
        return Sides("all rows", none, none, np.arange(len(table)), tuple(sorted(set(table.groups.tolist()))))
    if kind == "random" and not options.allow_leakage:
        raise DataError(
            "a random split puts one person or day on both sides; hold out groups with data.test_groups=[…], or say "
            "data.allow_leakage=true"
        )
    if kind == "groups" and not options.test_groups:
        kind = "group_kfold"
    n_groups = len(set(group_names(table)))
    folds = make_folds(
        table,
        kind,
        n_folds=min(options.n_folds, n_groups),
        test_groups=options.test_groups if kind == "groups" else (),
        seed=options.seed,
        allow_leakage=options.allow_leakage,
    )
    if not 0 <= options.fold < len(folds):
        raise DataError(f"expected data.fold in 0…{len(folds) - 1}, got {options.fold}")
    fold = folds[options.fold]
    val = _choose_validation(table, fold.train, fold.test, options)
    train = np.setdiff1d(fold.train, val)
    if not len(train):
        raise DataError("nothing is left to train on; name fewer test and validation groups")
    groups = np.asarray(table.groups)
    name = {"groups": "held-out groups", "group_kfold": f"group {fold.name} of {len(folds)}"}.get(kind, fold.name)
    names = [tuple(sorted(set(groups[rows].tolist()))) if kind != "random" else () for rows in (fold.test, val)]
    return Sides(name, train, val, fold.test, names[0], names[1], fold.warnings)


def _choose_validation(table: RepetitionTable, train: Rows, test: Rows, options: SplitOptions) -> Rows:
    names = group_names(table)
    if options.val_groups:
        wanted = {canonical_group(group) for group in options.val_groups}
        unknown = wanted - set(names.tolist())
        if unknown:
            raise DataError(
                f"this copy has no group {', '.join(sorted(unknown))}; it has {', '.join(sorted(set(names)))}"
            )
        both = wanted & set(names[test].tolist())
        if both and not options.allow_leakage:
            raise DataError(
                f"group {', '.join(sorted(both))} is named for validation and for the test; name it once, or say "
                "data.allow_leakage=true"
            )
        return np.asarray(np.flatnonzero(np.isin(names, list(wanted))), dtype=np.intp)
    rng = np.random.default_rng(options.seed)
    if options.kind == "random":
        return np.sort(rng.permutation(train)[: round(options.val_share * len(train))])
    remaining = sorted(set(names[train].tolist()))
    if len(remaining) < 2 or options.val_share <= 0:
        return np.zeros(0, dtype=np.intp)
    chosen: list[str] = []
    for i in rng.permutation(len(remaining)):
        rows = np.isin(names[train], chosen).sum()
        if rows >= options.val_share * len(train) or len(chosen) == len(remaining) - 1:
            break
        chosen.append(remaining[i])
    return train[np.isin(names[train], chosen)]


class _Positions(Dataset[Any]):
    """Serves whole batches at once: no per-item Python."""

    def __init__(self, arrays: RepetitionArrays) -> None:
        self.positions = torch.from_numpy(arrays.positions)
        self.labels = torch.from_numpy(arrays.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitems__(self, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
        chosen = torch.as_tensor(rows)
        return self.positions[chosen], self.labels[chosen]


class _EpochShuffle(Sampler[int]):
    """A new order every epoch that depends on nothing but the seed and the epoch, so a resumed run goes on alike.

    With `balance` every class is drawn equally often.
    """

    def __init__(self, labels: NDArray[np.int64], seed: int, balance: bool = False) -> None:
        self.labels, self.seed, self.balance, self.epoch = labels, seed, balance, 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning at the start of an epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng((self.seed, self.epoch))
        if not self.balance:
            return iter(rng.permutation(len(self.labels)).tolist())
        weight = 1.0 / np.bincount(self.labels)[self.labels]
        return iter(rng.choice(len(self.labels), len(self.labels), p=weight / weight.sum()).tolist())


class RepetitionData(lightning.LightningDataModule):
    """Batches of (features (B, T, F), labels (B,)); augmentation and features are computed per batch, on its device.

    Args:
        train, val, test: the sides; `val` may be empty.
        features: what is computed from positions.
        augment: changes of training batches.
        seed: of order and augmentation, which also depend on epoch and step alone, so runs repeat and resume alike.
    """

    def __init__(
        self, train: RepetitionArrays, val: RepetitionArrays, test: RepetitionArrays, features: FeatureSpec,
        augment: AugmentSpec, *, batch_size: int = 64, balance: bool = False, seed: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.sides = {"train": train, "val": val, "test": test}
        self.features, self.augment = features, augment
        self.batch_size, self.balance, self.seed = batch_size, balance, seed

    def compute_features(self, positions: Tensor) -> Tensor:
        """(B, T, J, D) → (B, T, F) float32."""
        return compute_channels(positions, self.sides["train"].skeleton, self.features).values.float()

    def features_of(self, side: str, augmented: bool = False) -> Tensor:
        """All features of a side; for the scale of the input (augmented once) and for calibration."""
        arrays = self.sides[side]
        generator = torch.Generator().manual_seed(self.seed)
        parts = []
        for start in range(0, len(arrays), 256):
            positions = torch.from_numpy(arrays.positions[start : start + 256])
            if augmented:
                positions = augment_positions(positions, arrays.skeleton, self.augment, generator)
            parts.append(self.compute_features(positions))
        return torch.cat(parts)

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> tuple[Tensor, Tensor]:
        del dataloader_idx
        positions, labels = batch
        if self.trainer is not None and self.trainer.training:
            step = self.trainer.global_step * self.trainer.world_size + self.trainer.global_rank
            generator = torch.Generator().manual_seed(self.seed * 1_000_003 + step)
            positions = augment_positions(positions, self.sides["train"].skeleton, self.augment, generator)
        return self.compute_features(positions), labels

    def train_dataloader(self) -> DataLoader[Any]:
        arrays = self.sides["train"]
        sampler = _EpochShuffle(arrays.labels, self.seed, self.balance)
        # A last batch of one repetition has no variance for batch normalisation.
        drop_last = len(arrays) > self.batch_size and len(arrays) % self.batch_size == 1
        return DataLoader(
            _Positions(arrays), self.batch_size, sampler=sampler, drop_last=drop_last, collate_fn=lambda batch: batch
        )

    def val_dataloader(self) -> DataLoader[Any] | list[Any]:
        return self._in_order("val") if len(self.sides["val"]) else []

    def test_dataloader(self) -> DataLoader[Any]:
        return self._in_order("test")

    def _in_order(self, side: str) -> DataLoader[Any]:
        return DataLoader(_Positions(self.sides[side]), self.batch_size, collate_fn=lambda batch: batch)
