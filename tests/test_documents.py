"""What documents tell people to type is understood, and the examples in docstrings give what they say."""

from __future__ import annotations

import doctest
import importlib
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from formnet.cli.app import COMMANDS, load_command
from formnet.readers.npz import write_npz
from formnet.training.configuration import check_arguments, modernise
from tests.scoring.motions import waving

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "benchmarks" / "README.md"]
TYPED = re.compile(
    rf"^\s+(?:\.venv/bin/)?(formnet (?:{'|'.join(COMMANDS)})\b.*|python (?:train\.py|benchmarks/\S+\.py)\b.*)$",
    re.MULTILINE,
)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
SOURCES = ROOT / "src" / "formnet"
WITH_EXAMPLES = [
    ".".join(path.relative_to(SOURCES).with_suffix("").parts)
    for path in sorted(SOURCES.rglob("*.py"))
    if ">>>" in path.read_text(encoding="utf-8")
]


def find_commands() -> list[tuple[str, ...]]:
    """Every command line in the pages and in the help of the commands, without comments."""
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    texts += [importlib.import_module(module).__file__ or "" for module, _ in COMMANDS.values()]
    lines = [line for text in texts for line in TYPED.findall(text if "\n" in text else Path(text).read_text())]
    # Comments, redirections and what an example is for are not the command's.
    return sorted({tuple(shlex.split(re.split(r"\s[#→>]\s|\s\(", line)[0])) for line in lines})


TYPED_COMMANDS = find_commands()


def named(*start: str) -> list[Any]:
    return [pytest.param(words, id=" ".join(words)) for words in TYPED_COMMANDS if words[: len(start)] == start]


def test_there_are_examples() -> None:
    assert len(named("formnet")) > 20
    assert len(named("python", "train.py")) > 5


@pytest.mark.parametrize("words", named("formnet"))
def test_a_command_is_parsed(words: tuple[str, ...]) -> None:
    _, name, *arguments = words
    assert name in COMMANDS
    command = load_command(name)
    context = command.make_context(name, list(arguments))
    while hasattr(command, "commands"):
        name, *rest = (*getattr(context, "_protected_args", ()), *context.args)
        assert name in command.commands
        command = command.commands[name]
        context = command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("words", named("python", "train.py"))
def test_a_training_is_composed_of_settings_that_are_used(words: tuple[str, ...]) -> None:
    check_arguments(modernise(words[2:]), ROOT / "configs")


def test_a_benchmark_is_there_and_knows_its_options() -> None:
    shared = (ROOT / "benchmarks" / "common.py").read_text()
    for _, script, *arguments in (words for words in TYPED_COMMANDS if words[1].startswith("benchmarks/")):
        text = (ROOT / script).read_text() + shared
        assert all(f'"{word}"' in text for word in arguments if word.startswith("--")), script


def test_python_in_the_pages_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("mine.npz", "coach.npz"):
        write_npz(tmp_path / name, waving())
    monkeypatch.chdir(tmp_path)
    blocks = [block for page in PAGES for block in PYTHON.findall(page.read_text(encoding="utf-8"))]
    assert blocks
    for block in blocks:
        exec(compile(block, "page", "exec"), {})


def test_there_are_examples_in_docstrings() -> None:
    assert {"geometry.angles", "geometry.paths", "preprocess.smoothers"} <= set(WITH_EXAMPLES)


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_examples_in_docstrings(module: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(f"formnet.{module}"), optionflags=doctest.ELLIPSIS)
    assert tried > 0
    assert failed == 0
