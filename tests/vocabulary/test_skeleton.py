import numpy as np
import pytest

from formnet.errors import SkeletonError
from formnet.faults import FAULTS, fault_named
from formnet.skeleton import (
    BLAZEPOSE_33,
    BODY_25,
    COCO_17,
    COCO_18,
    HALPE_26,
    HMR_19,
    KINECT_22,
    MPI_15,
    SKELETONS,
    SMPL_24,
    SQUAT7_19,
    Skeleton,
    mirror_name,
    skeleton_named,
)

every_skeleton = pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=SKELETONS)


# Numbers as published by each set's authors: a few that would move if an order were wrong.
@pytest.mark.parametrize(
    ("skeleton", "numbers"),
    [
        (BLAZEPOSE_33, {"nose": 0, "right_eye": 5, "left_ear": 7, "left_shoulder": 11, "right_wrist": 16,
                        "left_pinky": 17, "right_index": 20, "right_thumb": 22, "left_hip": 23, "right_knee": 26,
                        "left_heel": 29, "right_foot_index": 32}),
        (HMR_19, {"right_ankle": 0, "left_hip": 3, "right_wrist": 6, "left_shoulder": 9, "neck": 12, "head_top": 13,
                  "nose": 14, "left_eye": 15, "right_ear": 18}),
        (COCO_17, {"nose": 0, "left_eye": 1, "right_ear": 4, "left_shoulder": 5, "right_ankle": 16}),
        (COCO_18, {"neck": 1, "right_shoulder": 2, "left_wrist": 7, "right_hip": 8, "left_ankle": 13, "left_ear": 17}),
        (MPI_15, {"head": 0, "neck": 1, "right_wrist": 4, "left_hip": 11, "spine3": 14}),
        (BODY_25, {"pelvis": 8, "right_ankle": 11, "left_ankle": 14, "left_ear": 18, "left_foot_index": 19,
                   "left_heel": 21, "right_heel": 24}),
        (HALPE_26, {"right_ankle": 16, "head_top": 17, "pelvis": 19, "left_foot_index": 20, "right_heel": 25}),
        (SMPL_24, {"pelvis": 0, "right_knee": 5, "spine3": 9, "neck": 12, "head": 15, "right_hand": 23}),
        (KINECT_22, {"pelvis": 0, "head_top": 5, "left_collar": 6, "right_wrist": 13, "left_hip": 14,
                     "right_foot_index": 21}),
        (SQUAT7_19, {"nose": 0, "right_eye": 2, "left_hip": 9, "right_ankle": 14, "left_heel": 15,
                     "right_foot_index": 18}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)  # fmt: skip
def test_joint_order_is_the_published_one(skeleton: Skeleton, numbers: dict[str, int]) -> None:
    assert {joint: skeleton.index(joint) for joint in numbers} == numbers


@every_skeleton
def test_mirror_is_an_involution_that_swaps_sides(skeleton: Skeleton) -> None:
    np.testing.assert_array_equal(skeleton.mirror[skeleton.mirror], np.arange(len(skeleton)))
    for joint in skeleton.joints:
        twin = skeleton.joints[skeleton.mirror[skeleton.index(joint)]]
        assert twin == mirror_name(joint)


@every_skeleton
def test_limbs_connect_the_whole_body(skeleton: Skeleton) -> None:
    reached = {skeleton.joints[0]}
    for _ in skeleton.joints:
        reached |= {b for a, b in skeleton.limbs if a in reached} | {a for a, b in skeleton.limbs if b in reached}
    unconnected = set(skeleton.joints) - reached
    # Without a neck nothing joins head and trunk, as in these sets' own drawings.
    assert not unconnected or ("neck" not in skeleton and {"nose", "head"} & reached)
    assert ("left_hip", "left_knee") in skeleton.limbs


@every_skeleton
def test_every_joint_belongs_to_a_part_of_its_own_side(skeleton: Skeleton) -> None:
    assert {joint for part in skeleton.parts.values() for joint in part} == set(skeleton.joints)
    for part, joints in skeleton.parts.items():
        if part.startswith("left_"):
            assert all(joint.startswith("left_") for joint in joints)


def test_the_tree_is_the_papers() -> None:
    parents = {
        joint: HMR_19.parent(joint) for joint in ("left_shoulder", "left_elbow", "left_hip", "left_knee", "nose")
    }
    assert parents == {"left_shoulder": "neck", "left_elbow": "left_shoulder", "left_hip": "left_shoulder",
                       "left_knee": "left_hip", "nose": "neck"}  # fmt: skip


def test_unknown_names_are_refused_with_what_there_is() -> None:
    with pytest.raises(SkeletonError, match="no 'tail'; it has nose"):
        COCO_17.index("tail")
    with pytest.raises(SkeletonError, match="use one of blazepose33"):
        skeleton_named("coco")
    with pytest.raises(SkeletonError, match="unknown joints"):
        Skeleton("mine", ("nose", "tail"))
    with pytest.raises(SkeletonError, match="twice"):
        Skeleton("mine", ("nose", "nose"))


def test_every_fault_has_a_coaching_sentence() -> None:
    anatomy = {joint for skeleton in SKELETONS.values() for joint in skeleton.joints}
    for name, fault in FAULTS.items():
        assert fault.name == name
        assert fault.advice.endswith(".")
        assert set(fault.joints) <= anatomy
    assert fault_named("my_own_class").title == "My own class"
