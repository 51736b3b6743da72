from __future__ import annotations

from pathlib import Path

import pytest

from formnet.readers.clips import probe_clips
from formnet.readers.folder import collect_folder, person_and_day_in_name


def _touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


@pytest.mark.parametrize(
    ("stem", "found"),
    [
        ("s01_squat", ("s01", "")), ("S1_d2_squat", ("s01", "d2")), ("subject12-day3", ("s12", "d3")),
        ("squat_01", ("", "")), ("s01", ("s01", "")), ("shallow_s01", ("", "")), ("s1abc", ("", "")),
    ],
)  # fmt: skip
def test_person_and_day_in_a_name(stem: str, found: tuple[str, str]) -> None:
    assert person_and_day_in_name(stem) == found


def test_classes_people_and_days_come_from_the_path(tmp_path: Path) -> None:
    _touch(tmp_path, "Good form/a.mp4", "Good form/anna/b.MOV", "shallow/anna/mon/c.mp4", "shallow/s02_d1_d.mp4")
    found = {c.name: (c.label, c.subject, c.session) for c in collect_folder(tmp_path).clips}
    assert found == {
        "Good form/a": ("good_form", "", ""),
        "Good form/anna/b": ("good_form", "anna", ""),
        "shallow/anna/mon/c": ("shallow", "anna", "anna_mon"),
        "shallow/s02_d1_d": ("shallow", "s02", "s02_d1"),
    }


@pytest.mark.parametrize(
    ("names", "unit"),
    [
        (("good/s1_a.mp4", "bad/s2_a.mp4"), "subject"),
        (("good/a.mp4", "bad/s2_a.mp4"), "clip"),
    ],
)
def test_grouped_by_what_every_clip_has(tmp_path: Path, names: tuple[str, ...], unit: str) -> None:
    _touch(tmp_path, *names)
    collection = collect_folder(tmp_path)
    assert collection.grouped_by == unit
    assert not collection.damage
    assert any("flatter" in problem.message for problem in collection.problems) == (unit == "clip")


def test_a_csv_overrides_the_folders(tmp_path: Path) -> None:
    _touch(tmp_path, "x/one.mp4", "two.mp4")
    (tmp_path / "labels.csv").write_text("clip,class,subject,session\nx/one.mp4,good,anna,mon\ntwo,shallow,bo,\n")
    collection = collect_folder(tmp_path)
    assert not collection.damage
    found = {c.name: (c.label, c.subject, c.session) for c in collection.clips}
    assert found == {"x/one": ("good", "anna", "mon"), "two": ("shallow", "bo", "")}


def test_damage_of_a_csv_is_reported_completely(tmp_path: Path) -> None:
    _touch(tmp_path, "one.mp4", "two.mp4", "three.mp4")
    (tmp_path / "labels.csv").write_text("clip,class\none.mp4,good\none.mp4,bad\ntwo.mp4,\nfour.mp4,good\n")
    found = sorted((problem.kind, problem.where) for problem in collect_folder(tmp_path).damage)
    assert found == [
        ("bad label", "labels.csv"),
        ("duplicate", "labels.csv"),
        ("missing clip", "labels.csv"),
        ("missing label", "three.mp4"),
    ]


def test_damage_of_folders_is_reported_completely(tmp_path: Path) -> None:
    _touch(tmp_path, "stray.mp4", "good/a.mp4", "good/a.mov", "bad/1/2/3/deep.mp4")
    (tmp_path / "empty").mkdir()
    found = sorted(problem.kind for problem in collect_folder(tmp_path).damage)
    assert found == ["bad label", "duplicate", "empty", "empty", "missing label"]


def test_wrong_columns(tmp_path: Path) -> None:
    _touch(tmp_path, "a.mp4")
    (tmp_path / "labels.csv").write_text("file,label\na.mp4,good\n")
    assert "wrong shape" in {problem.kind for problem in collect_folder(tmp_path).damage}


def test_empty_and_unreadable_videos_are_found_by_probing(tmp_path: Path) -> None:
    from formnet.errors import InputError

    _touch(tmp_path, "good/a.mp4", "bad/b.mp4", "bad/c.mp4")
    (tmp_path / "good/a.mp4").write_bytes(b"")

    def probe(path: Path) -> None:
        if path.stem == "b":
            raise InputError("b.mp4 is no video")

    probed = probe_clips(collect_folder(tmp_path), probe)
    assert [clip.name for clip in probed.clips] == ["bad/c"]
    assert sorted(problem.kind for problem in probed.damage) == ["empty", "unreadable"]


def test_an_absent_folder(tmp_path: Path) -> None:
    assert [problem.kind for problem in collect_folder(tmp_path / "none").damage] == ["missing file"]
