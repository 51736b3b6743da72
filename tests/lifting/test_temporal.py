"""The temporal lifter: its network, its files, and sources of any kind."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from formnet.errors import CheckpointError, InputError, PoseError
from formnet.lifting.forward import LifterNetwork, take_lifter
from formnet.lifting.lifter import LIFTERS, create_lifter
from formnet.lifting.network import JointRelation, TemporalLifter
from formnet.lifting.observation import OBSERVED_24
from formnet.lifting.temporal import NetworkLifter, load_lifter, save_lifter
from formnet.motion import Motion
from formnet.pose.track import PoseTrack
from formnet.skeleton import BLAZEPOSE_33, BODY_25, COCO_17, HALPE_26, KINECT_22, LIFTED_32, MPI_15, Skeleton
from formnet.storage.modules import arrays_of
from formnet.storage.weights import Arrays, StoredWeights

SMALL = LifterNetwork(width=16, token=4, dilations=(1, 2))


def small_lifter(options: LifterNetwork = SMALL) -> NetworkLifter:
    return NetworkLifter("small", take_lifter(StoredWeights(small_weights(options), Path("small")), options), {})


def small_weights(options: LifterNetwork = SMALL) -> Arrays:
    torch.manual_seed(0)
    return arrays_of(options.build())


def standing(skeleton: Skeleton, frames: int = 20, fps: float = 30.0) -> Motion:
    rng = np.random.default_rng(0)
    points = np.repeat(rng.uniform(100, 400, (1, len(skeleton), 2)), frames, axis=0)
    return Motion(points, np.full(points.shape[:2], 0.9), np.arange(frames) / fps, skeleton, "pixel")


@pytest.mark.parametrize(
    "skeleton", [BLAZEPOSE_33, COCO_17, BODY_25, HALPE_26, MPI_15, KINECT_22], ids=lambda s: s.name
)
def test_every_known_source_is_lifted_to_all_joints(skeleton: Skeleton) -> None:
    lifted = small_lifter().lift_motion(standing(skeleton))
    assert lifted.skeleton == LIFTED_32
    assert lifted.unit == "metre"
    assert not lifted.missing.any()
    np.testing.assert_allclose(lifted.joint("pelvis"), 0.0, atol=1e-6)


def test_frames_without_a_person_stay_missing_and_change_no_other_frame_far_away() -> None:
    motion = standing(COCO_17, frames=60)
    positions = motion.positions.copy()
    positions[50:] = np.nan
    lifter = small_lifter()
    lifted, whole = lifter.lift_motion(motion.replace(positions=positions)), lifter.lift_motion(motion)
    assert lifted.missing[50:].all()
    assert not lifted.missing[:50].any()
    # Dilations 1 and 2 at half the frame rate see 6 frames to each side; the size is a mean over the clip.
    ratio = np.linalg.norm(lifted.positions[:40], axis=-1).mean() / np.linalg.norm(whole.positions[:40], axis=-1).mean()
    np.testing.assert_allclose(lifted.positions[:40] / ratio, whole.positions[:40], atol=2e-3)


def test_confidence_says_what_was_hidden() -> None:
    motion = standing(COCO_17)
    positions = motion.positions.copy()
    positions[:, COCO_17.index("left_wrist")] = np.nan
    lifted = small_lifter().lift_motion(motion.replace(positions=positions))
    assert lifted.confidence[:, LIFTED_32.index("left_wrist")].max() == pytest.approx(0.01)
    assert lifted.confidence[:, LIFTED_32.index("right_wrist")].min() == pytest.approx(0.9)
    assert lifted.confidence[:, LIFTED_32.index("spine2")].min() == pytest.approx(0.9)


def test_twice_the_frame_rate_gives_the_same_pose() -> None:
    rng = np.random.default_rng(3)
    slow = rng.normal(size=(1, 16, 24, 2)).astype(np.float32)
    sure = np.ones((1, 16, 24), np.float32)
    lifter = small_lifter()
    fast = np.repeat(slow, 2, axis=1)
    a, b = lifter.lift_points(slow, sure, 15.0), lifter.lift_points(fast, np.repeat(sure, 2, axis=1), 30.0)
    np.testing.assert_allclose(b[:, 8:-8:2], a[:, 4:-4], atol=1e-4)


def test_a_mirrored_film_lifts_to_the_mirrored_motion() -> None:
    motion, lifter = standing(BLAZEPOSE_33), small_lifter()
    mirrored = motion.positions[:, BLAZEPOSE_33.mirror] * [-1.0, 1.0]
    there, back = lifter.lift_motion(motion), lifter.lift_motion(motion.replace(positions=mirrored))
    np.testing.assert_allclose(back.positions[:, LIFTED_32.mirror] * [-1.0, 1.0, 1.0], there.positions, atol=1e-5)


def test_what_is_seen_stays_where_it_is_seen_in_a_derived_lifter() -> None:
    network = LifterNetwork(width=16, token=4, dilations=(1,), derived=True).build().eval()
    points = torch.randn(1, 5, 24, 2)
    with torch.inference_mode():
        solid = network(points, torch.ones(1, 5, 24))
    often_seen = [joint for joint in OBSERVED_24.joints if joint != "head_top" and not joint.endswith("hand")]
    flat = solid[:, :, [LIFTED_32.index(joint) for joint in often_seen], :2]
    seen = points[:, :, OBSERVED_24.indices(often_seen)]
    flat, seen = (part - part.mean(dim=2, keepdim=True) for part in (flat, seen))
    ratio = float(flat.norm() / seen.norm())
    torch.testing.assert_close(flat, ratio * seen, atol=1e-5, rtol=1e-4)


def test_joint_relation_follows_the_formula() -> None:
    torch.manual_seed(1)
    relation = JointRelation(4)
    tokens = torch.randn(2, 5, 4)
    normal = relation.norm(tokens)
    expected = torch.empty_like(tokens)
    for batch in range(2):
        for k in range(5):
            scores = torch.stack([(normal[batch, k] * normal[batch, other]).sum() / 2.0 for other in range(5)])
            weights = torch.softmax(scores, dim=0)
            gathered = sum(weights[other] * relation.spread(normal[batch, other]) for other in range(5))
            expected[batch, k] = tokens[batch, k] + relation.gather(gathered)
    torch.testing.assert_close(relation(tokens), expected)


def test_the_relation_can_be_switched_off() -> None:
    with_it, without = TemporalLifter(16, 4, (1,)), TemporalLifter(16, 4, (1,), relation=False)
    names = {name for name, _ in with_it.named_parameters()} - {name for name, _ in without.named_parameters()}
    assert names
    assert all(name.startswith("relation.") for name in names)


def test_a_stored_lifter_lifts_as_before(tmp_path: Path) -> None:
    lifter = small_lifter()
    path = save_lifter(tmp_path / "mine.safetensors", small_weights(), SMALL, {"way": "supervised"})
    again = create_lifter(str(path))
    a, b = lifter.lift_motion(standing(COCO_17)), again.lift(PoseTrack(standing(COCO_17), None, 640, 480))
    np.testing.assert_allclose(a.positions, b.positions, atol=5e-3)
    assert again.name == "mine"


@pytest.mark.parametrize("damage", ["missing", "sidecar", "format", "weights", "joints"])
def test_bad_files_are_refused_in_one_sentence(tmp_path: Path, damage: str) -> None:
    path = save_lifter(tmp_path / "mine.safetensors", small_weights(), SMALL, {})
    sidecar = path.with_suffix(".json")
    content = json.loads(sidecar.read_text())
    if damage == "missing":
        path.unlink()
    elif damage == "sidecar":
        sidecar.write_text("{")
    elif damage == "weights":
        path.write_bytes(path.read_bytes()[:-10])
    else:
        content.update({"format": "formnet-model"} if damage == "format" else {"joints": ["nose"]})
        sidecar.write_text(json.dumps(content))
    with pytest.raises(CheckpointError) as caught:
        load_lifter(path)
    assert "\n" not in str(caught.value)


def test_unknown_lifters_are_refused_naming_the_known_ones() -> None:
    with pytest.raises(InputError, match="picture, world, supervised, unsupervised"):
        create_lifter("depth-anything")
    with pytest.raises(InputError, match="once"):
        create_lifter("unsupervised+smpl+smpl")


@pytest.mark.parametrize("name", ["picture", "world"])
def test_a_source_without_depth_is_told_what_to_do(name: str) -> None:
    track = PoseTrack(standing(COCO_17), None, 640, 480)
    with pytest.raises(PoseError, match="--lifter supervised"):
        create_lifter(name).lift(track)


@pytest.mark.parametrize("name", [name for name in LIFTERS if name.endswith("supervised")])
def test_the_shipped_lifters_stand_a_person_up(name: str) -> None:
    from formnet.body import load_body
    from formnet.synth.camera import orbit_camera

    body = load_body()
    rest = body.landmarks(np.zeros(len(body.shape_names)))
    placed = rest - [0.0, rest[:, 1].max(), 0.0]
    camera = orbit_camera(30.0)
    pixels = np.repeat(camera.project(placed)[None], 30, axis=0)
    motion = Motion(pixels, np.full(pixels.shape[:2], 0.9), np.arange(30) / 30, BLAZEPOSE_33, "pixel")
    lifted = create_lifter(name).lift(PoseTrack(motion, None, 480, 640))
    head, ankle = lifted.joint("head_top")[15], lifted.joint("left_ankle")[15]
    assert 1.2 < ankle[1] - head[1] < 2.0
    across = lifted.joint("left_hip")[15] - lifted.joint("right_hip")[15]
    true = camera.rotation @ np.array([1.0, 0.0, 0.0])
    assert across @ true / np.linalg.norm(across) > 0.8
