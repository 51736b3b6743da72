"""Figures of a run as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from formnet.storage.files import atomic_path


def write_metrics(out: Path, figures: Mapping[str, Any]) -> None:
    """Writes `metrics.json` into the folder of a run."""
    with atomic_path(out / "metrics.json") as temporary:
        temporary.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
