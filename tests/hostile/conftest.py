"""What hostile runs share."""

from __future__ import annotations

import pytest

from tests.hostile.runs import Runner


@pytest.fixture(scope="session")
def runner(programs: Runner) -> Runner:
    return programs
