"""Figures of a run as a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from formnet.storage.files import write_json


def write_metrics(out: Path, figures: Mapping[str, Any]) -> None:
    """Writes `metrics.json` into the folder of a run."""
    write_json(out / "metrics.json", figures)
