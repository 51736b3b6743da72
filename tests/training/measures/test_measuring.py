"""Training of the measuring network: figures that can be computed by hand, and one small training from end to end."""

from __future__ import annotations

import json

import numpy as np
import pytest
import pytorch_lightning as lightning
import torch

from formnet.errors import CheckpointError, InputError
from formnet.judges.measuring.estimator import load_measure_estimator
from formnet.judges.measuring.forward import NetworkOptions
from formnet.judges.measuring.sight import Sight
from formnet.judges.measuring.spec import MeasuringSpec
from formnet.measures.calibration import VIEWS
from formnet.training.measures.build import build_measure_options
from formnet.training.measures.figures import fit_sd_factor, measure_estimates
from formnet.training.measures.geometry import fit_geometry
from formnet.training.measures.module import normal_loss
from formnet.training.measures.run import MeasureDataOptions, MeasureOptions, choose_views, run_measure_training
from formnet.training.measures.table import simulate_measures

SPEC = MeasuringSpec()


def make_trainer(**options) -> lightning.Trainer:  # type: ignore[no-untyped-def]
    return lightning.Trainer(
        max_epochs=1, accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
        num_sanity_val_steps=0, **options,
    )  # fmt: skip


def test_figures_by_hand():
    value, truth = np.array([1.0, 2.0, 3.0, np.nan]), np.array([1.0, 3.0, 5.0, 7.0])
    figures = measure_estimates(value, np.full(4, 0.8), truth)
    assert figures["rmse"] == pytest.approx(np.sqrt(5 / 3))
    assert figures["bias"] == pytest.approx(-1.0)
    assert figures["r2"] == pytest.approx(1 - (5 / 3) / (8 / 3))
    assert (figures["within1"], figures["within2"], figures["n"]) == (pytest.approx(1 / 3), pytest.approx(2 / 3), 3)
    assert np.isnan(measure_estimates(value[:2], value[:2], truth[:2])["rmse"])


