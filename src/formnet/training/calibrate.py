"""Temperature calibration (Guo et al., ICML 2017): one number that makes probabilities mean what they say."""

from __future__ import annotations

import math

import torch
from scipy.optimize import minimize_scalar
from torch import Tensor


def estimate_temperature(logits: Tensor, labels: Tensor, low: float = 0.1, high: float = 20.0) -> float:
    """The temperature that minimises the negative log-likelihood of logits (N, C) for labels (N,); 1 without data.

    With few classes right by chance alone the optimum can run away, hence the bounds. The order of classes in an
    answer never changes.
    """
    if not len(labels):
        return 1.0
    logits = logits.double()

    def loss(log_temperature: float) -> float:
        return float(torch.nn.functional.cross_entropy(logits / math.exp(log_temperature), labels))

    best = minimize_scalar(loss, bounds=(math.log(low), math.log(high)), method="bounded", options={"xatol": 1e-6})
    return float(math.exp(best.x))
