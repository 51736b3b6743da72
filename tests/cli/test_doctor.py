"""`formnet doctor` loads what `classify` loads: whatever is missing, cut off or altered is named, with a remedy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

import pytest

from formnet.cli import installation
from formnet.cli.app import run
from formnet.errors import FormnetError
from formnet.judges.measuring.estimator import load_shipped_estimator
from formnet.measures.calibration import read_shipped_calibrations
from formnet.standards.reading import shipped_standards
from formnet.storage import weights
from formnet.synth import estimator_noise

ROOT = Path(__file__).parents[2]
CHECKPOINTS = {
    "lifter_supervised": "lifter supervised",
    "lifter_unsupervised": "lifter unsupervised",
    "measures": "measuring network",
    "squat": "models of classes",
    "squat_lifted": "models of classes",
}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def alter(path: Path) -> None:
    """One letter of a word that matters, or one byte of numbers, is another."""
    content = bytearray(path.read_bytes())
    words = [word for word in (b"sources", b"bottom_s", b"evidence:", b"format") if word in content]
    at = content.index(words[0]) if path.suffix in (".json", ".yaml") else len(content) * 2 // 3
    content[at] ^= 1
    path.write_bytes(bytes(content))


DAMAGES = [Path.unlink, cut, alter]


@pytest.fixture
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of its own for all that formnet ships."""
    folder = Path(shutil.copytree(ROOT / "checkpoints", tmp_path / "checkpoints"))
    monkeypatch.setattr(weights, "__file__", str(tmp_path / "src" / "formnet" / "storage" / "weights.py"))
    load_shipped_estimator.cache_clear()
    yield folder
    load_shipped_estimator.cache_clear()


def failing(*names: str) -> dict[str, str]:
    """Checks that fail, of those named."""
    found = {}
    for check in installation.list_checks():
        if check.name in names:
            try:
                check.run()
            except FormnetError as error:
                found[check.name] = str(error)
    return found


def test_whole_checkpoints_pass(checkpoints: Path) -> None:
    assert failing(*CHECKPOINTS.values()) == {}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
@pytest.mark.parametrize("name", CHECKPOINTS)
def test_each_checkpoint(checkpoints: Path, name: str, suffix: str, damage: Callable[[Path], None]) -> None:
    damage(checkpoints / f"{name}{suffix}")
    # That nothing else fails is asked once for each.
    tried = CHECKPOINTS.values() if (damage, suffix) == (cut, ".json") else [CHECKPOINTS[name]]
    ((check, said),) = failing(*tried).items()
    assert check == CHECKPOINTS[name]
    assert name in said
    assert ";" in said


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    ("package", "file", "check"),
    [
        ("formnet.measures", "errors.json", "errors of measures"),
        ("formnet.demo", "squats.json", "example clip"),
        *(("formnet.standards", f"{name}.yaml", f"standard {name}") for name in installation.STANDARDS),
    ],
)
def test_each_file_of_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, file: str, check: str, damage: Callable[[Path], None]
) -> None:
    own = resources.files(package)
    copied = Path(shutil.copytree(str(own), tmp_path / package))
    files = resources.files
    monkeypatch.setattr(resources, "files", lambda name: copied if name == package else files(name))
    read_shipped_calibrations.cache_clear()
    assert failing(check) == {}
    read_shipped_calibrations.cache_clear()
    damage(copied / file)
    assert installation.AGAIN in failing(check).get(check, ""), (file, damage)
    read_shipped_calibrations.cache_clear()


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_errors_of_the_estimator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    path = Path(shutil.copyfile(estimator_noise.SQUATS, tmp_path / "noise.npz"))
    damage(path)
    monkeypatch.setattr(estimator_noise, "SQUATS", path)
    assert list(failing("errors of the estimator")) == ["errors of the estimator"]


def test_no_standard_is_forgotten() -> None:
    assert shipped_standards() == installation.STANDARDS


def test_a_whole_installation(pose_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "✗" not in said
    assert "✓ judging by measures: finds the 3 repetitions of the example clip" in said
    assert "✓ judging by classes: finds the 3 repetitions of the example clip" in said


def test_a_broken_one(
    checkpoints: Path,
    pose_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What rests on a broken part fails, too, and says by which; the rest is still tried."""
    given = Path(shutil.copyfile(pose_model, tmp_path / "mine [1].task"))
    cut(given)
    monkeypatch.setenv("FORMNET_POSE_MODEL", str(given))
    (checkpoints / "measures.json").unlink()
    assert run(["doctor"]) == 2
    said = capsys.readouterr().out
    wrong = [line[2:].split(":")[0] for line in said.splitlines() if line.startswith("✗")]
    assert wrong == [
        "pose model", "measuring network", "seeing", "judging by measures", "judging by classes", "report and overlay",
    ]  # fmt: skip
    assert "✗ pose model: " in said
    assert "mine [1].task is no BlazePose bundle" in said
    assert "✓ lifter supervised" in said
    assert "6 of" in said
    assert "all is well" not in said
