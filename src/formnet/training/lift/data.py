"""Batches without end: simulated people, each time before another camera and with other errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytorch_lightning as lightning
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader

from formnet.body.load import load_body
from formnet.checks import check_fields, real, say_value, whole, within
from formnet.errors import InputError
from formnet.synth.camera import Camera
from formnet.synth.estimator_noise import EXERCISES, EXERCISES_BY_SIZE, EstimatorNoise, read_estimator_noise
from formnet.synth.exercises import KNOWN_EXERCISES
from formnet.training.batches import NumberedEpochs
from formnet.training.lift.motions import (
    FRAMES,
    FREE,
    Motions,
    join_motions,
    observe_motions,
    read_motions,
    sample_cameras,
    simulate_motions,
)


class Batch(NamedTuple):
    """`LiftBatch` as tensors."""

    points: Tensor
    confidence: Tensor
    picture: Tensor
    solid: Tensor


_CAMERAS = 2000


@dataclass(frozen=True)
class LiftDataOptions:
    """What a lifter is trained on.

    Attributes:
        squats, exercises: simulated people who squat, and who do something else.
        val_people: of each, other people that validation looks at.
        batch_size: motions in a batch.
        frames: of each motion, 64 at most; short pieces of more people teach faster where time matters little.
        steps_per_epoch: batches between two validations.
        through_estimator, odd_proportions: how people are seen, see `observe_motions`.
        sizes: of the pose model, whose errors are drawn in turn: "fast", "standard", "exact".
        recorded: a library of recorded people that `formnet recorded` wrote; None for simulated ones alone.
        recorded_share: of a batch that are recorded people.
        seed: of people, cameras and errors.
    """

    squats: int = within(whole(1, 10_000_000), 3000)
    exercises: int = within(whole(1, 10_000_000), 6000)
    val_people: int = within(whole(1, 100_000), 96)
    batch_size: int = within(whole(1, 65536), 32)
    frames: int = within(whole(4, FRAMES), FRAMES)
    steps_per_epoch: int = within(whole(1), 200)
    through_estimator: float = within(real(0, 1), 0.6)
    odd_proportions: bool = True
    sizes: tuple[str, ...] = ("standard",)
    recorded: str | None = None
    recorded_share: float = within(real(0, 1), 0.3)
    seed: int = within(whole(), 0)

    def __post_init__(self) -> None:
        check_fields(self, "task.data")
        if not self.sizes or not all(size in EXERCISES_BY_SIZE for size in map(str, self.sizes)):
            known = ", ".join(EXERCISES_BY_SIZE)
            raise InputError(f"expected task.data.sizes to be some of {known}, got {say_value(list(self.sizes))}")
        if self.recorded is not None and not (isinstance(self.recorded, str) and Path(self.recorded).is_file()):
            given = self.recorded if isinstance(self.recorded, str) else say_value(self.recorded)
            raise InputError(f"task.data.recorded={given} is not there; make one with formnet recorded")


class LiftData(lightning.LightningDataModule):
    """Training batches that never come twice, and one fixed validation batch of other people."""

    def __init__(self, options: LiftDataOptions) -> None:
        super().__init__()
        self.options = options
        # Movements that are none in particular count twice: the prior must not be a list of exercises.
        known = [*KNOWN_EXERCISES, FREE]
        body = load_body()
        noises = [read_estimator_noise(EXERCISES_BY_SIZE[size]) for size in options.sizes]
        recorded = [read_motions(body, Path(options.recorded))] if options.recorded is not None else []
        motions = simulate_motions(body, options.squats, options.exercises, options.seed, known)
        cameras = sample_cameras(np.random.default_rng([options.seed, 2]), _CAMERAS)
        self.batches = ObservedBatches(
            join_motions([motions, *recorded]), cameras, noises, options, sum(map(len, recorded))
        )
        # Figures compare with those of other trainings, whatever sizes and people these see.
        self.validation = _validation_batch(options, cameras, read_estimator_noise(EXERCISES), known)

    def train_dataloader(self) -> DataLoader:
        return DataLoader(self.batches, batch_size=None)

    def val_dataloader(self) -> DataLoader:
        return DataLoader([self.validation], batch_size=None)  # type: ignore[arg-type]


class ObservedBatches(NumberedEpochs):
    """`steps_per_epoch` fresh batches an epoch; the same seed gives the same batches in the same order."""

    def __init__(
        self, motions: Motions, cameras: Sequence[Camera], noises: Sequence[EstimatorNoise], options: LiftDataOptions,
        recorded: int = 0,
    ) -> None:  # fmt: skip
        """`recorded`: how many of the motions, the last ones, are recorded."""
        self._motions, self._cameras, self._noises, self._options = motions, cameras, noises, options
        self._recorded = recorded

    def __len__(self) -> int:
        return self._options.steps_per_epoch

    def __iter__(self) -> Iterator[Batch]:
        rng, frames = np.random.default_rng([self._options.seed, 3, self.begin_epoch()]), self._options.frames
        for step in range(self._options.steps_per_epoch):
            rows = self._draw(rng)
            piece = self._motions.window(int(rng.integers(FRAMES - frames + 1)), frames)
            noise = self._noises[step % len(self._noises)]
            yield _to_tensors(piece, rows, self._cameras, noise, rng, self._options)

    def _draw(self, rng: np.random.Generator) -> NDArray[np.intp]:
        """Rows of a batch; recorded people stand behind the simulated ones."""
        count = round(self._options.recorded_share * self._options.batch_size) if self._recorded else 0
        simulated = len(self._motions) - self._recorded
        rows = rng.integers(simulated, size=self._options.batch_size - count)
        return np.concatenate([rows, simulated + rng.integers(self._recorded, size=count)]) if count else rows


def _validation_batch(
    options: LiftDataOptions, cameras: Sequence[Camera], noise: EstimatorNoise, names: Sequence[str]
) -> Batch:
    seed = options.seed + 1_000_000
    motions = simulate_motions(load_body(), options.val_people, options.val_people, seed, names)
    return _to_tensors(motions, np.arange(len(motions)), cameras, noise, np.random.default_rng([seed, 3]), options)


def _to_tensors(
    motions: Motions,
    rows: np.ndarray,
    cameras: Sequence[Camera],
    noise: EstimatorNoise,
    rng: np.random.Generator,
    options: LiftDataOptions,
) -> Batch:
    batch = observe_motions(
        motions, rows, cameras, noise, rng,
        through_estimator=options.through_estimator, odd_proportions=options.odd_proportions,
    )  # fmt: skip
    return Batch(*map(torch.from_numpy, batch))
