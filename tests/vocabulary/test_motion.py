import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formnet.conversion import conversion_matrix, convert_motion, underivable_joints
from formnet.errors import InputError, SkeletonError
from formnet.motion import Motion
from formnet.skeleton import BLAZEPOSE_33, COCO_17, HMR_19, MPI_15, SKELETONS, SQUAT7_19, Skeleton


def random_motion(skeleton: Skeleton, n_frames: int = 4, seed: int = 0, dimensions: int = 3) -> Motion:
    rng = np.random.default_rng(seed)
    return Motion(
        positions=rng.normal(size=(n_frames, len(skeleton), dimensions)),
        confidence=rng.uniform(0.1, 1, size=(n_frames, len(skeleton))),
        timestamps=np.cumsum(rng.uniform(0.02, 0.05, n_frames)),
        skeleton=skeleton,
    )


def test_a_half_known_joint_is_missing_with_confidence_zero() -> None:
    motion = random_motion(COCO_17)
    positions = motion.positions.copy()
    positions[1, 3, 2] = np.nan
    mended = motion.replace(positions=positions)
    assert np.isnan(mended.positions[1, 3]).all()
    assert mended.confidence[1, 3] == 0
    assert mended.missing.sum() == 1


def test_motion_is_frozen_and_owns_its_arrays() -> None:
    positions = np.zeros((2, 17, 2))
    motion = Motion(positions, np.ones((2, 17)), np.array([0.0, 0.1]), COCO_17, "pixel")
    positions[:] = 7
    assert (motion.positions == 0).all()
    with pytest.raises(ValueError, match="read-only"):
        motion.positions[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        motion.unit = "metre"  # type: ignore[misc]


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        Motion(np.full((2, 5, 3), np.inf), np.full((2, 17), 2.0), np.array([1.0, 1.0]), COCO_17, "inch")  # type: ignore[arg-type]
    text = str(caught.value)
    for part in ("17 joints", "confidence of shape", "strictly increasing", "infinite", "unit must be"):
        assert part in text


def test_time_is_seconds() -> None:
    motion = Motion(np.zeros((31, 17, 3)), np.ones((31, 17)), np.arange(31) / 30, COCO_17)
    assert motion.fps == pytest.approx(30)
    assert motion.duration_s == pytest.approx(31 / 30)
    assert len(motion.frames(10, 20)) == 10


def test_select_reorders_by_name() -> None:
    motion = random_motion(BLAZEPOSE_33)
    picked = motion.select(SQUAT7_19)
    np.testing.assert_array_equal(picked.joint("left_heel"), motion.joint("left_heel"))
    with pytest.raises(SkeletonError, match="left_heel"):
        random_motion(COCO_17).select(SQUAT7_19)


@pytest.mark.parametrize("source", SKELETONS.values(), ids=SKELETONS)
@pytest.mark.parametrize("target", SKELETONS.values(), ids=SKELETONS)
def test_conversion_moves_with_the_body(source: Skeleton, target: Skeleton) -> None:
    """Weights sum to one, so a shift of the body shifts every derived joint by as much."""
    sums = np.nansum(conversion_matrix(source, target), axis=1)
    derivable = ~np.isnan(conversion_matrix(source, target)).any(axis=1)
    np.testing.assert_allclose(sums[derivable], 1, atol=1e-12)


@given(st.integers(0, 1000))
def test_conversion_and_mirroring_commute(seed: int) -> None:
    """A derivation that favoured one side would show here."""
    motion = random_motion(BLAZEPOSE_33, seed=seed)
    first = convert_motion(motion, HMR_19).positions[:, HMR_19.mirror]
    mirrored = motion.replace(positions=motion.positions[:, BLAZEPOSE_33.mirror])
    np.testing.assert_allclose(convert_motion(mirrored, HMR_19).positions, first, atol=1e-12)


def test_conversion_to_a_subset_equals_selection() -> None:
    motion = random_motion(BLAZEPOSE_33)
    np.testing.assert_array_equal(convert_motion(motion, COCO_17).positions, motion.select(COCO_17).positions)


def test_a_derived_joint_is_as_sure_as_its_least_sure_source() -> None:
    motion = random_motion(COCO_17)
    positions = motion.positions.copy()
    positions[2, COCO_17.index("left_shoulder")] = np.nan
    neck = convert_motion(motion.replace(positions=positions), HMR_19)
    expected = motion.confidence[:, COCO_17.indices(["left_shoulder", "right_shoulder"])].min(axis=1)
    expected[2] = 0
    np.testing.assert_array_equal(neck.confidence[:, HMR_19.index("neck")], expected)
    assert np.isnan(neck.joint("neck")[2]).all()


def test_joints_that_cannot_be_derived_are_named() -> None:
    assert "nose" in underivable_joints(MPI_15, HMR_19)
    with pytest.raises(SkeletonError, match="cannot give nose"):
        convert_motion(random_motion(MPI_15), HMR_19)
    partial = convert_motion(random_motion(MPI_15), HMR_19, allow_missing=True)
    assert np.isnan(partial.joint("nose")).all()
    assert not np.isnan(partial.joint("left_knee")).any()
