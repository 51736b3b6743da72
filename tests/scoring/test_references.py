"""Several references averaged: pace, place, size and view do not matter, quirks cancel."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.errors import InputError, PoseError
from formnet.preprocess.resample import resample_to_frames
from formnet.scoring.compare import compare_motions
from formnet.scoring.references import average_references
from formnet.skeleton import KINECT_22, SMPL_24
from tests.scoring.motions import still, swing, turn, waving, waving_in_picture


def test_copies_at_another_pace_place_size_and_view_change_nothing():
    first = waving(KINECT_22, 60)
    slow = resample_to_frames(first, 100)
    slow = slow.replace(positions=turn(slow.positions, 1, 60.0) * 1.3 + np.array([1.0, 0.0, 3.0]))
    mean = average_references([first, slow, first])
    assert len(mean) == 60
    assert compare_motions(mean, first).total > 99.5


def test_quirks_of_single_references_cancel():
    truth = waving(KINECT_22, 60)
    quirky = [swing(truth, "right_elbow", 2, angle) for angle in (-30.0, 0.0, 30.0)]
    mean = average_references(quirky)
    alone = compare_motions(quirky[0], truth).parts["right_arm"]
    assert compare_motions(mean, truth).parts["right_arm"] > alone + 10


def test_other_joint_sets_are_brought_together():
    mean = average_references([waving(KINECT_22, 40), waving(SMPL_24, 40), waving(KINECT_22, 50)])
    assert {"left_knee", "right_wrist"} <= set(mean.skeleton.joints)
    assert compare_motions(waving(KINECT_22, 40), mean).total > 97


def test_one_reference_is_itself_and_none_is_an_error():
    motion = waving(KINECT_22, 40)
    np.testing.assert_array_equal(average_references([motion]).positions, motion.positions)
    with pytest.raises(InputError, match="one reference or more"):
        average_references([])
    with pytest.raises(InputError, match="2 dimensions"):
        average_references([motion, waving_in_picture(40)])
    with pytest.raises(PoseError, match="reference 2 has only 2 frames"):
        average_references([motion, still(KINECT_22, 2)])
