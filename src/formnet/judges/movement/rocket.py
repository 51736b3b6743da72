"""Plans of MiniRocket in model files."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from formnet.errors import CheckpointError
from formnet.judges.parts.rocket import KERNELS, MOST_CHANNELS, RocketPlan
from formnet.judges.protocol import Arrays, require_range, take_array


def rocket_arrays(plan: RocketPlan, prefix: str) -> Arrays:
    """A plan as named arrays; thresholds that are not used are told by a mask, so that every number is finite."""
    used = ~np.isnan(plan.biases)
    return {
        f"{prefix}dilations": plan.dilations.astype(np.int64),
        f"{prefix}kernels": plan.kernels.astype(np.int64),
        f"{prefix}channels": plan.channels.astype(np.int64),
        f"{prefix}padded": plan.padded.astype(np.bool_),
        f"{prefix}biases": np.where(used, plan.biases, 0.0),
        f"{prefix}used": used,
    }


def read_plan(arrays: Mapping[str, np.ndarray], prefix: str, n_channels: int, n_frames: int) -> RocketPlan:
    """What `rocket_arrays` gave.

    Raises:
        CheckpointError: for what does not fit; the compiled transform checks no bounds, so everything is checked here.
    """
    dilations = take_array(arrays, f"{prefix}dilations", (None,), "i")
    n_pairs = len(dilations)
    kernels = take_array(arrays, f"{prefix}kernels", (n_pairs,), "i")
    channels = take_array(arrays, f"{prefix}channels", (n_pairs, MOST_CHANNELS), "i")
    padded = take_array(arrays, f"{prefix}padded", (n_pairs,), "b")
    biases = take_array(arrays, f"{prefix}biases", (n_pairs, None))
    used = take_array(arrays, f"{prefix}used", biases.shape, "b")
    # Eight dilations must leave frames between them, or an unpadded pair would count none.
    require_range(dilations, f"{prefix}dilations", 1, (n_frames - 1) // 8 + 1)
    require_range(kernels, f"{prefix}kernels", 0, len(KERNELS))
    require_range(channels, f"{prefix}channels", -1, n_channels)
    if not used.any():
        raise CheckpointError("the stored learner counts nothing; get the model again")
    return RocketPlan(dilations, kernels, channels, padded, np.where(used, biases, np.nan))
