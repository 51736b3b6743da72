"""Every class looks like its name, the more so the graver it is, and like nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.body.load import load_body
from formnet.errors import InputError
from formnet.faults import WASEDA_CLASSES
from formnet.skeleton import BLAZEPOSE_33
from formnet.synth.dataset import Repetitions, sample_repetitions
from formnet.synth.faults import apply_faults
from formnet.synth.nature import sample_nature
from tests.synth.people import (
    J,
    angle_deg,
    at_bottom,
    back_bend_deg,
    everyone,
    graded,
    head_extension_deg,
    hip_over_knee,
    knee_width_ratio,
    middle,
    of_class,
)

GRADES = (0.05, 0.5, 1.0)


def toe_margin(repetitions: Repetitions) -> np.ndarray:
    """Knees before the tips of the toes, metres (the person faces -z)."""
    toes = repetitions.landmarks(load_body())[:, :, BLAZEPOSE_33.indices(["left_foot_index", "right_foot_index"])]
    ahead = toes.mean(axis=2) - middle(repetitions.joints, "knee")
    return at_bottom(repetitions, ahead[..., 2])


MEASURES = {
    # class: what grows with its severity
    "inward_knees": lambda r: -at_bottom(r, knee_width_ratio(r.joints)),
    "round_back": lambda r: at_bottom(r, back_bend_deg(r.poses)),
    "warped_back": lambda r: -at_bottom(r, back_bend_deg(r.poses)),
    "head_up": lambda r: at_bottom(r, head_extension_deg(r.poses)),
    "shallow": lambda r: at_bottom(r, hip_over_knee(r.joints)),
    "knees_forward": toe_margin,
}


@pytest.mark.parametrize("name", MEASURES)
def test_severity_is_monotone_in_every_person(name: str) -> None:
    mild, middling, gross = (MEASURES[name](graded(name, severity)) for severity in GRADES)
    assert (mild < middling).all()
    assert (middling < gross).all()


@pytest.mark.parametrize("name", MEASURES)
def test_even_a_mild_fault_lies_outside_good_form(name: str) -> None:
    fault, good = MEASURES[name](graded(name, 0.05)), MEASURES[name](everyone())[of_class("good")]
    assert np.median(fault) > np.quantile(good, 0.95)


@pytest.mark.parametrize("name", MEASURES)
def test_a_fault_does_not_show_in_the_measures_of_others(name: str) -> None:
    # Rounding a back does not cave the knees in, and so on: medians stay inside good form's range.
    coupled = {
        # Physics couples these: bending hips less or more moves the trunk.
        ("knees_forward", "head_up"),
        ("shallow", "knees_forward"),
        ("knees_forward", "inward_knees"),
    }
    for other, measure in MEASURES.items():
        if other == name or (name, other) in coupled or {name, other} == {"round_back", "warped_back"}:
            continue
        shown, good = measure(graded(name, 0.5)), measure(everyone())[of_class("good")]
        assert np.quantile(good, 0.02) <= np.median(shown) <= np.quantile(good, 0.98), other


def test_ranges_of_depth() -> None:
    repetitions = everyone()
    height = at_bottom(repetitions, hip_over_knee(repetitions.joints))
    shallow = of_class("shallow")
    deep = np.setdiff1d(np.arange(len(repetitions)), shallow)
    assert height[shallow].min() > 0.38
    assert height[deep].max() < 0.36
    flexion = 180 - at_bottom(repetitions, angle_deg(repetitions.joints, "left_hip", "left_knee", "left_ankle"))
    assert flexion[shallow].min() > 30
    assert flexion[shallow].max() < 95
    assert flexion[of_class("good")].min() > 85


def test_ranges_of_knee_width() -> None:
    repetitions = everyone()
    ratio = at_bottom(repetitions, knee_width_ratio(repetitions.joints))
    caving = of_class("inward_knees")
    assert ratio[caving].min() > 0.35
    assert ratio[caving].max() < 0.93
    assert np.delete(ratio, caving).min() > 0.93
    # Standing, nobody's knees cave: the fault comes with depth.
    assert knee_width_ratio(repetitions.joints[:, 0])[caving].mean() == pytest.approx(
        knee_width_ratio(repetitions.joints[:, 0])[of_class("good")].mean(), abs=0.04
    )


def test_caving_lasts_into_the_ascent() -> None:
    repetitions = graded("inward_knees", 0.8)
    ratio, height = knee_width_ratio(repetitions.joints), hip_over_knee(repetitions.joints)
    rows = np.arange(len(ratio))
    bottom = at_bottom(repetitions, np.broadcast_to(np.arange(ratio.shape[1]), ratio.shape))
    half = (height[:, 0] + height[rows, bottom]) / 2
    frames = np.arange(ratio.shape[1])
    down = np.array([np.flatnonzero((height[n] < half[n]) & (frames < bottom[n]))[0] for n in rows])
    up = np.array([np.flatnonzero((height[n] < half[n]) & (frames > bottom[n]))[-1] for n in rows])
    assert np.mean(ratio[rows, up]) < np.mean(ratio[rows, down]) - 0.03


def test_good_repetitions_differ_from_each_other() -> None:
    repetitions, good = everyone(), of_class("good")
    for measure, spread in (
        (at_bottom(repetitions, hip_over_knee(repetitions.joints)), 0.08),
        (at_bottom(repetitions, knee_width_ratio(repetitions.joints)), 0.08),
        (at_bottom(repetitions, back_bend_deg(repetitions.poses)), 3.0),
        (at_bottom(repetitions, head_extension_deg(repetitions.poses)), 3.0),
        (toe_margin(repetitions), 0.01),
        (repetitions.end_s - repetitions.start_s, 0.3),
    ):
        assert np.std(measure[good]) > spread


def test_nature_is_drawn_before_the_class_is_known() -> None:
    body, count = load_body(), 20
    first, second = (
        sample_repetitions(body, np.random.default_rng(5), count, frames=4, labels=np.full(count, label))
        for label in (0, 3)
    )
    np.testing.assert_array_equal(first.nature.table(), second.nature.table())
    np.testing.assert_array_equal(first.betas, second.betas)
    np.testing.assert_array_equal(first.timestamps, second.timestamps)
    assert not np.allclose(first.poses, second.poses)


def test_nothing_natural_gives_the_class_away() -> None:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import cross_val_score

    repetitions = sample_repetitions(load_body(), np.random.default_rng(8), 840, frames=2)
    tempo = np.stack([repetitions.start_s, repetitions.bottom_s, repetitions.end_s, repetitions.timestamps[:, -1]], 1)
    known = np.concatenate([repetitions.nature.table(), repetitions.betas, tempo, repetitions.severity[:, None]], 1)
    forest = RandomForestClassifier(60, min_samples_leaf=3, random_state=0)
    score = cross_val_score(forest, known, repetitions.labels, cv=5).mean()
    # 840 guesses among seven: one standard deviation of chance is 0.012.
    assert score < 1 / 7 + 0.04


def test_wrong_classes_and_severities_are_refused() -> None:
    rng = np.random.default_rng(0)
    nature = sample_nature(rng, 2)
    with pytest.raises(InputError, match="expected classes 0–6, got 0–7"):
        apply_faults(rng, nature, [0, 7], [0.5, 0.5])
    with pytest.raises(InputError, match="between 0"):
        apply_faults(rng, nature, [0, 1], [0.5, 1.5])
    with pytest.raises(InputError, match="slouching"):
        sample_repetitions(load_body(), rng, 3, classes=("good", "slouching"))
    assert set(MEASURES) | {"good"} == set(WASEDA_CLASSES)
    assert J("pelvis") == 0
