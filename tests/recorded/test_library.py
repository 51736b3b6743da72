"""A library of recorded people: written, read, cut and reported, from a copy of a set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from formnet.body import load_body
from formnet.cli.app import run
from formnet.errors import InputError
from formnet.recorded.library import FRAMES, read_library
from formnet.training.lift.motions import read_motions
from tests.recorded.recordings import simulate, write_recording


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Two people: one who sits down and stands up for 3 s, one for 9 s."""
    root = tmp_path / "set"
    for subject, frames in ((1, 90), (2, 270)):
        write_recording(root, simulate("sit_to_stand", seed=subject, frames=frames).positions, subject)
    return root


def test_the_command_poses_cuts_and_reports(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = copy.parent / "people.npz"
    assert run(["recorded", str(copy), str(out), "--bodies", "2"]) == 0
    said = capsys.readouterr().out
    row = next(line for line in said.splitlines() if line.startswith("m01")).split()
    assert all(float(cell) < 6 for cell in (row[1], row[2], row[3], row[5]))
    library = read_library(out)
    # 3 s are one piece, 9 s three of 64 frames at 15 a second.
    assert sorted(library.people) == ["s01"] * 2 + ["s02"] * 6
    assert library.poses.shape == (8, FRAMES, 24, 3)
    motions = read_motions(load_body(), out)
    lengths = np.linalg.norm(motions.joints[:, :, 4] - motions.joints[:, :, 1], axis=-1)
    assert np.ptp(lengths, axis=1).max() < 1e-4
    assert len(np.unique(lengths.mean(axis=1).round(4))) == 4
    assert np.abs(motions.landmarks[..., 1]).max() < 2.4


def test_people_are_left_out_by_name(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = copy.parent / "people.npz"
    assert run(["recorded", str(copy), str(out), "--person", "s02", "--bodies", "1"]) == 0
    assert set(read_library(out).people) == {"s02"}
    assert run(["recorded", str(copy), str(out), "--person", "s09", "--force"]) == 2
    assert "it has s01, s02" in capsys.readouterr().err


def test_another_file_is_no_library(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", names=np.array(["a"]))
    with pytest.raises(InputError, match="formnet recorded"):
        read_library(tmp_path / "other.npz")
    with pytest.raises(InputError, match="does not exist"):
        read_library(tmp_path / "none.npz")
