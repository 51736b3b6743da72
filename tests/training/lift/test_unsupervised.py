"""Turning and anatomy: what training without 3D rests on."""

from __future__ import annotations

import numpy as np
import torch

from formnet.body import load_body
from formnet.conversion import conversion_matrix
from formnet.lifting.observation import OBSERVED_24, normalise_points
from formnet.skeleton import BLAZEPOSE_33
from formnet.training.lift.anatomy import loss_forwards, loss_lengths, reference_lengths
from formnet.training.lift.turning import sample_turns, take_picture, turn


def standing_person(frames: int = 4) -> torch.Tensor:
    """(1, T, 24, 3) the average body in rest, about the middle of its hips, in sizes of the person."""
    body = load_body()
    joints = conversion_matrix(BLAZEPOSE_33, OBSERVED_24) @ body.landmarks(np.zeros(len(body.shape_names)))
    joints = joints - joints[OBSERVED_24.indices(("left_hip", "right_hip"))].mean(axis=0)
    return torch.tensor(joints, dtype=torch.float32).expand(1, frames, -1, -1) / 0.47


def test_turns_are_rotations_about_nearly_the_vertical() -> None:
    turns = sample_turns(64, torch.Generator().manual_seed(0))
    torch.testing.assert_close(turns @ turns.transpose(1, 2), torch.eye(3).expand(64, 3, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(torch.linalg.det(turns), torch.ones(64), atol=1e-5, rtol=0)
    assert (turns[:, 1, 1] > 0.8).all()
    assert turns[:, 0, 0].min() < -0.5


def test_turning_back_undoes_a_turn() -> None:
    turns = sample_turns(1, torch.Generator().manual_seed(1))
    person = standing_person()
    torch.testing.assert_close(turn(turn(person, turns), turns.transpose(1, 2)), person, atol=1e-5, rtol=0)


def test_a_picture_is_normalised_as_observations_are() -> None:
    picture, factor = take_picture(standing_person(), torch.Generator().manual_seed(2))
    np.testing.assert_allclose(normalise_points(picture.numpy()), picture.numpy(), atol=1e-4)
    assert 0.5 < float(factor) < 2.0


def test_the_average_body_keeps_its_limbs_and_looks_forwards() -> None:
    person = standing_person()
    assert float(loss_lengths(person, reference_lengths() / 0.47)) < 1e-4
    assert float(loss_forwards(person)) < 1e-3


def test_lengths_do_not_ask_how_large_a_person_is() -> None:
    reference = reference_lengths() / 0.47
    bent = standing_person() + 0.05 * torch.randn(1, 4, 24, 3, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(loss_lengths(0.6 * bent, reference), loss_lengths(bent, reference))


def test_a_body_mirrored_in_depth_is_told_from_the_true_one() -> None:
    turned = turn(standing_person(), sample_turns(1, torch.Generator().manual_seed(4)))
    mirrored = turned * torch.tensor([1.0, 1.0, -1.0])
    assert float(loss_forwards(mirrored)) > 0.05 > float(loss_forwards(turned))


def test_limbs_that_change_their_length_cost() -> None:
    reference = reference_lengths() / 0.47
    person = standing_person(8).clone()
    person[:, ::2, OBSERVED_24.index("left_knee"), 1] += 0.2
    assert float(loss_lengths(person, reference)) > 0.02
