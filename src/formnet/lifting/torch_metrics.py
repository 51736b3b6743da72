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
from formnet.lifting.metrics import PCK_THRESHOLD_MM, Total
from formnet.skeleton import Skeleton

Measure = Callable[..., Total]


class _MeanFigure(Metric):
    """Mean of what `_measure` sums over the clips; NaN before the first update."""

    full_state_update = False
    is_differentiable = False
    higher_is_better = False
    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def compute(self) -> Tensor:
        return self.total / self.count

    def _add(self, measure: Measure, *arrays: Tensor | None, **options: Any) -> None:
        for clip in _clips(*arrays):
            figure = measure(*clip[:-1], evaluated=clip[-1], **options)
            self.total += figure.total
            self.count += figure.count


class MPJPE(_MeanFigure):
    """Mean per-joint position error in mm, see `compute_mpjpe_mm`."""

    def __init__(self, root: metrics.Root) -> None:
        super().__init__()
        self.root = root

    def update(self, predicted: Tensor, truth: Tensor, evaluated: Tensor | None = None) -> None:
        """Adds clips: predicted and truth (…, T, J, 3) metres, evaluated (…, T, J) bool."""
        self._add(metrics.compute_mpjpe_mm, predicted, truth, evaluated, root=self.root)


class NMPJPE(_MeanFigure):
    """MPJPE after the best scale in mm, see `compute_n_mpjpe_mm`."""

    def __init__(self, root: metrics.Root) -> None:
        super().__init__()
        self.root = root

    def update(self, predicted: Tensor, truth: Tensor, evaluated: Tensor | None = None) -> None:
        """Adds clips as `MPJPE.update`."""
        self._add(metrics.compute_n_mpjpe_mm, predicted, truth, evaluated, root=self.root)


class PAMPJPE(_MeanFigure):
    """MPJPE after Procrustes without reflection in mm, see `compute_pa_mpjpe_mm`."""

    def update(self, predicted: Tensor, truth: Tensor, evaluated: Tensor | None = None) -> None:
        """Adds clips as `MPJPE.update`."""
        self._add(metrics.compute_pa_mpjpe_mm, predicted, truth, evaluated)


class PCK(_MeanFigure):
    """Share of joints within a distance, a lacking one being wrong, see `compute_pck_3d`."""

    higher_is_better = True

    def __init__(self, root: metrics.Root, threshold_mm: float = PCK_THRESHOLD_MM) -> None:
        super().__init__()
        self.root, self.threshold_mm = root, threshold_mm

    def update(self, predicted: Tensor, truth: Tensor, evaluated: Tensor | None = None) -> None:
        """Adds clips as `MPJPE.update`."""
        self._add(
            metrics.compute_pck_3d, predicted, truth, evaluated, root=self.root, threshold_mm=self.threshold_mm
        )  # fmt: skip


class AccelerationError(_MeanFigure):
    """Mean error of the accelerations in mm/s², see `compute_acceleration_error_mm_s2`."""

    def __init__(self, root: metrics.Root) -> None:
        super().__init__()
        self.root = root

    def update(self, predicted: Tensor, truth: Tensor, timestamps: Tensor, evaluated: Tensor | None = None) -> None:
        """Adds clips as `MPJPE.update`, with their times (…, T) in seconds."""
        self._add(
            metrics.compute_acceleration_error_mm_s2, predicted, truth, timestamps, evaluated, root=self.root
        )  # fmt: skip


class LimbVariation(_MeanFigure):
    """Mean over limbs and clips of a limb's std over mean in time, see `compute_limb_variation`."""

    def __init__(self, limbs: tuple[tuple[int, int], ...]) -> None:
        super().__init__()
        self.limbs = limbs

    def update(self, predicted: Tensor, evaluated: Tensor | None = None) -> None:
        """Adds clips: predicted (…, T, J, 3) metres, evaluated (…, T, J) bool."""
        self._add(metrics.compute_limb_variation, predicted, evaluated, limbs=self.limbs)


class SwapRate(_MeanFigure):
    """Share of frames with sides exchanged, see `compute_swap_rate`."""

    def __init__(self, mirror: np.ndarray, root: metrics.Root) -> None:
        super().__init__()
        self.mirror, self.root = np.asarray(mirror), root

    def update(self, predicted: Tensor, truth: Tensor, evaluated: Tensor | None = None) -> None:
        """Adds clips as `MPJPE.update`."""
        self._add(metrics.compute_swap_rate, predicted, truth, evaluated, mirror=self.mirror, root=self.root)


def make_lifting_metrics(skeleton: Skeleton, root: str = "pelvis") -> MetricCollection:
    """All figures of a joint set; update with keywords: predicted, truth, timestamps and, if wanted, evaluated.

    Raises:
        SkeletonError: when the set has no such root.
    """
    at = metrics.root_joints(skeleton, root)
    return MetricCollection(
        {
            "mpjpe_mm": MPJPE(at),
            "pa_mpjpe_mm": PAMPJPE(),
            "n_mpjpe_mm": NMPJPE(at),
            "pck": PCK(at),
            "acceleration_error_mm_s2": AccelerationError(at),
            "limb_variation": LimbVariation(metrics.limb_joints(skeleton)),
            "swap_rate": SwapRate(skeleton.mirror, at),
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
