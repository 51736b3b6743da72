"""Turning and anatomy: what training without 3D rests on."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from formnet.body import load_body
from formnet.conversion import conversion_matrix
from formnet.lifting.observation import OBSERVED_24, normalise_points
from formnet.skeleton import BLAZEPOSE_33
from formnet.training.lift.anatomy import (
    compute_lean,
    estimate_pitch,
    loss_balance,
    loss_forwards,
    loss_lengths,
    reference_lengths,
)
from formnet.training.lift.data import Batch
from formnet.training.lift.discriminator import Discriminator, cut_windows, sample_windows
from formnet.training.lift.turning import about_x, sample_turns, take_picture, turn
from formnet.training.lift.unsupervised import UnsupervisedWeights, mirror_some_people

_FEET = OBSERVED_24.indices(("left_ankle", "right_ankle"))


def standing_person(frames: int = 4) -> torch.Tensor:
    """(1, T, 24, 3) the average body in rest, about the middle of its hips, in sizes of the person."""
    body = load_body()
    joints = conversion_matrix(BLAZEPOSE_33, OBSERVED_24) @ body.landmarks(np.zeros(len(body.shape_names)))
    joints = joints - joints[OBSERVED_24.indices(("left_hip", "right_hip"))].mean(axis=0)
    return torch.tensor(joints, dtype=torch.float32).expand(1, frames, -1, -1) / 0.47


def test_turns_are_rotations_about_nearly_the_vertical() -> None:
    turns = sample_turns(torch.zeros(64), torch.Generator().manual_seed(0))
    torch.testing.assert_close(turns @ turns.transpose(1, 2), torch.eye(3).expand(64, 3, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(torch.linalg.det(turns), torch.ones(64), atol=1e-5, rtol=0)
    assert (turns[:, 1, 1] > 0.8).all()
    assert turns[:, 0, 0].min() < -0.5


def test_turning_back_undoes_a_turn() -> None:
    turns = sample_turns(torch.zeros(1), torch.Generator().manual_seed(1))
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
    turned = turn(standing_person(), sample_turns(torch.zeros(1), torch.Generator().manual_seed(4)))
    mirrored = turned * torch.tensor([1.0, 1.0, -1.0])
    assert float(loss_forwards(mirrored)) > 0.05 > float(loss_forwards(turned))


def test_limbs_that_change_their_length_cost() -> None:
    reference = reference_lengths() / 0.47
    person = standing_person(8).clone()
    person[:, ::2, OBSERVED_24.index("left_knee"), 1] += 0.2
    assert float(loss_lengths(person, reference)) > 0.02


@pytest.mark.parametrize("pitch_deg", [-15.0, 0.0, 6.0, 21.0])
def test_how_far_a_camera_looks_down_is_read_from_who_stands_before_it(pitch_deg: float) -> None:
    pitch = torch.deg2rad(torch.tensor([pitch_deg]))
    seen = turn(standing_person(), about_x(pitch))
    # Heels are a little higher than toes.
    assert float(torch.rad2deg(estimate_pitch(seen) - pitch).abs()) <= 6.5
    if pitch_deg == 21.0:
        assert float(loss_balance(seen)) > 0.1
    assert float(loss_balance(turn(seen, about_x(-estimate_pitch(seen))))) < 0.05


def test_a_camera_that_looks_down_sees_heads_nearer_than_feet() -> None:
    seen = turn(standing_person(), about_x(torch.tensor([0.3])))
    assert float(compute_lean(seen)[..., 2].max()) < -0.1


def test_people_are_turned_from_their_own_camera_to_before_anothers() -> None:
    pitch = torch.tensor([0.0, 0.4])
    people = torch.cat([turn(standing_person(), about_x(pitch[number : number + 1])) for number in (0, 1)])
    leans = []
    for seed in range(8):
        turns = sample_turns(pitch, torch.Generator().manual_seed(seed), unsure_deg=0.0)
        upright = turn(people, turns)
        up = (upright[:, 0, OBSERVED_24.index("head_top")] - upright[:, 0, _FEET].mean(dim=1)).mul(-1)
        leans.append(torch.atan2(up[:, 2], up[:, 1]))
    leans = torch.rad2deg(torch.stack(leans))
    # Level before the one camera, looked down upon before the other; turning about the vertical moves it little.
    assert ((leans.abs() < 6) | ((leans - 23).abs() < 6)).all()
    assert ((leans[:, 0] - leans[:, 1]).abs() > 11).all()


def test_elbows_that_point_forwards_cost() -> None:
    person = standing_person().clone()
    forwards = torch.tensor([0.0, 0.0, -0.3])
    elbows = OBSERVED_24.indices(("left_elbow", "right_elbow"))
    wrists = OBSERVED_24.indices(("left_wrist", "right_wrist"))
    shoulders = OBSERVED_24.indices(("left_shoulder", "right_shoulder"))
    person[:, :, elbows] = person[:, :, shoulders] + torch.tensor([0.0, 0.5, 0.0])
    person[:, :, wrists] = person[:, :, shoulders] + torch.tensor([0.0, 1.0, 0.0])
    bent, wrong = person.clone(), person.clone()
    bent[:, :, elbows] -= forwards
    wrong[:, :, elbows] += forwards
    assert float(loss_forwards(wrong)) > float(loss_forwards(bent)) + 0.2


def test_windows_are_of_frames_in_order_and_fit_clips_of_any_length() -> None:
    generator = torch.Generator().manual_seed(0)
    frames = sample_windows(24, generator)
    assert (frames.diff(dim=1) == 3).all()
    assert int(frames.min()) >= 0
    assert int(frames.max()) <= 23
    assert int(sample_windows(4, generator).max()) <= 3
    pictures = torch.randn(2, 24, 24, 2, generator=generator)
    windows = cut_windows(pictures, frames)
    torch.testing.assert_close(windows[0], pictures[0, frames[0]])
    torch.testing.assert_close(windows[5], pictures[1, frames[1]])


def test_one_arm_is_judged_without_the_other() -> None:
    discriminator = Discriminator(16).eval()
    windows = torch.randn(3, 5, 24, 2, generator=torch.Generator().manual_seed(0))
    moved = windows.clone()
    moved[:, :, OBSERVED_24.index("left_wrist")] += 1.0
    changed = (discriminator(moved) != discriminator(windows)).any(dim=0)
    # The whole, the upper body and the left arm see it; the legs, the trunk and the right arm do not.
    assert changed.tolist() == [True, True, False, False, True, False]


def test_mirrored_people_swap_sides_in_points_picture_and_confidence() -> None:
    generator = torch.Generator().manual_seed(0)
    points, picture = torch.randn(2, 40, 2, 24, 2, generator=generator)
    confidence = torch.rand(40, 2, 24, generator=generator)
    batch = Batch(points, confidence, picture, torch.zeros(40, 2, 32, 3))
    answers = mirror_some_people(batch, generator)
    left, right = OBSERVED_24.index("left_knee"), OBSERVED_24.index("right_knee")
    mirrored = (answers[1] != confidence).any(dim=(1, 2))
    assert 8 < int(mirrored.sum()) < 32
    for before, after in zip((points, picture), (answers[0], answers[2]), strict=True):
        torch.testing.assert_close(after[~mirrored], before[~mirrored])
        torch.testing.assert_close(after[mirrored][..., left, 0], -before[mirrored][..., right, 0])
        torch.testing.assert_close(after[mirrored][..., left, 1], before[mirrored][..., right, 1])
    torch.testing.assert_close(answers[1][mirrored][..., left], confidence[mirrored][..., right])


def test_weights_go_to_their_late_values() -> None:
    weights = UnsupervisedWeights(plausible=1.0, late_plausible=6.0, foreshortening=20.0, late_foreshortening=1.0)
    assert weights.at(0.0)["plausible"] == 1.0
    assert weights.at(0.35)["plausible"] == pytest.approx(3.5)
    assert weights.at(0.9)["foreshortening"] == 1.0
    assert weights.at(0.9)["lengths"] == weights.at(0.0)["lengths"] == weights.lengths
    assert not any(name.startswith("late") for name in weights.at(0.5))
