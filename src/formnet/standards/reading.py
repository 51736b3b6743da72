"""Standards on disk: YAML, checked whole, every problem said at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, get_args

from formnet.errors import InputError
from formnet.measures.registry import MEASURES
from formnet.standards import DEFAULT_STANDARD
from formnet.standards.standard import Criterion, Evidence, Rule, Side, Standard
from formnet.storage.texts import parse_yaml, read_text

_MOST_BYTES = 1_000_000
_KEYS = {"name", "title", "description", "faults", "reported", "good"}
_RULE_KEYS = {"fault", "when", "required", "source", "evidence"}
_CRITERION_KEYS = {"measure", "above", "below", "tolerance"}


def shipped_standards() -> tuple[str, ...]:
    """Names of the standards that formnet brings along."""
    entries = resources.files("formnet.standards").iterdir()
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in entries if entry.name.endswith(".yaml")))


def load_standard(name_or_path: str = DEFAULT_STANDARD) -> Standard:
    """A standard by its name, or from a YAML file of the user's own.

    Raises:
        InputError: no such name or file, or a file that is no standard (naming every problem).
    """
    if name_or_path in shipped_standards():
        text = (resources.files("formnet.standards") / f"{name_or_path}.yaml").read_text(encoding="utf-8")
        return parse_standard(text, name_or_path)
    path = Path(name_or_path)
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise InputError(
            f"there is no standard {name_or_path!r}; use one of {', '.join(shipped_standards())}, or a .yaml file"
        )
    if not path.exists():
        known = ", ".join(shipped_standards())
        raise InputError(f"{path} does not exist; check the path, or use one of {known}")
    return parse_standard(read_text(path, "standard", _MOST_BYTES), str(path))


def parse_standard(text: str, where: str) -> Standard:
    """A standard from YAML text; `where` names it in messages.

    Raises:
        InputError: naming every problem at once.
    """
    try:
        content = parse_yaml(text)
    except ValueError as error:
        raise InputError(f"{where} is no YAML ({error}); formnet standards show coaching prints a standard") from None
    problems: list[str] = []
    standard = _standard_from(content, problems)
    if problems or standard is None:
        raise InputError(
            f"{where} is no valid standard: {'; '.join(problems)}; formnet standards show coaching prints one that is"
        )
    return standard


def _standard_from(content: Any, problems: list[str]) -> Standard | None:
    if not isinstance(content, Mapping):
        problems.append("expected keys and values (name, title, faults, …)")
        return None
    problems += [f"unknown key {key!r} (known: {', '.join(sorted(_KEYS))})" for key in content if key not in _KEYS]
    name = content.get("name")
    if not isinstance(name, str) or not name:
        problems.append("it has no name")
    entries = content.get("faults")
    if not isinstance(entries, list) or not entries:
        problems.append("faults must be a list with one entry or more")
        return None
    rules = [rule for number, entry in enumerate(entries, 1) if (rule := _rule_from(entry, number, problems))]
    reported = content.get("reported") or []
    if not isinstance(reported, list):
        problems.append("reported must be a list of measures")
        reported = []
    problems += [_unknown_measure(measure) for measure in reported if measure not in MEASURES]
    return Standard(
        str(name),
        str(content.get("title") or name),
        " ".join(str(content.get("description") or "").split()),
        tuple(rules),
        tuple(str(measure) for measure in reported),
        str(content.get("good") or "good"),
    )


def _rule_from(entry: Any, number: int, problems: list[str]) -> Rule | None:
    if not isinstance(entry, Mapping):
        problems.append(f"fault {number} must have keys (fault, when, source, evidence)")
        return None
    at = f"fault {entry.get('fault') or number}"
    problems += [f"{at}: unknown key {key!r}" for key in entry if key not in _RULE_KEYS]
    if not isinstance(entry.get("fault"), str) or not entry["fault"]:
        problems.append(f"{at} has no name")
    if not isinstance(entry.get("source"), str) or not entry["source"].strip():
        problems.append(f"{at} has no source: say who holds this limit")
    if entry.get("evidence") not in get_args(Evidence):
        problems.append(f"{at}: evidence must be one of {', '.join(get_args(Evidence))}, got {entry.get('evidence')!r}")
    if not isinstance(entry.get("required", False), bool):
        problems.append(f"{at}: required must be true or false")
    when = entry.get("when")
    if not isinstance(when, list) or not when:
        problems.append(f"{at}: when must be a list of one limit or more")
        return None
    criteria = [c for item in when if (c := _criterion_from(item, at, problems))]
    return Rule(
        str(entry.get("fault")), tuple(criteria), bool(entry.get("required", False)),
        " ".join(str(entry.get("source")).split()), entry.get("evidence") or "convention",
    )  # fmt: skip


def _criterion_from(item: Any, at: str, problems: list[str]) -> Criterion | None:
    before = len(problems)
    if not isinstance(item, Mapping):
        problems.append(f"{at}: a limit must have a measure and above or below")
        return None
    problems += [f"{at}: unknown key {key!r} in a limit" for key in item if key not in _CRITERION_KEYS]
    if item.get("measure") not in MEASURES:
        problems.append(f"{at}: {_unknown_measure(item.get('measure'))}")
    sides = [side for side in get_args(Side) if side in item]
    if len(sides) != 1:
        problems.append(f"{at}: a limit is either above or below a number, got {' and '.join(sides) or 'neither'}")
    limit, tolerance = item.get(sides[0]) if sides else None, item.get("tolerance", 0.0)
    for value, what in ((limit, "limit"), (tolerance, "tolerance")):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            problems.append(f"{at}: the {what} must be a number, got {value!r}")
        elif what == "tolerance" and value < 0:
            problems.append(f"{at}: the tolerance must not be negative, got {value}")
    if len(problems) > before:
        return None
    return Criterion(str(item["measure"]), sides[0], float(limit), float(tolerance))  # type: ignore[arg-type]


def _unknown_measure(name: Any) -> str:
    return f"there is no measure {name!r} (formnet measures lists them)"
