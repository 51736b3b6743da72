from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.evaluation.splits import make_folds
from formnet.readers.ec3d import collect_ec3d
from formnet.skeleton import BODY_25
from tests.readers.copies import squat_joints, write_ec3d


def test_reads_squats_with_formnets_axes(tmp_path: Path) -> None:
    write_ec3d(tmp_path / "data_3D.pickle")
    collection = collect_ec3d(tmp_path)
    assert not collection.damage
    table = collection.table()
    assert len(table) == 8
    assert {table.classes[label] for label in table.labels} == {"correct", "shallow"}
    expected = squat_joints(BODY_25, 12) * 0.3
    expected -= expected[:, BODY_25.indices(["pelvis"])]
    np.testing.assert_allclose(table.motions[0].positions, expected, atol=1e-9)


def test_authors_split_tests_on_the_last_person(tmp_path: Path) -> None:
    write_ec3d(tmp_path / "data_3D.pickle")
    (fold,) = make_folds(collect_ec3d(tmp_path).table(), "authors")
    assert fold.test_groups == ("Di",)
    assert len(fold.train) == 6


def test_all_exercises_get_prefixed_classes(tmp_path: Path) -> None:
    write_ec3d(tmp_path / "data_3D.pickle")
    table = collect_ec3d(tmp_path, "all").table()
    assert len(table) == 12
    assert {"squat_correct", "lunges_knees_forward"} <= set(table.classes)


def test_an_unnamed_label_is_a_note(tmp_path: Path) -> None:
    write_ec3d(tmp_path / "data_3D.pickle")
    content = pickle.loads((tmp_path / "data_3D.pickle").read_bytes())
    content["labels"] = content["labels"].astype("<U8")
    content["labels"][content["labels"][:, 2] == "4", 2] = "10"
    (tmp_path / "data_3D.pickle").write_bytes(pickle.dumps(content))
    collection = collect_ec3d(tmp_path)
    assert not collection.damage
    assert len(collection.repetitions) == 4


@pytest.mark.parametrize("change", ["shape", "keys", "nan", "labels", "hostile", "absent"])
def test_damage_is_reported_not_raised(tmp_path: Path, change: str) -> None:
    path = tmp_path / "data_3D.pickle"
    write_ec3d(path)
    content = pickle.loads(path.read_bytes())
    mark = tmp_path / "mark"

    class Trap:
        def __reduce__(self) -> object:
            return os.system, (f"touch {mark}",)

    if change == "shape":
        content["poses"] = content["poses"][:, :, :24]
    elif change == "keys":
        del content["labels"]
    elif change == "nan":
        content["poses"][3, 0, 0] = np.nan
    elif change == "labels":
        content["labels"] = content["labels"][:-1]
    elif change == "hostile":
        content["poses"] = Trap()
    path.write_bytes(pickle.dumps(content))
    if change == "absent":
        path.unlink()
    kinds = {"shape": "wrong shape", "keys": "wrong shape", "nan": "not a number", "labels": "wrong shape",
             "hostile": "unreadable", "absent": "missing file"}  # fmt: skip
    assert [problem.kind for problem in collect_ec3d(tmp_path).damage] == [kinds[change]]
    assert not mark.exists()


def test_refuses_an_exercise_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown exercise 'bench'"):
        collect_ec3d(tmp_path, "bench")
