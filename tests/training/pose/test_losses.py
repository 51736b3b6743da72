"""Losses are zero for the right answer, blind where nobody knows, and pull and push tags the right way."""

import numpy as np
import pytest
import torch

from formnet.training.pose.losses import (
    LossWeights,
    cell_loss,
    compute_loss,
    disc_loss,
    heatmap_loss,
    location_loss,
    offset_loss,
    tag_loss,
)


def test_unknown_maps_have_no_gradient_and_do_not_dilute_the_others():
    maps = torch.rand(2, 3, 4, 5, requires_grad=True)
    truth, known = torch.rand(2, 3, 4, 5), torch.ones(2, 3, 4, 5)
    known[0, 1] = 0
    heatmap_loss(maps, truth, known).backward()
    assert maps.grad is not None
    assert not maps.grad[0, 1].any()
    assert (maps.grad[0, 0] != 0).all()
    expected = ((maps - truth) ** 2).sum(dim=(2, 3))
    wanted = ((expected.sum() - expected[0, 1]) / 5).detach()
    assert float(heatmap_loss(maps, truth, known).detach()) == pytest.approx(float(wanted), rel=1e-5)


def test_the_likelihood_of_cells_counts_known_joints_alone():
    logits, truth = torch.randn(2, 3, 4, 5, requires_grad=True), torch.zeros(2, 3, 4, 5)
    truth[0, 0, 1, 2] = truth[1, 2, 3, 4] = 1
    loss = cell_loss(logits, truth)
    loss.backward()
    assert logits.grad is not None
    assert not logits.grad[0, 1].any()
    chances = torch.softmax(logits.detach().flatten(2), dim=-1)
    wanted = -(chances[0, 0, 1 * 5 + 2].log() + chances[1, 2, 3 * 5 + 4].log()) / 2
    assert float(loss.detach()) == pytest.approx(float(wanted), rel=1e-5)
    assert float(cell_loss(logits.detach(), 0 * truth)) == 0.0


def slow_tag_loss(tags, cells):
    pulls, pushes = [], []
    for picture, people in zip(tags, cells, strict=True):
        means = []
        for person in people:
            own = [picture[j].flatten()[int(c)] for j, c in enumerate(person) if c >= 0]
            if own:
                means.append(np.mean(own))
                pulls += [(tag - means[-1]) ** 2 for tag in own]
        pushes += [np.exp(-((a - b) ** 2) / 2) for i, a in enumerate(means) for k, b in enumerate(means) if i != k]
    return np.mean(pulls), np.mean(pushes)


def test_tag_loss_equals_a_slow_twin():
    rng = np.random.default_rng(0)
    tags, cells = rng.normal(size=(2, 3, 4, 5)), rng.integers(-1, 20, (2, 4, 3)).astype(np.float32)
    cells[0, 2] = -1
    pull, push = tag_loss(torch.from_numpy(tags), torch.from_numpy(cells))
    assert (float(pull), float(push)) == pytest.approx(slow_tag_loss(tags, cells))


def test_tags_of_one_person_alone_are_not_pushed():
    cells = torch.full((1, 2, 3), -1.0)
    cells[0, 0] = torch.tensor([0.0, 1.0, 2.0])
    pull, push = tag_loss(torch.ones(1, 3, 2, 2), cells)
    assert (float(pull), float(push)) == (0.0, 0.0)


def test_offsets_count_only_where_they_are_defined():
    offsets, truth, where = torch.zeros(1, 4, 2, 2), torch.ones(1, 4, 2, 2), torch.zeros(1, 2, 2, 2)
    assert float(offset_loss(offsets, truth, where)) == 0.0
    where[0, 1, 0, 0] = 1
    truth[0, 3] = 3
    assert float(offset_loss(offsets, truth, where)) == pytest.approx(2.0)


def test_depth_is_learnt_at_the_joint_and_nowhere_else():
    weight, solid = torch.zeros(1, 2, 3, 3), torch.tensor([[[1.0, 2, 3], [float("nan")] * 3]])
    weight[0, :, 1, 1] = 1
    maps = torch.rand(1, 6, 3, 3)
    maps[0, :3, 1, 1] = torch.tensor([1.0, 2, 3])
    assert float(location_loss(maps, solid, weight)) == 0.0
    maps[0, 2, 1, 1] = 5
    assert float(location_loss(maps, solid, weight)) == pytest.approx(4.0)


def test_right_discs_cost_little():
    discs = torch.zeros(1, 1, 4, 4)
    discs[0, 0, 1:3, 1:3] = 1
    known = torch.ones_like(discs)
    assert float(disc_loss((2 * discs - 1) * 20, discs, known)) < 1e-6
    assert float(disc_loss(torch.zeros_like(discs), discs, known)) == pytest.approx(16 * np.log(2) / 4)
    assert float(disc_loss(torch.zeros_like(discs), discs, 0 * known)) == 0.0


def test_every_stage_counts():
    targets = {"heatmaps": torch.ones(1, 2, 3, 3), "known": torch.ones(1, 2, 3, 3)}
    stage = {"heatmaps": torch.zeros(1, 2, 3, 3)}
    one, two = (float(compute_loss([stage] * n, targets, LossWeights())) for n in (1, 2))
    assert two == pytest.approx(2 * one)
    assert float(compute_loss([stage], targets, LossWeights(heatmaps=3.0))) == pytest.approx(3 * one)
