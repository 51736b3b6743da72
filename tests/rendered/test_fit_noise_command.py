"""`formnet fit-noise`, on two rendered clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from formnet.cli.app import run
from formnet.rendered import cache as rendered_cache
from formnet.rendered import film, pairs
from formnet.synth.estimator_noise import read_estimator_noise


def test_two_clips_make_an_error_model_that_is_read_again(
    pose_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    choose, fit = pairs.noise_requests, pairs.fit_estimator_noise
    monkeypatch.setenv("FORMNET_POSE_MODEL", str(pose_model))
    monkeypatch.setattr(pairs, "noise_requests", lambda *asked: choose(*asked)[:2])
    monkeypatch.setattr(pairs, "fit_estimator_noise", lambda pairs, **given: fit(pairs, n_epochs=1, **given))
    monkeypatch.setattr(pairs, "FPS", 6.0)
    command = ["--per-class", "2", "--processes", "1", "--cache", str(tmp_path / "kept")]
    assert run(["fit-noise", str(tmp_path / "a.npz"), *command]) == 0
    assert capsys.readouterr().out == f"wrote {tmp_path / 'a.npz'}\n"
    assert len(list((tmp_path / "kept").iterdir())) == 2
    # From what was kept: the same errors but for rounding, without rendering.
    assert run(["fit-noise", str(tmp_path / "b.npz"), *command]) == 0
    models = [read_estimator_noise(tmp_path / name) for name in ("a.npz", "b.npz")]
    np.testing.assert_allclose(models[0].clip_scale, models[1].clip_scale, atol=1e-5)
    rng = np.random.default_rng(0)
    still = np.tile(rng.normal(scale=0.3, size=(1, 1, 33, 3)), (1, 5, 1, 1)) + np.array([0.0, 0.0, 4.0])
    seen, visibility = models[0].estimate(still, 1 / 15, rng)
    assert np.isfinite(seen).all()
    assert ((visibility >= 0) & (visibility <= 1)).all()
    # Another size looks at the same people anew, and begins with what was fitted.
    fast = [*command, "--eyes", "fast", "--start", str(tmp_path / "a.npz")]
    looked: list[object] = []

    def look(request, eyes):
        looked.append(eyes)
        return film.estimate_rendered(request)

    monkeypatch.setattr(rendered_cache, "estimate_rendered", look)
    assert run(["fit-noise", str(tmp_path / "c.npz"), *fast]) == 0
    assert looked == ["fast", "fast"]
    np.testing.assert_array_equal(
        read_estimator_noise(tmp_path / "c.npz").input_mean, read_estimator_noise(tmp_path / "a.npz").input_mean
    )
