"""Reference limb lengths: complete, human and moved by shape."""

import numpy as np
import pytest

from formnet.body import load_body, reference_limb_lengths
from formnet.skeleton import BLAZEPOSE_33, HMR_19, SMPL_24


@pytest.mark.parametrize("skeleton", [SMPL_24, HMR_19, BLAZEPOSE_33], ids=lambda skeleton: skeleton.name)
def test_every_limb_has_a_length(skeleton):
    lengths = reference_limb_lengths()
    assert all(lengths[limb] > 0.005 for limb in skeleton.limbs)


def test_lengths_are_those_of_an_adult():
    lengths = reference_limb_lengths()
    assert lengths["left_hip", "left_knee"] == pytest.approx(0.41, abs=0.04)
    assert lengths["right_knee", "right_ankle"] == pytest.approx(0.41, abs=0.04)
    assert lengths["left_shoulder", "left_elbow"] == pytest.approx(0.29, abs=0.03)
    assert lengths["left_hip", "left_knee"] == pytest.approx(lengths["right_hip", "right_knee"], rel=1e-6)


def test_shape_moves_them():
    body = load_body()
    taller = np.zeros(10)
    taller[body.shape_names.index("stature")] = 1.0
    mean, tall = reference_limb_lengths(body), reference_limb_lengths(body, taller)
    assert all(tall[limb] == pytest.approx(1.05 * mean[limb], rel=0.01) for limb in mean)
