"""Training of lifters from end to end, on a handful of people."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as lightning
from safetensors.numpy import load_file

from formnet.body import load_body
from formnet.errors import InputError
from formnet.lifting.forward import LifterNetwork
from formnet.lifting.temporal import load_lifter
from formnet.recorded.library import RecordedMotions
from formnet.synth.estimator_noise import read_estimator_noise
from formnet.synth.exercises import UNSEEN_EXERCISES
from formnet.training.lift import data
from formnet.training.lift.build import build_lift_options
from formnet.training.lift.data import LiftData, LiftDataOptions
from formnet.training.lift.motions import observe_motions, sample_cameras, simulate_motions
from formnet.training.lift.run import LiftOptions, as_tensors, begin_with, run_lift_training
from formnet.training.lift.supervised import measure_batch

FEW = LiftDataOptions(squats=6, exercises=12, val_people=4, batch_size=4, frames=16, steps_per_epoch=3)
SMALL = LifterNetwork(width=16, token=4, dilations=(1, 2), dropout=0.0)


@pytest.fixture(autouse=True)
def few_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "_CAMERAS", 40)


def train(out: Path, way: str) -> dict[str, float]:
    def make_trainer(**arguments) -> lightning.Trainer:
        return lightning.Trainer(
            max_epochs=2, accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
            num_sanity_val_steps=0, deterministic=True, **arguments,
        )  # fmt: skip

    return run_lift_training(LiftOptions(way=way, data=FEW, network=SMALL), make_trainer, out, record={"seed": 0})


@pytest.mark.parametrize("way", ["supervised", "unsupervised"])
def test_a_training_leaves_a_lifter_its_figures_and_can_be_repeated(way: str, tmp_path: Path) -> None:
    figures = train(tmp_path / "a", way)
    stored = load_lifter(tmp_path / "a" / "lifter.safetensors")
    assert stored.about["way"] == way
    assert stored.about["metrics"] == figures == json.loads((tmp_path / "a" / "metrics.json").read_text())
    again = measure_batch(as_tensors(stored), LiftData(FEW).validation)
    assert figures["val/pa_mpjpe_mm"] == pytest.approx(again["pa_mpjpe_mm"])
    assert train(tmp_path / "b", way) == figures
    weights = [(tmp_path / run / "lifter.safetensors").read_bytes() for run in "ab"]
    assert weights[0] == weights[1]


def test_training_never_sees_the_exercises_of_the_test() -> None:
    names = set(LiftData(FEW).batches._motions.names)
    assert not names & set(UNSEEN_EXERCISES)
    assert {"squat", "lunge", "free"} <= names


def write_library(path: Path, pieces: int = 3) -> Path:
    """Recorded people who stand at rest, floating high where no simulated person is."""
    betas = np.zeros((pieces, len(load_body().shape_names)))
    poses, place = np.zeros((pieces, 64, 24, 3)), np.tile([0.0, -50.0, 0.0], (pieces, 64, 1))
    RecordedMotions(np.full(pieces, "m01"), np.full(pieces, "s01"), betas, poses, place).write(path)
    return path


def test_recorded_people_are_mixed_in_by_their_share_and_simulated_ones_stay_the_same(tmp_path: Path) -> None:
    library = str(write_library(tmp_path / "people.npz"))
    mixed = LiftData(replace(FEW, recorded=library, recorded_share=0.5)).batches
    rng = np.random.default_rng(0)
    assert (mixed._motions.joints[mixed._draw(rng)][:, 0, 0, 1] < -20).tolist() == [False, False, True, True]
    alone = LiftData(FEW).batches
    assert len(mixed._motions) == len(alone._motions) + 3
    assert (mixed._motions.joints[: len(alone._motions)] == alone._motions.joints).all()
    first = next(iter(LiftData(replace(FEW, recorded=library, recorded_share=0.0)).batches))
    assert (first.points == next(iter(alone)).points).all()


def test_errors_of_every_size_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    make = data._to_tensors
    monkeypatch.setattr(data, "_to_tensors", lambda *given: seen.append(given[3]) or make(*given))
    batches = LiftData(replace(FEW, sizes=("fast", "standard", "exact"))).batches
    seen.clear()
    list(batches)
    assert len({id(noise) for noise in seen}) == 3


def test_a_training_begins_with_a_lifter_it_is_given(tmp_path: Path) -> None:
    train(tmp_path / "a", "supervised")
    start = tmp_path / "a" / "lifter.safetensors"
    lifter = SMALL.build()
    begin_with(lifter, start)
    former = load_file(start)
    assert all((former[name] == value.numpy()).all() for name, value in lifter.state_dict().items())
    with pytest.raises(InputError, match="width=16"):
        begin_with(LifterNetwork(width=8, token=4, dilations=(1,)).build(), start)


def test_unsupervised_training_does_not_look_at_the_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = train(tmp_path / "a", "unsupervised")
    make = data._to_tensors

    def lying(*arguments):
        batch = make(*arguments)
        return batch._replace(solid=batch.solid * 0.0 + 7.0)

    monkeypatch.setattr(data, "_to_tensors", lying)
    train(tmp_path / "b", "unsupervised")
    a, b = (load_file(tmp_path / run / "lifter.safetensors") for run in "ab")
    assert all((a[name] == b[name]).all() for name in a)
    assert honest["val/mpjpe_mm"] > 0


def test_a_batch_shows_people_as_sources_do() -> None:
    body, rng = load_body(), np.random.default_rng(0)
    motions = simulate_motions(body, 8, 8, 0, ["lunge", "walking"])
    batch = observe_motions(
        motions, np.arange(16), sample_cameras(rng, 4), read_estimator_noise(), rng,
        through_estimator=0.6, odd_proportions=True,
    )  # fmt: skip
    assert batch.points.shape == (16, 64, 24, 2)
    assert batch.solid.shape == (16, 64, 32, 3)
    hidden = batch.confidence == 0
    assert (batch.points[hidden] == 0).all()
    assert 0.05 < hidden.mean() < 0.5
    assert np.isfinite(batch.solid).all()
    height = np.ptp(batch.solid[..., 1], axis=2).max(axis=1)
    assert ((height > 1.2) & (height < 2.4)).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"way": "magic"}, "supervised, unsupervised"),
        ({"data": {"frames": 2}}, "4…64"),
        ({"data": {"people": 2}}, "no option people"),
        ({"network": {"dilations": "wide"}}, "whole numbers"),
        ({"data": {"sizes": ["huge"]}}, "fast, standard, exact"),
        ({"data": {"sizes": 3}}, "fast, standard, exact"),
        ({"data": {"recorded": "none.npz"}}, "formnet recorded"),
        ({"start": "none.safetensors"}, "lifter.safetensors"),
    ],
)
def test_wrong_settings_are_refused_in_one_sentence(change: dict, said: str) -> None:
    task = {"way": "supervised", "data": {}, "network": {"dilations": [1]}, "fit": {}, "weights": {}}
    with pytest.raises(InputError, match=said):
        build_lift_options({**task, **change}, 0)
