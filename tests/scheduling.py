"""How the files of tests are dealt out to processes."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).resolve().parents[1]


class FilesTogether(LoadFileScheduling):
    """A process gets whole files, and one gets all that run programs: what forks those takes seconds to start."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "files that run programs" if runs_programs(file) else file


@cache
def runs_programs(file: str) -> bool:
    """True for a file with tests that ask for the fixture `programs`, under this name or as `runner`."""
    return re.search(r"\b(programs|runner): Runner", (ROOT / file).read_text()) is not None
