"""The fitted error model of the estimator: its maths on made-up data, and the shipped fit's plausibility."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from formnet.body import load_body
from formnet.errors import InputError
from formnet.rendered.fit_noise import EstimatedPair, fit_estimator_noise
from formnet.skeleton import BLAZEPOSE_33
from formnet.synth.estimator_noise import (
    EXERCISES_BY_SIZE,
    EstimatorNoise,
    build_inputs,
    centre_on_hips,
    read_estimator_noise,
)
from formnet.synth.exercises import sample_exercises

POSTURES = np.random.default_rng(99).normal(scale=0.15, size=(4, 33, 3))


def moving_people(rng: np.random.Generator, clips: int, frames: int = 24) -> np.ndarray:
    """Mixtures of four postures that change slowly, 4 m before the camera: as few ways to differ as bodies have."""
    mixture = rng.normal(size=(clips, 1, 4)) + np.cumsum(rng.normal(scale=0.03, size=(clips, frames, 4)), axis=1)
    return np.einsum("ctk,kjd->ctjd", mixture, POSTURES) + np.array([0, 0, 4])


def test_hips_are_the_origin_and_place_does_not_matter() -> None:
    people = moving_people(np.random.default_rng(0), 2)
    hips = BLAZEPOSE_33.indices(["left_hip", "right_hip"])
    np.testing.assert_allclose(centre_on_hips(people)[:, :, hips].mean(axis=2), 0, atol=1e-6)
    moved = build_inputs(people + np.array([1.0, 0.5, 0.0]), 1 / 30)
    np.testing.assert_allclose(moved[..., :198], build_inputs(people, 1 / 30)[..., :198], atol=1e-5)


def see_flattened(people: np.ndarray, share: float, rng: np.random.Generator) -> list[EstimatedPair]:
    """An estimator that flattens depth to a share, with an offset of each clip and jitter."""
    pairs = []
    for truth in people:
        seen = centre_on_hips(truth) * [1, 1, share] + rng.normal(scale=0.03, size=(1, 33, 3))
        seen = seen + rng.normal(scale=0.01, size=(len(truth), 33, 3))
        pairs.append(EstimatedPair(truth, seen, np.full((len(truth), 33), 0.7), 1 / 15))
    return pairs


def measure_flattening(model: EstimatorNoise, people: np.ndarray, share: float, rng: np.random.Generator) -> float:
    """Mean absolute error of what the model expects such an estimator to say."""
    played, _ = model.estimate(people, 1 / 15, rng, strength=0.0)
    return float(np.abs(played - centre_on_hips(centre_on_hips(people) * [1, 1, share])).mean())


def test_a_fit_finds_a_known_flattening_and_known_noise() -> None:
    rng = np.random.default_rng(1)
    model = fit_estimator_noise(see_flattened(moving_people(rng, 50), 0.5, rng), n_epochs=15)
    new = moving_people(rng, 20)
    without = np.abs(centre_on_hips(new) - centre_on_hips(new) * [1, 1, 0.5]).mean()
    assert measure_flattening(model, new, 0.5, rng) < 0.5 * without
    assert model.estimate(new, 1 / 15, rng)[1].mean() == pytest.approx(0.7, abs=0.05)
    # Directions have unit length, so variances add up to that of all coordinates. More than the 0.03 that was put in:
    # the errors of the hips move everything, and a network fitted on 25 people errs on the others.
    assert np.sqrt((model.clip_scale**2).sum() / 99) == pytest.approx(0.042, rel=0.3)
    # Another size of it errs nearly alike: six clips are too few for a fresh fit, and enough from this one.
    few = see_flattened(moving_people(rng, 6), 0.6, rng)
    fresh, begun = (measure_flattening(fit_estimator_noise(few, start=start), new, 0.6, rng) for start in (None, model))
    assert begun < 0.7 * fresh
    assert begun < measure_flattening(model, new, 0.6, rng)


def test_the_jitter_has_the_scale_and_persistence_it_was_given() -> None:
    model = read_estimator_noise()
    drawn = model._draw(400, 60, 1 / 30, np.random.default_rng(0))
    jitter = drawn - drawn.mean(axis=1, keepdims=True)
    spread = np.sqrt((drawn**2).mean(axis=(0, 1)))
    np.testing.assert_allclose(spread, np.hypot(model.clip_scale, model.frame_scale), rtol=0.12)
    back = 3
    correlation = (jitter[:, back:, 0] * jitter[:, :-back, 0]).mean() / (jitter[:, :, 0] ** 2).mean()
    assert correlation == pytest.approx(model.persistence[0], abs=0.2)


@pytest.mark.parametrize("size", EXERCISES_BY_SIZE)
def test_every_size_has_errors_of_a_plausible_size(size: str) -> None:
    rng, body = np.random.default_rng(2), load_body()
    drawn = sample_exercises(body, rng, 6, frames=20, fps=15.0, exercises=["idle", "lunge"])
    people = drawn.landmarks(body) + np.array([0, 1, 4])
    seen, visibility = read_estimator_noise(EXERCISES_BY_SIZE[size]).estimate(people, 1 / 15, rng)
    error = np.sqrt(((seen - centre_on_hips(people)) ** 2).mean(axis=(0, 1, 2)))
    assert (error > 0.02).all()
    assert (error[:2] < 0.12).all()
    assert 0.5 < visibility.mean() <= 1


def test_the_same_generator_gives_the_same_errors() -> None:
    model, people = read_estimator_noise(), moving_people(np.random.default_rng(2), 3)
    first = model.estimate(people, 1 / 30, np.random.default_rng(5))[0]
    np.testing.assert_array_equal(first, model.estimate(people, 1 / 30, np.random.default_rng(5))[0])
    assert not np.array_equal(first, model.estimate(people, 1 / 30, np.random.default_rng(6))[0])


def test_a_model_survives_its_file(tmp_path: Path) -> None:
    model = read_estimator_noise()
    model.write(tmp_path / "noise.npz")
    again = read_estimator_noise(tmp_path / "noise.npz")
    np.testing.assert_array_equal(again.basis, model.basis)
    assert (tmp_path / "noise.npz").stat().st_size < 500_000


def test_no_model_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "noise.npz").write_text("no archive")
    with pytest.raises(InputError, match=r"noise\.npz is no readable estimator noise"):
        read_estimator_noise(tmp_path / "noise.npz")
