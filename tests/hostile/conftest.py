"""What hostile runs share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.runs import Runner


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    runner = Runner(tmp_path_factory.mktemp("runs"))
    yield runner
    runner.close()
