"""Fixtures for all tests."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

# One thread for each test process, before NumPy and PyTorch start theirs: what tests compute is small, and threads that
# wait for each other beside a busy process take ten times as long.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pytest  # noqa: E402

from formnet.storage import outputs  # noqa: E402
from tests.hostile.runs import Runner  # noqa: E402
from tests.pose.kept import keep_poses  # noqa: E402

# What is imported and collected stays to the end: to look for rubbish among it would cost each process a second and a
# half, and a share of every later search.
gc.disable()


SHORT = {"geometry", "readers", "storage", "vocabulary"}
"""Folders whose files take a second or two: they come last, so that no process waits long for another at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not SHORT.isdisjoint(item.path.parts))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.scheduling import FilesTogether

    return FilesTogether(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def own_outputs() -> Iterator[None]:
    """What a command guards within the process of one test is no matter of the next."""
    token = outputs._guard.set(None)
    yield
    outputs._guard.reset(token)


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Folder with the real recordings and data sets, which are never committed.

    FORMNET_DATASETS names it (or its `datasets` folder); else `../shared` beside the repository.
    """
    named = os.environ.get("FORMNET_DATASETS")
    folder = Path(named).expanduser() if named else Path(__file__).resolve().parents[2] / "shared"
    if folder.name == "datasets":
        folder = folder.parent
    if not folder.is_dir():
        pytest.skip(f"the real data are not here ({folder}); set FORMNET_DATASETS to their folder")
    return folder


@pytest.fixture(scope="session")
def pose_model() -> Path:
    """The verified BlazePose model; fetched on first use."""
    from formnet.errors import InputError
    from formnet.pose.model_file import obtain_pose_model

    try:
        return obtain_pose_model()
    except InputError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def pose_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder in which all test processes of one run keep the poses of films, by content and options."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "poses"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def kept_poses(pose_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands estimate the poses of a film once, whatever the number of tests that look at it."""
    keep_poses(pose_cache, monkeypatch)


@pytest.fixture(scope="session")
def kept_features() -> Iterator[None]:
    """The features of one and the same motion are computed once, however often tests fit to it."""
    from formnet.judges.squat import features

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "_compute_one", lru_cache(maxsize=512)(features._compute_one))
        yield


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """Runs train.py, evaluate.py and formnet in processes of their own without importing PyTorch anew for each."""
    runner = Runner(tmp_path_factory.mktemp("programs"))
    yield runner
    runner.close()
