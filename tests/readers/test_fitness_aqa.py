from __future__ import annotations

import json
from pathlib import Path

import pytest

from formnet.errors import InputError
from formnet.readers.fitness_aqa import collect_fitness_aqa


def _write_release(root: Path) -> Path:
    base = root / "Squat" / "Labeled_Dataset"
    for folder in ("videos", "Labels", "Splits", "Shallow_Squat_Error_Dataset"):
        (base / folder).mkdir(parents=True)
    for name in ("11_1", "11_2", "12_1", "13_1"):
        (base / "videos" / f"{name}.mp4").write_bytes(b"x")
    forward = {"11_1": [], "11_2": [[0.5, 1.2]], "12_1": [], "13_1": [[0.1, 0.2]]}
    (base / "Labels" / "error_knees_forward.json").write_text(json.dumps(forward))
    (base / "Labels" / "error_knees_inward.json").write_text(json.dumps({name: [] for name in forward}))
    shallow = {"11_1_10": 1, "11_1_20": 1, "11_2_10": 0, "11_2_20": 0, "11_2_30": 1}
    (base / "Shallow_Squat_Error_Dataset" / "labels_shallow_depth.json").write_text(json.dumps(shallow))
    for side, names in (("train", ["11_1", "11_2"]), ("val", ["12_1"]), ("test", ["13_1"])):
        (base / "Splits" / f"{side}_keys.json").write_text(json.dumps(names))
    return base


@pytest.mark.parametrize("root", [".", "Squat", "Squat/Labeled_Dataset"])
def test_reads_labels_people_and_the_authors_split(tmp_path: Path, root: str) -> None:
    _write_release(tmp_path)
    collection = collect_fitness_aqa(tmp_path / root)
    assert not collection.problems
    found = {clip.name: (clip.label, clip.subject, clip.official) for clip in collection.clips}
    assert found == {
        "11_1": ("good", "11", "train"),
        "11_2": ("knees_forward", "11", "train"),
        "12_1": ("good", "12", "val"),
        "13_1": ("knees_forward", "13", "test"),
    }
    assert collection.grouped_by == "subject"


def test_a_clip_is_shallow_when_most_of_its_frames_are(tmp_path: Path) -> None:
    _write_release(tmp_path)
    collection = collect_fitness_aqa(tmp_path, "shallow")
    assert {clip.name: clip.label for clip in collection.clips} == {"11_1": "shallow", "11_2": "good"}
    assert not collection.damage


def test_damage_is_reported_completely(tmp_path: Path) -> None:
    base = _write_release(tmp_path)
    (base / "videos" / "11_2.mp4").unlink()
    (base / "Splits" / "val_keys.json").write_text("broken")
    (base / "Splits" / "test_keys.json").write_text(json.dumps(["13_1", "11_1"]))
    kinds = sorted(problem.kind for problem in collect_fitness_aqa(tmp_path).damage)
    assert kinds == ["duplicate", "missing clip", "unreadable"]


def test_an_absent_release_is_one_finding(tmp_path: Path) -> None:
    assert [problem.kind for problem in collect_fitness_aqa(tmp_path).damage] == ["missing file"]


def test_refuses_an_error_that_is_not_labelled(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no labels for 'elbows'"):
        collect_fitness_aqa(tmp_path, "elbows")
