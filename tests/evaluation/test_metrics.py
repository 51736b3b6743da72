"""Figures beside independent references, and answers gathered over batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score, f1_score
from torchmetrics.functional.classification import multiclass_calibration_error

from formnet.evaluation.metrics import compute_calibration_error, compute_metrics, describe_answers
from formnet.judges.parts.calibrate import fit_slope
from formnet.training.metrics import GatheredAnswers

CLASSES = ("a", "b", "c", "d")


def draw(n_true_classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, n_true_classes, 200)
    scores = rng.normal(size=(200, 4)) + np.eye(4)[labels]
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True), labels


@pytest.mark.parametrize("n_true_classes", [4, 3])
def test_figures_equal_scikit_learn_also_without_some_class(n_true_classes: int) -> None:
    probabilities, labels = draw(n_true_classes)
    figures = describe_answers(probabilities, labels, CLASSES)
    predicted = probabilities.argmax(-1)
    with np.testing.suppress_warnings() as quiet:
        quiet.filter(UserWarning)
        assert figures["test/balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, predicted), abs=1e-6)
    assert figures["test/macro_f1"] == pytest.approx(f1_score(labels, predicted, average="macro"), abs=1e-6)
    assert figures["test/accuracy"] == pytest.approx((labels == predicted).mean(), abs=1e-6)
    assert figures["test/majority_accuracy"] == pytest.approx(np.bincount(labels).max() / 200)
    assert np.sum(figures["test/confusion"]) == figures["test/repetitions"] == 200
    assert (figures["test/recall/d"] is None) == (n_true_classes == 3)


@pytest.mark.parametrize("n_bins", [5, 10, 15])
def test_the_calibration_error_is_that_of_torchmetrics(n_bins: int) -> None:
    probabilities, labels = draw()
    expected = multiclass_calibration_error(
        torch.from_numpy(probabilities), torch.from_numpy(labels), num_classes=4, n_bins=n_bins, norm="l1"
    )
    assert compute_calibration_error(probabilities, labels, n_bins) == pytest.approx(float(expected), abs=1e-6)


def test_answers_in_batches_are_counted_together() -> None:
    probabilities, labels = draw()
    gathered = GatheredAnswers()
    for part in np.array_split(np.arange(200), 7):
        gathered.update(torch.from_numpy(probabilities[part]), torch.from_numpy(labels[part]))
    assert compute_metrics(*gathered.gather()) == pytest.approx(compute_metrics(probabilities, labels))
    gathered.update(torch.from_numpy(probabilities[:5]), torch.from_numpy(labels[:5]))
    assert len(gathered.gather()[1]) == 5, "every epoch starts anew"


def test_temperature_is_recovered() -> None:
    rng = np.random.default_rng(0)
    logits = 2.0 * rng.normal(size=(4000, 5))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(5, p=share) for share in shares])
    assert 1.0 / fit_slope(3.0 * logits, labels) == pytest.approx(3.0, rel=0.08)
    assert fit_slope(logits[:0], labels[:0]) == 1.0
