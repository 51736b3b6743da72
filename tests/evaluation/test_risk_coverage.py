"""The risk–coverage curve against a slow, obvious twin, and thresholds whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.evaluation.risk_coverage import choose_unsure_below, compute_risk_coverage
from formnet.judges.protocol import build_recipe

# Confidence 0.9 (right), 0.8 (right), 0.7 (wrong), 0.6 (right).
FOUR = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]])
TRUTH = np.array([0, 1, 1, 1])


def slow_curve(probabilities: np.ndarray, labels: np.ndarray) -> tuple[dict[float, tuple[float, float]], float]:
    """Threshold → (coverage, risk), and the mean risk, by counting for each row."""
    points, risks = {}, []
    for own in probabilities:
        given = [row for row in range(len(labels)) if max(probabilities[row]) >= max(own)]
        wrong = [row for row in given if int(np.argmax(probabilities[row])) != labels[row]]
        points[float(max(own))] = (len(given) / len(labels), len(wrong) / len(given))
        risks.append(len(wrong) / len(given))
    return points, float(np.mean(risks))


@pytest.mark.parametrize("decimals", [1, 6])
def test_the_curve_is_that_of_its_slow_twin(decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    # Few decimals make many equally sure answers.
    probabilities = rng.dirichlet(np.ones(3), 120).round(decimals)
    labels = rng.integers(0, 3, 120)
    curve = compute_risk_coverage(probabilities, labels)
    points, area = slow_curve(probabilities, labels)
    assert len(curve.risk) == len(points)
    for confidence, coverage, risk in zip(curve.confidence, curve.coverage, curve.risk, strict=True):
        assert (coverage, risk) == pytest.approx(points[float(confidence)])
    assert curve.aurc == pytest.approx(area)
    assert curve.coverage[-1] == 1.0


def test_known_curves() -> None:
    curve = compute_risk_coverage(FOUR, TRUTH)
    np.testing.assert_allclose(curve.coverage, [0.25, 0.5, 0.75, 1.0])
    np.testing.assert_allclose(curve.risk, [0, 0, 1 / 3, 1 / 4])
    assert curve.aurc == pytest.approx((1 / 3 + 1 / 4) / 4)
    flat = compute_risk_coverage(np.full((8, 2), 0.5), np.array([0, 1] * 4))
    assert (flat.coverage.tolist(), flat.risk.tolist(), flat.aurc) == ([1.0], [0.5], 0.5)


def test_knowing_when_one_is_wrong_beats_not_knowing() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 200)
    answers = np.where(rng.random(200) < 0.3, 1 - labels, labels)
    honest = np.where(answers == labels, 0.9, 0.6)
    backwards = np.where(answers == labels, 0.6, 0.9)
    area = [
        compute_risk_coverage(np.where(np.arange(2) == answers[:, None], sure[:, None], 1 - sure[:, None]), labels).aurc
        for sure in (honest, np.full(200, 0.8), backwards)
    ]
    assert area[0] < area[1] < area[2]


@pytest.mark.parametrize(
    ("target", "threshold"), [(0.0, 0.0), (0.75, 0.0), (0.9, 0.75), (1.0, 0.75)], ids=["off", "all", "90 %", "100 %"]
)
def test_the_threshold_answers_most_of_those_that_reach_the_target(target: float, threshold: float) -> None:
    assert choose_unsure_below(FOUR, TRUTH, target) == pytest.approx(threshold)


def test_a_target_that_is_never_reached_leaves_only_certainty() -> None:
    assert choose_unsure_below(FOUR, 1 - TRUTH, 0.9) == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_answers_above_the_threshold_reach_the_target(seed: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(4, 0.5), 300)
    labels = np.array([rng.choice(4, p=row) for row in probabilities])
    threshold = choose_unsure_below(probabilities, labels, 0.85)
    given = probabilities.max(axis=1) >= threshold
    right = probabilities.argmax(axis=1) == labels
    assert 0 < given.sum() < 300
    assert right[given].mean() >= 0.85
    # No other threshold that reaches the target answers more.
    for other in probabilities.max(axis=1):
        more = probabilities.max(axis=1) >= other
        assert more.sum() <= given.sum() or right[more].mean() < 0.85


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="expected a target accuracy of 0…1, got 90"):
        choose_unsure_below(FOUR, TRUTH, 90)
    with pytest.raises(InputError, match="for 3 labels"):
        compute_risk_coverage(FOUR, TRUTH[:3])
    with pytest.raises(InputError, match="for 0 labels"):
        compute_risk_coverage(FOUR[:0], TRUTH[:0])
    for name in ("movement", "squat"):
        with pytest.raises(InputError, match=r"got 1\.5"):
            build_recipe({"name": name, "target_accuracy": 1.5})
        with pytest.raises(InputError, match="set inner_folds"):
            build_recipe({"name": name, "target_accuracy": 0.9, "inner_folds": 0})
