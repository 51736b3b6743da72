"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


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
