"""What an installed formnet must bring besides its Python files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_weights_configs_template_and_demo_are_in_the_package(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    command = [sys.executable, "setup.py", "--quiet", "egg_info", "--egg-base", str(tmp_path), "build_py"]
    done = subprocess.run([*command, "--build-lib", str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-500:]
    package = tmp_path / "formnet"
    brought = [path.relative_to(ROOT / "src" / "formnet") for path in (ROOT / "src" / "formnet").rglob("*")
               if path.is_file() and path.suffix != ".py" and path.parent.name != "__pycache__"]  # fmt: skip
    assert Path("report/templates/report.html") in brought
    assert [str(path) for path in brought if not (package / path).is_file()] == []
    assert (package / "checkpoints" / "squat.safetensors").stat().st_size < 12e6
    for config in (ROOT / "configs").rglob("*.yaml"):
        assert (package / "configs" / config.relative_to(ROOT / "configs")).is_file()