def test_spreads_are_set_right():
    """Errors of a normal distribution with deviation 3, stated as 1.5, ask for a factor of 2."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=20000)
    value = truth + 3.0 * rng.normal(size=20000)
    factor = fit_sd_factor(value, np.full(20000, 1.5), truth)
    assert factor == pytest.approx(2.0, rel=0.02)
    figures = measure_estimates(value, np.full(20000, 1.5 * factor), truth)
    assert figures["within1"] == pytest.approx(0.683, abs=0.01)
    assert figures["within2"] == pytest.approx(0.954, abs=0.01)


def test_loss_is_least_at_the_true_spread_and_ignores_unknown_truths():
    truth = torch.from_numpy(np.random.default_rng(1).normal(0, 0.5, (4000, 1))).float()
    losses = {sd: float(normal_loss(torch.zeros(4000, 1), torch.full((4000, 1), sd).log(), truth))
              for sd in (0.25, 0.5, 1.0)}  # fmt: skip
    assert min(losses, key=losses.__getitem__) == 0.5
    half = torch.where(torch.arange(4000)[:, None] % 2 == 0, truth, torch.nan)
    assert float(normal_loss(torch.zeros(4000, 1), torch.zeros(4000, 1), half)) == pytest.approx(
        float(normal_loss(torch.zeros(2000, 1), torch.zeros(2000, 1), truth[::2])), rel=1e-5
    )
    assert float(normal_loss(torch.zeros(1, 1), torch.zeros(1, 1), torch.full((1, 1), torch.nan))) == 0.0


def test_geometry_finds_a_line_of_its_own_in_every_direction():
    rng = np.random.default_rng(2)
    n, m = 2000, len(SPEC.measures)
    view_deg = rng.choice([0.0, 90.0], size=n)
    readings = rng.normal(size=(n, m))
    readings[::7, 0] = np.nan
    gain = np.where(view_deg == 0.0, 2.0, 0.5)[:, None]
    truths = 1.0 + gain * readings + 0.1 * rng.normal(size=(n, m))
    blank = np.zeros((n, 1, 1, 1), dtype=np.float32)
    sight = Sight(blank, blank, readings, view_deg)
    thigh = SPEC.measures.index("thigh")
    # Joints do not matter here, only mirrored ones must have their number.
    solid, picture = np.zeros((n, 1, 25, 3), dtype=np.float32), np.zeros((n, 1, 24, 2), dtype=np.float32)
    fit = fit_geometry(Sight(solid, picture, readings, view_deg), truths, SPEC)
    values, deviations = fit.estimate(sight)
    known = np.isfinite(readings[:, thigh])
    np.testing.assert_allclose(values[known, thigh], (1.0 + gain * readings)[known, thigh], atol=0.05)
    assert np.isnan(values[~known, thigh]).all()
    assert deviations[known, thigh] == pytest.approx(0.1, rel=0.15)


def test_it_is_used_where_it_is_clearly_better_and_nobody_contradicts():
    def figures(rmse: float, r2: float = 0.5) -> dict[str, dict[str, float]]:
        return {view: {"rmse": rmse, "r2": r2} for view in VIEWS}

    by_view = {
        "network": {"thigh": figures(4.0), "trunk_lean": figures(4.9), "shank_lean": figures(3.0),
                    "pelvis_drop": figures(9.0)},
        "geometry": {"thigh": figures(5.0), "trunk_lean": figures(5.0), "shank_lean": figures(5.0),
                     "pelvis_drop": figures(float("nan"))},
    }  # fmt: skip
    used = choose_views(by_view, 0.95, {"shank_lean": ("side", "back")})
    assert used["thigh"] == tuple(VIEWS)
    assert "trunk_lean" not in used
    assert used["shank_lean"] == ("front", "front oblique", "back oblique")
    assert used["pelvis_drop"] == tuple(VIEWS), "where the geometry reads nothing, something is better"


def test_the_same_seed_simulates_the_same_people():
    first, again = (simulate_measures(3, SPEC, seed=4, cuts=2, part_share=0.34) for _ in range(2))
    np.testing.assert_array_equal(first.exact.solid, again.exact.solid)
    np.testing.assert_array_equal(first.truths, again.truths)
    assert not np.array_equal(first.sights[0].solid, first.sights[1].solid), "the second is cut elsewhere"


def test_a_training_from_people_to_a_file(tmp_path):
    options = MeasureOptions(
        data=MeasureDataOptions(people=20, held_people=8, cuts=1, batch_size=10),
        network=NetworkOptions(width=8, n_layers=1, hidden=8),
        contradicted={"thigh": tuple(VIEWS)},
    )
    done: list[tuple[int, int]] = []
    figures = run_measure_training(options, make_trainer, tmp_path, progress=lambda *so_far: done.append(so_far))
    assert done[-1] == (28, 28)
    stored = load_measure_estimator(tmp_path / "measures.safetensors")
    assert "thigh" not in stored.used
    assert set(stored.about["figures"]) == {"network", "geometry"}
    assert json.loads((tmp_path / "metrics.json").read_text()) == pytest.approx(figures, nan_ok=True)
    with pytest.raises(CheckpointError, match=r"give the last.ckpt"):
        run_measure_training(options, make_trainer, tmp_path, resume=tmp_path / "none.ckpt")


def test_wrong_settings_are_named():
    task = {
        "lifter": "supervised", "sees": ["solid"], "least_gain": 0.95, "contradicted": {"thigh": ["below"]},
        "data": {}, "network": {}, "fit": {}, "disturbance": {},
    }  # fmt: skip
    with pytest.raises(InputError, match=r"task.contradicted names below; it maps measures to some of the views front"):
        build_measure_options(task, 0)
    with pytest.raises(InputError, match=r"task.network has no option depth"):
        build_measure_options({**task, "contradicted": None, "network": {"depth": 3}}, 0)
