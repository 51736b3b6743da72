"""All scorers by name, and what each can do."""

from __future__ import annotations

from collections.abc import Callable

from formnet.errors import InputError
from formnet.scoring.alignment import AlignmentScorer
from formnet.scoring.cosine import CosineSimilarity
from formnet.scoring.diagonal import DiagonalScorer
from formnet.scoring.dtw import DtwScorer, JointDtwScorer
from formnet.scoring.euclidean import EuclideanSimilarity
from formnet.scoring.limbs import LimbSimilarity
from formnet.scoring.needleman_wunsch import NeedlemanWunschScorer
from formnet.scoring.score import FrameSimilarity, ScorerInfo
from formnet.scoring.weighted_l1 import WeightedL1Similarity
from formnet.scoring.weighted_l2 import WeightedL2Similarity

SIMILARITIES: dict[str, Callable[[], FrameSimilarity]] = {
    "limbs": LimbSimilarity,
    "cosine": CosineSimilarity,
    "weighted-l1": WeightedL1Similarity,
    "weighted-l2": WeightedL2Similarity,
    "euclidean": EuclideanSimilarity,
}
ALIGNMENTS: dict[str, type[AlignmentScorer]] = {
    "dtw": DtwScorer,
    "dtw-joint": JointDtwScorer,
    "needleman-wunsch": NeedlemanWunschScorer,
    "diagonal": DiagonalScorer,
}


def list_scorers() -> tuple[ScorerInfo, ...]:
    """What every scorer can do."""
    kinds = [*SIMILARITIES.values(), *ALIGNMENTS.values()]
    return tuple(kind.info for kind in kinds)  # type: ignore[attr-defined]


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
