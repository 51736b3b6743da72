"""The figures of `formnet.lifting.metrics` as torchmetrics: the functions do the maths, the classes hold the sums.

All take metres, as (T, J, 3) for one clip or (N, T, J, 3) for N clips of the same length. Their only states are a
sum and a count, so the figures of processes and of parts of a test set add up to those of one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric, MetricCollection

from formnet.lifting import metrics
from formnet.lifting.metrics import Total
from formnet.skeleton import Skeleton

Measure = Callable[..., Total]


class _MeanFigure(Metric):
    """Mean of what a function of `formnet.lifting.metrics` sums over the clips; NaN before the first update.

    Args:
        measure: the function.
        options: its own arguments, such as `root`.
    """

    full_state_update = False
    is_differentiable = False
    total: Tensor
    count: Tensor

    def __init__(self, measure: Measure, **options: Any) -> None:
        super().__init__()
        self.measure, self.options = measure, options
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def compute(self) -> Tensor:
        return self.total / self.count

    def _add(self, *arrays: Tensor | None) -> None:
        for clip in _clips(*arrays):
            figure = self.measure(*clip[:-1], evaluated=clip[-1], **self.options)
            self.total += figure.total
            self.count += figure.count


class JointFigure(_MeanFigure):
    """Of joints against their truth."""

    def update(self, predicted: Tensor, truth: Tensor, evaluated: Tensor | None = None) -> None:
        """Adds clips: predicted and truth (…, T, J, 3) metres, evaluated (…, T, J) bool."""
        self._add(predicted, truth, evaluated)


class CourseFigure(_MeanFigure):
    """Of joints against their truth that also depends on time."""

    def update(self, predicted: Tensor, truth: Tensor, timestamps: Tensor, evaluated: Tensor | None = None) -> None:
        """Adds clips as `JointFigure.update`, with their times (…, T) in seconds."""
        self._add(predicted, truth, timestamps, evaluated)


class BodyFigure(_MeanFigure):
    """Of joints alone, without a truth."""

    def update(self, predicted: Tensor, evaluated: Tensor | None = None) -> None:
        """Adds clips: predicted (…, T, J, 3) metres, evaluated (…, T, J) bool."""
        self._add(predicted, evaluated)


def make_lifting_metrics(skeleton: Skeleton) -> MetricCollection:
    """All figures of a joint set; update with keywords: predicted, truth, timestamps and, if wanted, evaluated.

    Raises:
        SkeletonError: when the set has no pelvis.
    """
    at = metrics.root_joints(skeleton, "pelvis")
    return MetricCollection(
        {
            "mpjpe_mm": JointFigure(metrics.compute_mpjpe_mm, root=at),
            "pa_mpjpe_mm": JointFigure(metrics.compute_pa_mpjpe_mm),
            "n_mpjpe_mm": JointFigure(metrics.compute_n_mpjpe_mm, root=at),
            "pck": JointFigure(metrics.compute_pck_3d, root=at),
            "acceleration_error_mm_s2": CourseFigure(metrics.compute_acceleration_error_mm_s2, root=at),
            "limb_variation": BodyFigure(metrics.compute_limb_variation, limbs=metrics.limb_joints(skeleton)),
            "swap_rate": JointFigure(metrics.compute_swap_rate, mirror=skeleton.mirror, root=at),
        },
        # Equal sums of two figures on the first batch would merge them for good.
        compute_groups=False,
    )


def _clips(*arrays: Tensor | None) -> Iterator[tuple[np.ndarray | None, ...]]:
    """The arrays clip by clip; the first one's shape says whether there are several."""
    given = [None if a is None else a.detach().cpu().numpy() for a in arrays]
    assert given[0] is not None, "the prediction is always there"
    if given[0].ndim == 3:
        yield tuple(given)
        return
    for number in range(len(given[0])):
        yield tuple(None if array is None else array[number] for array in given)
