"""From a pose to a verdict."""

from __future__ import annotations

from formnet.judges.measuring.estimator import load_shipped_estimator
from formnet.lifting.lifter import create_lifter
from formnet.pipeline.classes import describe_model, judge_motion, make_class_judge
from formnet.pipeline.judge import ClipJudge, JudgedClip
from formnet.pipeline.measured import MeasuringJudge
from formnet.standards import DEFAULT_STANDARD
from formnet.standards.reading import load_standard

__all__ = ["ClipJudge", "JudgedClip", "describe_model", "judge_motion", "make_class_judge", "make_judge"]

DEFAULT_LIFTER = "supervised+picture"


def make_judge(standard: str = DEFAULT_STANDARD, lifter: str | None = None) -> MeasuringJudge:
    """The judge that holds measurements against a standard.

    Args:
        standard: a name, or a YAML file.
        lifter: what makes the joints 3D; `DEFAULT_LIFTER` where none is named.

    Raises:
        InputError, CheckpointError: see `load_standard` and `create_lifter`.
    """
    return MeasuringJudge(
        load_standard(standard), create_lifter(lifter or DEFAULT_LIFTER), network=load_shipped_estimator()
    )
