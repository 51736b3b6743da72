"""`unsure` chosen while training: what a target accuracy does to a stored model, for networks and learners."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.evaluation.risk_coverage import choose_unsure_below
from formnet.judges.checkpoint import load_model
from formnet.judges.parts.calibrate import fit_calibration, fit_slope
from formnet.judges.protocol import build_recipe
from formnet.preprocess.spec import PreprocessSpec
from formnet.training.data import SplitOptions
from formnet.training.learner_run import LearnerRun, run_learner_training
from formnet.training.run import FitOptions, run_training
from tests.judges.people import make_people
from tests.training.stub import make_options, make_table, trainer_maker

LEARNER = {"name": "movement", "n_features": 600, "inner_folds": 2}


def noisy_scores(count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Scores of two classes that are right about three times in four."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, count)
    own = np.where(labels == 1, 1.0, -1.0) + rng.normal(0, 1.4, count)
    return np.stack([-own, own], axis=1), labels


def test_calibration_chooses_the_threshold_on_calibrated_answers() -> None:
    scores, labels = noisy_scores()
    slope, unsure_below = fit_calibration(scores, labels, 0.9)
    assert slope == fit_slope(scores, labels)
    probabilities = 1 / (1 + np.exp(-slope * np.stack([scores[:, 0] - scores[:, 1], scores[:, 1] - scores[:, 0]], 1)))
    assert unsure_below == pytest.approx(choose_unsure_below(probabilities, labels, 0.9))
    given = probabilities.max(axis=1) >= unsure_below
    assert (probabilities.argmax(axis=1) == labels).mean() < 0.8
    assert (probabilities.argmax(axis=1) == labels)[given].mean() >= 0.9
    assert fit_calibration(scores, labels, 0.0) == (slope, 0.0)


def test_a_learner_with_a_target_doubts_where_left_out_groups_are_mistaken() -> None:
    table = make_people()
    rng = np.random.default_rng(1)
    # Labels that nothing explains: left-out groups are often mistaken, whatever is learnt.
    shuffled = type(table)(table.motions, rng.permutation(table.labels), table.classes, table.groups, table.names)
    always, doubting = (build_recipe({**LEARNER, "target_accuracy": t}).fit(shuffled, 0) for t in (0.0, 0.95))
    assert always.unsure_below == 0.0
    assert doubting.unsure_below > 0.5
    for name, array in always.arrays().items():
        np.testing.assert_array_equal(array, doubting.arrays()[name], err_msg=name)


@pytest.mark.parametrize("target", [0.0, 0.9])
def test_the_stored_learner_keeps_its_doubt(target: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "formnet.judges.parts.calibrate.choose_unsure_below", lambda probabilities, labels, target: 0.8 * target
    )
    spec = PreprocessSpec.from_dict({"skeleton": "blazepose33", "segmentation": "whole"})
    options = LearnerRun(spec, {**LEARNER, "target_accuracy": target}, SplitOptions(test_groups=("s01",)))
    run_learner_training(make_people(), options, tmp_path)
    assert load_model(tmp_path / "model.safetensors").unsure_below == pytest.approx(0.8 * target)


def test_a_network_takes_its_threshold_from_the_validation_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def choose(probabilities: np.ndarray, labels: np.ndarray, target: float) -> float:
        seen.append((probabilities, labels, target))
        return 0.7

    monkeypatch.setattr("formnet.training.run.choose_unsure_below", choose)
    table = make_table()
    options = make_options(fit=FitOptions(seed=3, batch_size=8, target_accuracy=0.9))
    run_training(table, options, trainer_maker(1), tmp_path)
    ((probabilities, labels, target),) = seen
    assert target == 0.9
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-5)
    val = json.loads((tmp_path / "model.json").read_text())["training"]["split"]["repetitions"]["val"]
    assert len(labels) == len(probabilities) == val > 0
    assert load_model(tmp_path / "model.safetensors").unsure_below == 0.7


def test_a_network_without_validation_cannot_learn_to_doubt(tmp_path: Path) -> None:
    options = make_options(
        split=SplitOptions(test_groups=("1", "s02"), val_share=0.0),
        fit=FitOptions(seed=3, batch_size=8, target_accuracy=0.9),
    )
    with pytest.raises(InputError, match=r"name data\.val_groups"):
        run_training(make_table(), options, trainer_maker(1), tmp_path)
