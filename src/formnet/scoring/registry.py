"""All scorers by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from formnet.errors import InputError
from formnet.scoring.alignment import AlignmentScorer
from formnet.scoring.cosine import CosineSimilarity
from formnet.scoring.diagonal import DiagonalScorer
from formnet.scoring.dtw import DtwScorer, JointDtwScorer
from formnet.scoring.euclidean import EuclideanSimilarity
from formnet.scoring.limbs import LimbSimilarity
from formnet.scoring.needleman_wunsch import NeedlemanWunschScorer
from formnet.scoring.score import FrameSimilarity
from formnet.scoring.weighted import WeightedSimilarity

SIMILARITIES: dict[str, Callable[[], FrameSimilarity]] = {
    "limbs": LimbSimilarity,
    "cosine": CosineSimilarity,
    "weighted-l1": partial(WeightedSimilarity, 1),
    "weighted-l2": partial(WeightedSimilarity, 2),
    "euclidean": EuclideanSimilarity,
}
ALIGNMENTS: dict[str, type[AlignmentScorer]] = {
    "dtw": DtwScorer,
    "dtw-joint": JointDtwScorer,
    "needleman-wunsch": NeedlemanWunschScorer,
    "diagonal": DiagonalScorer,
}


def similarity_named(name: str) -> FrameSimilarity:
    """A frame similarity; raises `InputError` listing the names there are."""
    if name not in SIMILARITIES:
        raise InputError(f"unknown metric {name!r}; use one of {', '.join(SIMILARITIES)}")
    return SIMILARITIES[name]()


def alignment_named(name: str, similarity: FrameSimilarity | None = None) -> AlignmentScorer:
    """An aligning scorer over a frame similarity; raises `InputError` listing the names there are."""
    if name not in ALIGNMENTS:
        raise InputError(f"unknown method {name!r}; use one of {', '.join(ALIGNMENTS)}")
    return ALIGNMENTS[name](similarity or LimbSimilarity())
