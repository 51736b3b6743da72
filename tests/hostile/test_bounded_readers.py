"""Files of strangers pass the bounded readers of `storage/`: nothing else in formnet parses or unpickles."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*sorted((ROOT / "src" / "formnet").rglob("*.py")), ROOT / "train.py", ROOT / "evaluate.py"]
PARSERS = frozenset({
    "json.load", "json.loads", "np.load", "np.loadtxt", "np.genfromtxt", "np.fromfile", "np.memmap", "pickle.load",
    "pickle.loads", "pickle.Unpickler", "yaml.load", "yaml.safe_load", "yaml.full_load", "yaml.unsafe_load",
    "torch.load", "loadmat", "pandas.read_csv", "pd.read_csv", "pd.read_pickle", "joblib.load", "dill.load",
    "marshal.load", "marshal.loads", "shelve.open", "ET.parse", "ElementTree.parse", "tomllib.load", "OmegaConf.load",
    "zipfile.ZipFile", "tarfile.open", "gzip.open", "safe_open", "load_file", "eval", "exec",
})  # fmt: skip
READERS = frozenset({"read_text", "read_bytes"})
"""Methods of a path that take a whole file, however large, into memory."""
ALLOWED = {
    "storage": "is where the limits are",
    "readers/pictures/matlab.py": "SciPy's reader of MATLAB files runs nothing; their size is checked before",
    "readers/textfile.py": "unpacks no more than a text may have",
    "pose/model_bundle.py": "archives whose hash is checked, or whose members are checked for their size",
    "pose/model_sources.py": "packages whose hash is checked",
}
OF_OURS = {
    "cli/demo.py": "the truth of the example clip",
    "cli/installation.py": "the truth of the example clip",
    "cli/standards.py": "a standard that formnet brings along",
    "standards/reading.py": "a standard that formnet brings along",
    "measures/calibration.py": "the errors that formnet brings along",
    "training/pose/data.py": "a recipe that is compared, and no more",
}
"""Whole files that are formnet's own."""


@cache
def calls(path: Path) -> Sequence[tuple[str, ast.Call]]:
    """Every call with the dotted name of what is called."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [(ast.unparse(node.func), node) for node in nodes if isinstance(node, ast.Call)]


def place(path: Path) -> str:
    inside = path.relative_to(ROOT / "src" / "formnet") if "src" in path.parts else path.relative_to(ROOT)
    return "storage" if inside.parts[0] == "storage" else inside.as_posix()


def is_round_trip(name: str, call: ast.Call) -> bool:
    """`json.loads(json.dumps(x))` makes plain values of what is here already."""
    return name == "json.loads" and ast.unparse(call.args[0]).startswith("json.dumps(")


def find_strays() -> set[tuple[str, str]]:
    """Places that read past the bounded readers, and how."""
    found = set()
    for path in SOURCES:
        for name, call in calls(path):
            if name in PARSERS and place(path) not in ALLOWED and not is_round_trip(name, call):
                found.add((place(path), name))
            method = name.rpartition(".")[2]
            if "." in name and method in READERS and place(path) != "storage" and place(path) not in OF_OURS:
                found.add((place(path), method))
    return found


def test_nothing_reads_past_the_bounded_readers() -> None:
    assert find_strays() == set()


def test_what_is_allowed_is_needed() -> None:
    """An exception that nothing uses any more is taken off the list."""
    using = {place(path) for path in SOURCES for name, _ in calls(path) if name in PARSERS}
    reading = {place(path) for path in SOURCES for name, _ in calls(path) if name.rpartition(".")[2] in READERS}
    assert set(ALLOWED) <= using
    assert set(OF_OURS) <= reading


def test_checkpoints_are_loaded_without_objects() -> None:
    loads = [call for path in SOURCES for name, call in calls(path) if name == "torch.load"]
    assert loads
    for call in loads:
        assert [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg == "weights_only"] == ["True"]


@pytest.mark.parametrize("code", ["json.load(file)", "np.load(path)", "path.read_text()", "pickle.loads(raw)"])
def test_a_stray_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    stray = tmp_path / "src" / "formnet" / "readers" / "new.py"
    stray.parent.mkdir(parents=True)
    stray.write_text(code)
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    monkeypatch.setattr(f"{__name__}.SOURCES", [stray])
    assert [found[0] for found in find_strays()] == ["readers/new.py"]
