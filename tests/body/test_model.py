"""The posed body: what smplx says, and what a human body must satisfy."""

import time

import numpy as np
import pytest
import torch

from formnet.body import load_body
from formnet.body.data import PARENTS
from formnet.body.model import TO_WORLD
from formnet.body.proportions import Proportions, rest_joints, vary
from formnet.skeleton import BLAZEPOSE_33, SMPL_24


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def bent(joint: str, axis: str, degrees: float) -> np.ndarray:
    pose = np.zeros((1, 24, 3))
    pose[0, SMPL_24.index(joint), "xyz".index(axis)] = np.radians(degrees)
    return pose


def test_fast_path_equals_smplx(body, rng):
    betas, pose = rng.normal(size=10), rng.normal(scale=0.6, size=(12, 24, 3))
    place = rng.normal(size=(12, 3))
    joints, _ = body.pose_joints(betas, pose, place)
    out = body._smpl(
        betas=torch.tensor(betas, dtype=torch.float32).expand(12, -1),
        global_orient=torch.tensor(pose[:, 0], dtype=torch.float32),
        body_pose=torch.tensor(pose[:, 1:], dtype=torch.float32).flatten(1),
    ).joints.numpy()[:, :24]
    expected = (out - out[:, :1]) * TO_WORLD + place[:, None]
    np.testing.assert_allclose(joints, expected, atol=1e-5)


def test_mesh_and_fast_path_agree_on_joints_and_landmarks(body, rng):
    betas, pose = body.sample_betas(rng)[0], rng.normal(scale=0.5, size=(39, 24, 3))
    place = rng.normal(size=(39, 3))
    posed = body.pose(betas, pose, place)
    joints, landmarks = body.pose_joints(betas, pose, place)
    np.testing.assert_allclose(posed.joints, joints, atol=1e-5)
    np.testing.assert_allclose(posed.landmarks, landmarks, atol=1e-3)


def test_people_in_a_batch_equal_people_alone(body, rng):
    betas, pose = body.sample_betas(rng, 3), rng.normal(scale=0.5, size=(3, 4, 24, 3))
    place = rng.normal(size=(3, 4, 3))
    joints, landmarks = body.pose_joints(betas, pose, place)
    assert joints.shape == (3, 4, 24, 3)
    assert landmarks.shape == (3, 4, 33, 3)
    for person in range(3):
        alone = body.pose_joints(betas[person], pose[person], place[person])
        np.testing.assert_allclose(joints[person], alone[0], atol=1e-6)
        np.testing.assert_allclose(landmarks[person], alone[1], atol=1e-6)


@pytest.fixture
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_fast_path_does_20000_frames_a_second(body):
    betas, pose, place = np.zeros((20, 10)), np.zeros((20, 200, 24, 3)), np.zeros((20, 200, 3))

    def seconds():
        # The thread's own time: other programs on the machine do not count.
        start = time.thread_time()
        body.pose_joints(betas, pose, place)
        return time.thread_time() - start

    assert 4000 / min(seconds() for _ in range(5)) > 20_000


@pytest.mark.parametrize("component", range(10))
def test_regressed_joints_follow_the_proportions(body, component):
    for amount in (-2.0, 2.0):
        betas = amount * np.eye(10)[component]
        wanted = rest_joints(vary(Proportions(), betas))
        got = body.joints(betas) * TO_WORLD
        np.testing.assert_allclose(got, [wanted[name] for name in SMPL_24.joints], atol=2e-3)


def test_rest_pose_stands_upright_facing_the_camera(body):
    posed = body.pose(np.zeros(10), np.zeros((1, 24, 3)), np.zeros((1, 3)))
    place = dict(zip(BLAZEPOSE_33.joints, posed.landmarks[0], strict=True))
    assert place["nose"][1] < place["left_hip"][1] < place["left_ankle"][1]  # y points down
    assert place["left_shoulder"][0] > 0 > place["right_shoulder"][0]
    assert place["nose"][2] < place["left_ear"][2]  # looks towards -z
    assert place["left_foot_index"][2] < place["left_heel"][2]
    height = np.ptp(posed.vertices[0, :, 1])
    assert height == pytest.approx(1.73, abs=0.03)
    assert body.pelvis_height(np.zeros(10)) == pytest.approx(posed.vertices[0, :, 1].max(), abs=1e-5)


def test_left_and_right_are_mirror_images(body):
    landmarks = body.landmarks(np.zeros(10))
    np.testing.assert_allclose(landmarks[BLAZEPOSE_33.mirror] * (-1, 1, 1), landmarks, atol=2e-3)


def test_a_bent_knee_moves_the_foot_and_nothing_above(body):
    joints, _ = body.pose_joints(np.zeros(10), bent("left_knee", "x", 90), np.zeros((1, 3)))
    rest, _ = body.pose_joints(np.zeros(10), np.zeros((1, 24, 3)), np.zeros((1, 3)))
    moved = np.linalg.norm(joints - rest, axis=-1)[0] > 1e-4
    assert {SMPL_24.joints[n] for n in np.flatnonzero(moved)} == {"left_ankle", "left_foot_index"}
    assert joints[0, SMPL_24.index("left_ankle"), 2] > 0.3  # the heel goes backwards


def test_a_rounded_spine_bends_the_back(body):
    """Flexing the spine must show on the mesh: the middle of the back stands out from the line of its ends."""
    pose = sum(bent(joint, "x", 20) for joint in ("spine1", "spine2", "spine3"))
    straight, rounded = (body.pose(np.zeros(10), p, np.zeros((1, 3))).vertices[0] for p in (0 * pose, pose))
    back = np.flatnonzero(np.abs(straight[:, 0]) < 0.01)
    heights = straight[back, 1]
    ends = [back[np.flatnonzero(np.abs(heights + h) < 0.015)] for h in (0.04, 0.22, 0.42)]
    rear = [numbers[np.argmax(straight[numbers, 2])] for numbers in ends]

    def bulge(vertices):
        low, middle, high = vertices[rear][:, 1:]
        along = (high - low) / np.linalg.norm(high - low)
        offset = middle - low
        return along[0] * offset[1] - along[1] * offset[0]

    assert abs(bulge(rounded) - bulge(straight)) > 0.03


def test_mesh_is_closed_and_oriented_outwards(body):
    edges = np.concatenate([body.faces[:, [0, 1]], body.faces[:, [1, 2]], body.faces[:, [2, 0]]])
    forward = {tuple(edge) for edge in edges}
    assert len(forward) == len(edges)  # no edge is walked twice the same way
    assert all((b, a) in forward for a, b in forward)
    triangles = body.data.template[body.faces]
    volume = np.einsum("fc,fc->f", triangles[:, 0], np.cross(triangles[:, 1], triangles[:, 2])).sum() / 6
    assert 0.05 < volume < 0.11  # cubic metres: a person, and positive means outwards


def test_skin_weights_are_a_partition(body):
    weights = body.data.skin_weights
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert weights.min() >= 0


def test_kinematic_tree_is_smpls():
    assert len(PARENTS) == 24
    assert SMPL_24.joints[PARENTS[SMPL_24.index("left_knee")]] == "left_hip"
    assert all(parent < child for child, parent in enumerate(PARENTS))
