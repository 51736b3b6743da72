"""Is a repetition a squat at all, and if not, what does it look like?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from formnet.gate.criteria import CRITERIA
from formnet.gate.signs import read_signs
from formnet.measures.performance import make_performance
from formnet.motion import FloatArray, Motion
from formnet.preprocess.repetitions import RepetitionSpan, Segmentation

SQUAT = "squat"
_MOST = 20.0
_LISTED = 5
_DOUBT = 2.0
"""Log odds nearer to 0 than this (12 to 88 %) are doubt."""


@dataclass(frozen=True)
class Recognition:
    """What a repetition is.

    Attributes:
        name: "squat", or of the movement it looks like more.
        title: the same with its article.
        probability: that it is a squat.
        reason: one clause; empty for a squat.
    """

    name: str
    title: str
    probability: float
    reason: str

    @property
    def is_squat(self) -> bool:
        return self.name == SQUAT


def recognise_all(
    motion: Motion, spans: Sequence[RepetitionSpan], image: Motion | None = None
) -> tuple[Recognition, ...]:
    """Whether the repetitions of a clip are squats.

    Each is a squat as probably as by the criterion that speaks most against it. A repetition in doubt goes with the
    others of its set: people repeat a movement. Others that are refused for different reasons refuse it, too.

    Args:
        motion: (T, J, 3) the whole clip, gaps filled and smoothed, as the repetitions were found in it.
        image: the joints in the picture, which tell jumps; None where there is none.

    Raises:
        InputError: for a motion without depth.
    """
    if not spans:
        return ()
    performances = [make_performance(motion, s.start, s.bottom, s.end, s.bottom_s) for s in spans]
    signs = [read_signs(performance, image) for performance in performances]
    own = np.array([[criterion.log_odds(one) for criterion in CRITERIA] for one in signs])
    least = own.min(axis=1)
    shared = np.where(np.abs(least) < _DOUBT, np.median(least), least)
    return tuple(_decide(*each) for each in zip(signs, own, shared, strict=True))


def keep_squats(motion: Motion, found: Segmentation, image: Motion | None = None) -> Segmentation:
    """The repetitions that are squats, and one warning for every other movement that was seen.

    Args:
        motion, image: as for `recognise_all`.
        found: the repetitions of that motion.
    """
    recognitions = recognise_all(motion, found.spans, image)
    squats = tuple(span for span, what in zip(found.spans, recognitions, strict=True) if what.is_squat)
    others: dict[str, list[tuple[RepetitionSpan, Recognition]]] = {}
    for span, what in zip(found.spans, recognitions, strict=True):
        if not what.is_squat:
            others.setdefault(what.name, []).append((span, what))
    notes = tuple(_describe_others(group) for group in others.values())
    first = next((what.title for what in recognitions if not what.is_squat), "")
    return replace(found, spans=squats, warnings=(*found.warnings, *notes), other=first)


def _describe_others(group: Sequence[tuple[RepetitionSpan, Recognition]]) -> str:
    surest_span, surest = min(group, key=lambda pair: pair[1].probability)
    times = ", ".join(f"{span.bottom_s:.1f}" for span, _ in group[:_LISTED])
    more = f" and {len(group) - _LISTED} more times" if len(group) > _LISTED else ""
    at = f" (at {surest_span.bottom_s:.1f} s)" if len(group) > 1 else ""
    return f"what happens at {times} s{more} looks like {surest.title} and is not judged: {surest.reason}{at}"


def _decide(signs: dict[str, float], own: FloatArray, shared: float) -> Recognition:
    """What a repetition is.

    Args:
        own: (C,) log odds of a squat by each criterion.
        shared: log odds of a squat, as they stand beside the others of the set.
    """
    probability = float(1.0 / (1.0 + np.exp(-np.clip(shared, -_MOST, _MOST))))
    if shared >= 0:
        return Recognition(SQUAT, "a squat", probability, "")
    # The criteria stand in the order in which they explain most: who lies also bends the knees little.
    criterion = CRITERIA[int(np.argmax(own < 0) if (own < 0).any() else np.argmin(own))]
    return Recognition(criterion.name, criterion.title, probability, criterion.describe(signs))
