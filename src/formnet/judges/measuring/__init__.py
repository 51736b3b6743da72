"""A network on temporal distance matrices that says how large each measure is, and how sure it is of that."""

from __future__ import annotations

from formnet.measures.performance import Performance
from formnet.motion import Motion


def estimate(performance: Performance, image: Motion) -> dict[str, tuple[float, float]]:
    """Measure → value and one standard deviation in the measure's unit, by the network that formnet brings along.

    Only the measures for which it is used in this view: there it is better than the geometry on simulated people it
    has never seen, and real people do not contradict it (`checkpoints/measures.json`).

    Args:
        performance: a repetition of joints that the lifter "supervised+picture" lifted.
        image: the joints in the picture on the same times, of any joint set that can be lifted (`PoseTrack.image`).

    Raises:
        CheckpointError: the shipped weights are missing or damaged.
        SkeletonError: a joint set with too few joints.
    """
    from formnet.judges.measuring.estimator import load_shipped_estimator

    return load_shipped_estimator().estimate(performance, image)
