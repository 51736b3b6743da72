"""Odd proportions: limbs keep their directions and their lengths over time."""

from __future__ import annotations

import numpy as np

from formnet.skeleton import LIFTED_32
from formnet.training.lift.proportions import vary_proportions

BONES = [(joint, LIFTED_32.parent(joint)) for joint in LIFTED_32.joints if joint != "pelvis"]


def bones_of(solid: np.ndarray) -> np.ndarray:
    ends, starts = zip(*BONES, strict=True)
    return solid[:, :, LIFTED_32.indices(ends)] - solid[:, :, LIFTED_32.indices(starts)]


def test_directions_stay_and_each_bone_has_one_factor() -> None:
    rng = np.random.default_rng(0)
    solid = rng.normal(size=(40, 7, 32, 3))
    solid -= solid[:, :, :1]
    varied = vary_proportions(solid, rng)
    before, after = bones_of(solid), bones_of(varied)
    lengths = np.linalg.norm(after, axis=-1) / np.linalg.norm(before, axis=-1)
    np.testing.assert_allclose(after, lengths[..., None] * before, atol=1e-9)
    np.testing.assert_allclose(lengths, np.broadcast_to(lengths[:, :1], lengths.shape), rtol=1e-9)
    np.testing.assert_array_equal(varied[:, :, 0], 0.0)
    names = [joint for joint, _ in BONES]
    left, right = (np.log(lengths[:, 0, names.index(f"{side}_hip")]) for side in ("left", "right"))
    # Hips differ from person to person, but hardly from side to side.
    assert 0.15 < left.std() < 0.4
    assert np.abs(left - right).max() < 0.15
