"""How good estimates of measures are: by measure and view, against their truths."""

from __future__ import annotations

import numpy as np

from formnet.motion import FloatArray

Figures = dict[str, float]
"""rmse, r2, bias, within1 and within2 (shares of truths within one and two standard deviations), n."""


def measure_estimates(value: FloatArray, sd: FloatArray, truth: FloatArray) -> Figures:
    """Figures of estimates (N,) with one standard deviation each; rows without truth or estimate are left out.

    All NaN where fewer than three rows are left.
    """
    known = np.isfinite(value) & np.isfinite(truth)
    error, spread = (value - truth)[known], sd[known]
    if len(error) < 3:
        return {**dict.fromkeys(("rmse", "r2", "bias", "within1", "within2"), float("nan")), "n": float(len(error))}
    square = float((error**2).mean())
    variance = float(truth[known].var())
    return {
        "rmse": square**0.5,
        "r2": 1.0 - square / variance if variance > 0 else float("nan"),
        "bias": float(error.mean()),
        "within1": float((np.abs(error) <= spread).mean()),
        "within2": float((np.abs(error) <= 2 * spread).mean()),
        "n": float(len(error)),
    }


def fit_sd_factor(value: FloatArray, sd: FloatArray, truth: FloatArray) -> float:
    """What a measure's standard deviations are to be multiplied by, so that 68 % of the truths lie within one and 95 %
    within two; the geometric mean of what either asks for."""
    known = np.isfinite(value) & np.isfinite(truth) & (sd > 0)
    if known.sum() < 20:
        return 1.0
    ratio = np.abs(value - truth)[known] / sd[known]
    one, two = np.quantile(ratio, [0.683, 0.954])
    return float(np.sqrt(one * two / 2.0))
