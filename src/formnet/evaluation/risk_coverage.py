"""Useful doubt: what is gained when the least sure answers are not given.

Answers are ordered by their confidence, the probability of the class they name. Coverage is the share that is given,
risk the share of wrong ones among them; the curve of both is the risk–coverage curve (El-Yaniv and Wiener, JMLR 2010).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """The curve, one point for each different confidence, from the surest answers to all of them.

    Attributes:
        confidence: (K,) falling; answers at least this sure are given.
        coverage: (K,) share of all answers that is given, rising to 1.
        risk: (K,) share of wrong ones among those given.
        aurc: area under the curve: the mean, over all answers, of the risk at that answer's confidence; 0 is best.
    """

    confidence: FloatArray
    coverage: FloatArray
    risk: FloatArray
    aurc: float


def compute_risk_coverage(probabilities: FloatArray, labels: np.ndarray) -> RiskCoverage:
    """The curve of answers (N, C) whose truth is `labels` (N,); answers that are equally sure are given together.

    Raises:
        InputError: without answers, or when the sizes do not fit.
    """
    probabilities, labels = np.asarray(probabilities, dtype=np.float64), np.asarray(labels)
    if probabilities.ndim != 2 or len(probabilities) != len(labels) or not len(labels):
        raise InputError(
            f"expected probabilities (N, C) for N labels, got {probabilities.shape} for {len(labels)} labels; "
            "give one row for each"
        )
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    confidence, wrong = confidence[order], (probabilities.argmax(axis=1) != labels)[order]
    # Only the last of equally sure answers is a point: a threshold cannot tell them apart.
    last = np.flatnonzero(np.append(confidence[1:] < confidence[:-1], True))
    given = last + 1
    risk = np.cumsum(wrong)[last] / given
    aurc = float((risk * np.diff(given, prepend=0)).sum() / len(labels))
    return RiskCoverage(confidence[last], given / len(labels), risk, aurc)


def choose_unsure_below(probabilities: FloatArray, labels: np.ndarray, target_accuracy: float) -> float:
    """The least probability at which a class should be named so that this share of the answers given is right.

    Of all thresholds that reach the target on these answers, which must be of held-out rows, the one that answers most
    is taken, half way to the next less sure answer. 0 (always answer) when the target is 0 or all answers together
    reach it; 1 (answer only what is certain) when no threshold does.

    Raises:
        InputError: for a target outside 0…1; see `compute_risk_coverage`.
    """
    if not 0.0 <= target_accuracy <= 1.0:
        raise InputError(f"expected a target accuracy of 0…1, got {target_accuracy}; 0.9 means nine of ten right")
    if target_accuracy == 0.0:
        return 0.0
    curve = compute_risk_coverage(probabilities, labels)
    reached = np.flatnonzero(1.0 - curve.risk >= target_accuracy - 1e-12)
    if not len(reached):
        return 1.0
    at = int(reached[-1])
    return 0.0 if at == len(curve.risk) - 1 else float(0.5 * (curve.confidence[at] + curve.confidence[at + 1]))
