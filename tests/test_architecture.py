"""The house keeps its floors: imports go downwards, and the entrance is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "formnet"

# A file may import from rows above its own and from its own folder (DESIGN, "The house").
ROWS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("checks", "terminal"),
    ("skeleton", "faults", "storage", "playback"),
    ("motion",),
    ("conversion",),
    ("geometry",),
    ("body", "preprocess", "layers"),
    ("pose",),
    ("features", "measures", "scoring", "synth", "readers"),
    ("standards", "lifting", "gate"),
    ("reading",),
    ("rendered", "recorded", "evaluation", "models"),
    ("judges",),
    ("training",),
    ("verdict",),
    ("pipeline",),
    ("api",),
    ("report", "exports", "demo"),
    ("cli", "serve", "live"),
    ("__main__",),
)
ROW_OF = {name: number for number, row in enumerate(ROWS) for name in row}


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """Rooms of formnet that a file imports, anywhere in it (also inside functions)."""
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [f"formnet.{alias.name}" for alias in node.names] if node.module == "formnet" else [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            names = []
        rooms |= {name.split(".")[1] for name in names if name.startswith("formnet.")}
    return rooms - {"__version__"}


FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def test_every_room_has_a_floor() -> None:
    assert {room_of(path) for path in FILES} <= set(ROW_OF)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_downwards(path: Path) -> None:
    room = room_of(path)
    wrong = {other for other in imported_rooms(path) if other != room and ROW_OF[other] >= ROW_OF[room]}
    assert not wrong, f"{path.relative_to(PACKAGE)} (row {ROW_OF[room]}) imports {sorted(wrong)}"


def test_only_the_body_imports_smplx() -> None:
    guilty = [
        str(path.relative_to(PACKAGE))
        for path in FILES
        if room_of(path) != "body" and any(line.lstrip().startswith(("import smplx", "from smplx"))
                                           for line in path.read_text().splitlines())
    ]  # fmt: skip
    assert not guilty


HEAVY = {"torch", "pytorch_lightning", "lightning", "cv2", "mediapipe", "wandb", "sklearn", "matplotlib"}


@pytest.mark.parametrize(
    ("entrance", "heavy"),
    [
        ("import formnet", HEAVY),
        ("import formnet.motion, formnet.cli.app", HEAVY),
        # Commands begin to see before they can judge.
        ("import formnet.cli.classify", HEAVY | {"scipy"}),
        # Either would take longer to load than to judge.
        ("from formnet.pipeline import make_judge; make_judge()", HEAVY | {"scipy"}),
        ("from formnet.lifting.lifter import create_lifter; create_lifter('unsupervised')", HEAVY | {"scipy"}),
    ],
)
def test_an_entrance_is_light(entrance: str, heavy: set[str]) -> None:
    code = f"{entrance}; import sys; print(sorted(set(sys.modules) & {heavy}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


KNOWN_TWICE = {
    # Every module of an estimator offers it to `formnet.pose.estimator`, which has the one that people call.
    "create_estimator",
    # What programs ask for by the same name: the front door does it for a clip.
    "estimate_pose", "find_repetitions",
    # Commands, which are called what they do.
    "check", "compare", "fit_errors", "prepare",
}  # fmt: skip


def test_one_name_is_one_thing() -> None:
    """Public functions and classes have names of their own, but for those that are known to be shared."""
    places: dict[str, list[str]] = {}
    for path in FILES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(path.relative_to(PACKAGE)))
    twice = {name: where for name, where in places.items() if len(where) > 1}
    assert twice.keys() == KNOWN_TWICE, f"give one of them another name: {twice}"
