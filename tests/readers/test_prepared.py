from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from formnet.errors import DataError, InputError, PoseError
from formnet.motion import Motion
from formnet.preprocess.spec import PreprocessSpec
from formnet.readers.catalogue import read_dataset
from formnet.readers.folder import collect_folder
from formnet.readers.prepared import collect_prepared, is_prepared, motion_file_name, prepare_clips
from formnet.skeleton import BLAZEPOSE_33, SQUAT7_19
from tests.readers.copies import squat_joints

WHOLE = PreprocessSpec(segmentation="whole")


def _clip_motion(repetitions: int = 2) -> Motion:
    still = np.repeat(squat_joints(SQUAT7_19, 2)[:1], 20, axis=0)
    joints = np.concatenate([part for _ in range(repetitions) for part in (still, squat_joints(SQUAT7_19, 60, 0.4))])
    joints = np.concatenate([joints, still])
    return Motion(joints, np.ones(joints.shape[:2]), np.arange(len(joints)) / 30.0, SQUAT7_19)


class _Estimator:
    """Gives every clip the same motion; counts calls, fails for some names."""

    def __init__(self, *broken: str) -> None:
        self.broken, self.calls = broken, list[str]()

    def __call__(self, path: Path) -> tuple[Motion, None]:
        self.calls.append(path.stem)
        if path.stem in self.broken:
            raise PoseError(f"nobody is seen in {path.name}")
        return _clip_motion(), None


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    root = tmp_path / "videos"
    for name in ("good/s1_a.mp4", "good/s2_b.mp4", "shallow/s1_c.mp4", "shallow/s2_d.mp4"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def test_prepares_once_and_goes_on_where_it_stopped(videos: Path, tmp_path: Path) -> None:
    out, estimate = tmp_path / "out", _Estimator()
    steps = prepare_clips(collect_folder(videos), out, estimate)
    assert next(steps).status == "done"
    steps.close()  # type: ignore[attr-defined]
    assert is_prepared(out)
    statuses = [done.status for done in prepare_clips(collect_folder(videos), out, estimate)]
    assert statuses == ["kept", "done", "done", "done"]
    assert sorted(estimate.calls) == ["s1_a", "s1_c", "s2_b", "s2_d"]


def test_a_changed_clip_is_done_again_and_a_removed_one_forgotten(videos: Path, tmp_path: Path) -> None:
    out, estimate = tmp_path / "out", _Estimator()
    list(prepare_clips(collect_folder(videos), out, estimate))
    (videos / "good/s1_a.mp4").write_bytes(b"another film")
    (videos / "good/s2_b.mp4").unlink()
    statuses = {d.clip.name: d.status for d in prepare_clips(collect_folder(videos), out, estimate)}
    assert statuses == {"good/s1_a": "done", "shallow/s1_c": "kept", "shallow/s2_d": "kept"}
    assert set(json.loads((out / "manifest.json").read_text())["clips"]) == set(statuses)


def test_a_clip_that_fails_does_not_stop_the_others(videos: Path, tmp_path: Path) -> None:
    out, estimate = tmp_path / "out", _Estimator("s1_a")
    statuses = [done.status for done in prepare_clips(collect_folder(videos), out, estimate)]
    assert statuses == ["failed", "done", "done", "done"]
    again = [done.status for done in prepare_clips(collect_folder(videos), out, estimate)]
    assert again == ["failed", "kept", "kept", "kept"]
    assert estimate.calls.count("s1_a") == 1
    collection = collect_prepared(out, WHOLE)
    assert not collection.damage
    assert any("nobody is seen" in str(problem) for problem in collection.problems)


def test_repetitions_are_cut_and_keep_class_person_and_clip(videos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    list(prepare_clips(collect_folder(videos), out, _Estimator()))
    table = read_dataset("folder", out)
    assert len(table) == 8
    assert table.names[:2] == ("good/s1_a#1", "good/s1_a#2")
    assert sorted(set(table.groups.tolist())) == ["s01", "s02"]
    assert [table.classes[label] for label in table.labels] == ["good"] * 4 + ["shallow"] * 4
    # Each repetition is one squat of two seconds, cut out of a clip of 5.3 s.
    assert all(1.0 < motion.duration_s < 3.0 for motion in table.motions)


def test_missing_and_broken_motion_files_are_damage(videos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    list(prepare_clips(collect_folder(videos), out, _Estimator()))
    files = sorted((out / "motions").glob("*.npz"))
    files[0].unlink()
    files[1].write_bytes(b"broken")
    assert sorted(problem.kind for problem in collect_prepared(out, WHOLE).damage) == ["missing file", "unreadable"]
    with pytest.raises(DataError) as caught:
        read_dataset("folder", out)
    assert len(caught.value.problems) == 2


def test_refuses_a_folder_with_something_else(videos: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not empty"):
        list(prepare_clips(collect_folder(videos), videos, _Estimator()))


def test_refuses_a_cache_made_with_other_options(videos: Path, tmp_path: Path) -> None:
    list(prepare_clips(collect_folder(videos), tmp_path / "out", _Estimator(), {"error": "a"}))
    with pytest.raises(DataError, match="options"):
        list(prepare_clips(collect_folder(videos), tmp_path / "out", _Estimator(), {"error": "b"}))


def test_videos_that_were_not_prepared_are_refused_with_the_command(videos: Path) -> None:
    with pytest.raises(DataError, match="formnet data prepare folder"):
        read_dataset("folder", videos)


def test_file_names_are_plain_and_unique() -> None:
    names = [motion_file_name(name) for name in ("good/a", "good_a", "gööd/a", "x" * 300)]
    assert len(set(names)) == 4
    assert all(len(name) < 100 and "/" not in name and name.isascii() for name in names)


def test_blazepose_motions_are_cut_too(videos: Path, tmp_path: Path) -> None:
    joints = np.full((10, 33, 3), np.nan)
    unseen = Motion(joints, np.zeros((10, 33)), np.arange(10) / 30.0, BLAZEPOSE_33)
    list(prepare_clips(collect_folder(videos), tmp_path / "out", lambda path: (unseen, None)))
    collection = collect_prepared(tmp_path / "out")
    assert not collection.repetitions
    assert not collection.damage
    with pytest.raises(DataError, match="no readable repetition"):
        collection.table()
