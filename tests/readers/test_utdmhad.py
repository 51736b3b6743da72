from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.io

from formnet.readers.utdmhad import collect_utdmhad


def write_skeleton(path: Path, frames: int = 40) -> None:
    """A person with the head up and the left hand far to the left, 2 m before the Kinect."""
    joints = np.zeros((20, 3, frames))
    joints[:, 2] = 2.0
    joints[0, 1], joints[6, 0], joints[14, 1] = 0.6, 0.7, -0.8
    scipy.io.savemat(path, {"d_skel": joints})


def test_skeletons_are_read_upright_with_their_action_and_person(tmp_path: Path) -> None:
    write_skeleton(tmp_path / "a27_s3_t2_skeleton.mat")
    write_skeleton(tmp_path / "a1_s12_t4_skeleton.mat")
    table = collect_utdmhad(tmp_path).table()
    assert [table.classes[label] for label in table.labels] == ["swipe left", "squat"]
    assert table.groups.tolist() == ["s12", "s3"]
    motion = table.motions[1]
    np.testing.assert_allclose(motion.joint("head")[0], [0.0, -0.6, -2.0])
    assert motion.joint("left_wrist")[0, 0] == 0.7
    assert motion.joint("left_ankle")[0, 1] == 0.8
    assert motion.missing[:, motion.skeleton.index("spine1")].all()
    assert motion.fps == pytest.approx(30.0)


def test_what_is_wrong_is_found_and_the_rest_is_read(tmp_path: Path) -> None:
    write_skeleton(tmp_path / "a24_s1_t1_skeleton.mat")
    write_skeleton(tmp_path / "a99_s1_t1_skeleton.mat")
    (tmp_path / "a25_s1_t1_skeleton.mat").write_bytes(b"no matrix")
    scipy.io.savemat(tmp_path / "a26_s1_t1_skeleton.mat", {"d_skel": np.zeros((4, 3, 9))})
    collection = collect_utdmhad(tmp_path)
    assert [repetition.label for repetition in collection.repetitions] == ["sit to stand"]
    assert sorted(problem.where[:3] for problem in collection.damage) == ["a25", "a26"]
    assert [problem.kind for problem in collection.problems if not problem.is_damage] == ["note"]
    assert collect_utdmhad(tmp_path / "none").damage
