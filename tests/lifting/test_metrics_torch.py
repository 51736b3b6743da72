"""The torchmetrics hold sums of the functions: batches, parts and processes add up to one pass."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from formnet.lifting import metrics
from formnet.lifting.torch_metrics import JointFigure, make_lifting_metrics
from formnet.skeleton import SMPL_24

CLIPS, FRAMES = 3, 5


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    rng = np.random.default_rng(8)
    truth = rng.normal(scale=0.5, size=(CLIPS, FRAMES, 24, 3))
    predicted = truth + rng.normal(scale=0.1, size=truth.shape)
    predicted[0, 2] = predicted[0, 2, SMPL_24.mirror]
    times = np.cumsum(rng.uniform(0.02, 0.05, (CLIPS, FRAMES)), axis=1)
    arrays = {"predicted": predicted, "truth": truth, "timestamps": times}
    return {name: torch.tensor(array) for name, array in arrays.items()} | {
        "evaluated": torch.tensor(rng.uniform(size=truth.shape[:3]) < 0.8)
    }


def by_hand(batch: dict[str, torch.Tensor]) -> dict[str, float]:
    sums: dict[str, metrics.Total] = {}
    for p, t, time, e in zip(
        *(batch[n].numpy() for n in ("predicted", "truth", "timestamps", "evaluated")), strict=True
    ):
        clip = {
            "mpjpe_mm": metrics.compute_mpjpe_mm(p, t, root=(0,), evaluated=e),
            "pa_mpjpe_mm": metrics.compute_pa_mpjpe_mm(p, t, evaluated=e),
            "n_mpjpe_mm": metrics.compute_n_mpjpe_mm(p, t, root=(0,), evaluated=e),
            "pck": metrics.compute_pck_3d(p, t, root=(0,), evaluated=e),
            "acceleration_error_mm_s2": metrics.compute_acceleration_error_mm_s2(p, t, time, root=(0,), evaluated=e),
            "limb_variation": metrics.compute_limb_variation(p, metrics.limb_joints(SMPL_24), evaluated=e),
            "swap_rate": metrics.compute_swap_rate(p, t, SMPL_24.mirror, root=(0,), evaluated=e),
        }
        sums = {name: sums.get(name, metrics.Total(0, 0)) + figure for name, figure in clip.items()}
    return {name: figure.mean for name, figure in sums.items()}


def figures(collection) -> dict[str, float]:
    return {name: float(value) for name, value in collection.compute().items()}


def test_a_batch_is_the_sum_of_its_clips(batch):
    collection = make_lifting_metrics(SMPL_24)
    collection.update(**batch)
    assert figures(collection) == pytest.approx(by_hand(batch), rel=1e-9)
    assert figures(collection)["swap_rate"] == pytest.approx(1 / 15)


def test_one_clip_needs_no_batch(batch):
    many, one = make_lifting_metrics(SMPL_24), make_lifting_metrics(SMPL_24)
    many.update(**batch)
    for clip in range(CLIPS):
        one.update(**{name: tensor[clip] for name, tensor in batch.items()})
    assert figures(one) == pytest.approx(figures(many), rel=1e-12)


def test_states_of_two_processes_merge(batch):
    whole, first, second = (make_lifting_metrics(SMPL_24) for _ in range(3))
    whole.update(**batch)
    first.update(**{name: tensor[:1] for name, tensor in batch.items()})
    second.update(**{name: tensor[1:] for name, tensor in batch.items()})
    for name, metric in first.items():
        metric.merge_state(second[name])
    assert figures(first) == pytest.approx(figures(whole), rel=1e-12)


def test_reset_forgets(batch):
    collection = make_lifting_metrics(SMPL_24)
    collection.update(predicted=batch["truth"] * 3, truth=batch["truth"], timestamps=batch["timestamps"])
    collection.reset()
    collection.update(**batch)
    assert figures(collection) == pytest.approx(by_hand(batch), rel=1e-9)


def test_what_lacks_stays_nan_after_more_clips(batch):
    metric = JointFigure(metrics.compute_pa_mpjpe_mm)
    batch["predicted"][1, 2, 3] = torch.nan
    for clip in range(CLIPS):
        metric.update(batch["predicted"][clip], batch["truth"][clip])
    assert torch.isnan(metric.compute())


def test_metric_takes_float32_with_gradient(batch):
    metric = JointFigure(metrics.compute_mpjpe_mm, root=(0,))
    metric.update(batch["predicted"].float().requires_grad_(), batch["truth"].float(), batch["evaluated"])
    assert float(metric.compute()) == pytest.approx(by_hand(batch)["mpjpe_mm"], rel=1e-5)
