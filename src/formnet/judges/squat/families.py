"""The families of the recipe for squats: fitted on the same rows, voting with the mean of their probabilities.

Four are made for people and days that were not seen. The fifth, *memory*, remembers single repetitions: of great use
where the same people and days come again, and worse than useless on others. What share of the votes it gets is chosen
by answers on rows that were left out of training as rows to come will be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax, softmax

from formnet.errors import CheckpointError, InputError
from formnet.judges.parts.calibrate import fit_slope
from formnet.judges.parts.ridge import (
    BlockRidge,
    BlockScale,
    RadialRidge,
    fit_radial,
    fit_ridge,
    restore_radial,
    restore_ridge,
)
from formnet.judges.protocol import Arrays, require_range, take_array
from formnet.judges.squat.cells import compute_cell_weights
from formnet.judges.squat.curve_network import CurveNetworkOptions, CurveNetworks, fit_networks, restore_networks
from formnet.judges.squat.discriminant import Discriminants, fit_discriminants, restore_discriminants
from formnet.judges.squat.features import SquatFeatures
from formnet.judges.squat.forest import Forest, fit_forest, restore_forest
from formnet.motion import FloatArray

FAMILIES = ("forest", "discriminants", "networks", "amplitudes")
"""Those that always vote, each as much as the others."""
MEMORY = "memory"
SHARES = (0.25, 0.5, 0.75)
"""Shares of the votes that memory may get, beside none."""
MEMORY_ALPHA, MEMORY_WIDTH, CLIP = 0.03, 1.0, 4.0
SHARPNESS = 4.0
"""Scores of ridges (about ±1) become probabilities as sure as those of the other families."""
FLOOR = 1e-4
"""Probabilities count at least this much before their logarithm is calibrated."""


@dataclass(frozen=True, eq=False)
class Families:
    """The families, fitted on the same rows.

    Attributes:
        kept: (F',) columns of the summaries that are used; medians: (F',) stand in for what is missing.
        memory: None where it has no vote.
    """

    kept: np.ndarray
    medians: FloatArray
    forest: Forest
    discriminants: Discriminants
    networks: CurveNetworks
    ridge: BlockRidge
    memory: RadialRidge | None = None

    def by_family(self, features: SquatFeatures) -> dict[str, FloatArray]:
        """(N, C) of each family."""
        summaries = fill_with(features.summaries[:, self.kept], self.medians)
        answers = {
            "forest": self.forest.probabilities(summaries),
            "discriminants": self.discriminants.probabilities(summaries),
            "networks": self.networks.probabilities(features.curves),
            "amplitudes": sharpen(self.ridge.scores(fill_blocks(features.amplitudes, self.ridge.scale))),
        }
        if self.memory is not None:
            blocks = fill_blocks([summaries, *features.amplitudes], self.memory.scale)
            answers[MEMORY] = sharpen(self.memory.scores(blocks))
        return answers

    def arrays(self) -> Arrays:
        arrays = {"kept": self.kept, "medians": self.medians}
        for part in (self.forest, self.discriminants, self.networks, self.ridge):
            arrays |= part.arrays()
        return arrays | (self.memory.arrays(f"{MEMORY}.") if self.memory is not None else {})


def fit_families(
    features: SquatFeatures, labels: np.ndarray, groups: np.ndarray, n_classes: int, seed: int, *, trees: int,
    members: int, network: CurveNetworkOptions, alpha: float, with_memory: bool = True,
) -> Families:  # fmt: skip
    """All families on all rows; the options are those of `SquatRecipe`."""
    kept, medians = choose_columns(features.summaries)
    summaries = fill_with(features.summaries[:, kept], medians)
    weights = compute_cell_weights(labels, groups)
    amplitudes = [fill_with(block, known_medians(block)) for block in features.amplitudes]
    memory = None
    if with_memory:
        memory = fit_radial([summaries, *amplitudes], labels, n_classes, MEMORY_ALPHA, CLIP, MEMORY_WIDTH)
    return Families(
        kept,
        medians,
        fit_forest(summaries, labels, weights, n_classes, seed, trees=trees),
        fit_discriminants(summaries, labels, groups, n_classes, seed, members=members),
        fit_networks(features.curves, labels, weights, n_classes, seed, network),
        fit_ridge(amplitudes, labels, n_classes, alpha, weights=weights / weights.mean()),
        memory,
    )


def restore_families(
    networks: Mapping[str, int], arrays: Mapping[str, np.ndarray], sample: SquatFeatures, n_classes: int,
    with_memory: bool,
) -> Families:  # fmt: skip
    """What `Families.arrays` gave; raises `CheckpointError` for what does not fit.

    Args:
        networks: options of the networks.
        sample: features of any motion of the joint set, by which sizes are checked.
    """
    kept = take_array(arrays, "kept", (None,), "i")
    require_range(kept, "kept", 0, sample.summaries.shape[1])
    sizes = [block.shape[1] for block in sample.amplitudes]
    ridge = restore_ridge(arrays, n_classes)
    memory = restore_radial(arrays, n_classes, f"{MEMORY}.") if with_memory else None
    for name, part, wanted in (("ridge", ridge, sizes), (MEMORY, memory, [len(kept), *sizes])):
        if part is not None and part.scale.sizes.tolist() != wanted:
            raise CheckpointError(
                f"'{name}.sizes' of the stored learner are not those of its joint set; get the model again"
            )
    return Families(
        kept,
        take_array(arrays, "medians", (len(kept),)),
        restore_forest(arrays, len(kept), n_classes),
        restore_discriminants(arrays, len(kept), n_classes),
        restore_networks(networks, arrays, sample.curves.shape[2], n_classes),
        ridge,
        memory,
    )


def vote(answers: Mapping[str, FloatArray], share: float) -> FloatArray:
    """(N, C): the mean of the families that always vote, and memory with its share of the votes."""
    others = np.asarray(np.mean([answers[name] for name in FAMILIES], axis=0))
    return (1.0 - share) * others + share * answers[MEMORY] if share else others


def choose_share(answers: Mapping[str, FloatArray], labels: np.ndarray, parts: np.ndarray) -> float:
    """The share of the votes that memory gets: that of the best calibrated log-likelihood, every class counting alike.

    None, unless the gain is greater than its standard error over the parts (the rule of one standard error of Breiman
    et al. 1984): few days must not talk the learner into what is harmful on others.

    Args:
        answers: family → (N, C) on rows that were left out of training.
        parts: (N,) which rows were left out together.
    """
    weights = 1.0 / np.bincount(labels)[labels]
    weights /= weights.sum()
    names, numbers = np.unique(parts, return_inverse=True)
    if len(names) < 2:
        return 0.0
    without, best = compute_log_likelihoods(vote(answers, 0.0), labels), (0.0, 0.0)
    for share in SHARES:
        gains = weights * (compute_log_likelihoods(vote(answers, share), labels) - without)
        deviations = np.bincount(numbers, gains) - np.bincount(numbers, weights) * gains.sum()
        error = float(np.sqrt((deviations**2).sum() * len(names) / (len(names) - 1)))
        if gains.sum() > max(error, best[0]):
            best = (float(gains.sum()), share)
    return best[1]


def compute_log_likelihoods(probabilities: FloatArray, labels: np.ndarray) -> FloatArray:
    """(N,) of the true classes, calibrated on the same rows."""
    scores = np.log(np.maximum(probabilities, FLOOR))
    return np.asarray(log_softmax(fit_slope(scores, labels) * scores, axis=1)[np.arange(len(labels)), labels])


def sharpen(scores: FloatArray) -> FloatArray:
    """Scores of a ridge (N, C) as probabilities."""
    return np.asarray(softmax(SHARPNESS * scores, axis=1))


def fill_blocks(blocks: Sequence[FloatArray], scale: BlockScale) -> list[FloatArray]:
    """Blocks with the mean of training for what is missing."""
    everything = fill_with(np.concatenate(blocks, axis=1), scale.means)
    return np.split(everything, np.cumsum(scale.sizes)[:-1], axis=1)


def choose_columns(summaries: FloatArray) -> tuple[np.ndarray, FloatArray]:
    """Columns that vary and are known in at least half of the rows, and their medians."""
    known = np.isfinite(summaries)
    often = np.flatnonzero(known.mean(axis=0) >= 0.5)
    medians = known_medians(summaries[:, often])
    varies = fill_with(summaries[:, often], medians).std(axis=0) > 1e-6
    if not varies.any():
        raise InputError("all repetitions are the same; there is nothing to learn from")
    return often[varies].astype(np.int64), medians[varies]


def known_medians(values: FloatArray) -> FloatArray:
    """(F,) medians of what is known; 0 where nothing is."""
    known = np.isfinite(values)
    medians = np.zeros(values.shape[1])
    whole = known.all(axis=0) & (len(values) > 0)
    medians[whole] = np.median(values[:, whole], axis=0)
    for column in np.flatnonzero(~whole & known.any(axis=0)):
        medians[column] = np.median(values[known[:, column], column])
    return medians


def fill_with(summaries: FloatArray, medians: FloatArray) -> FloatArray:
    """Summaries (N, F) with what is missing replaced by (F,)."""
    return np.asarray(np.where(np.isfinite(summaries), summaries, medians))
