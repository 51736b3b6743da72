"""The BlazePose model: found, or fetched once, verified and kept.

Looked for in this order: the path that the user gives (argument, or FORMNET_POSE_MODEL); the cache; the official
address; the package index, where an old MediaPipe wheel carries the two networks. A file that was fetched is
accepted only with one of the pinned SHA-256 sums, so a changed upstream file can never slip in. One exception: a
bundle made here from the two networks (each with its own pinned sum) by another flatbuffers release may differ in
padding; it is accepted after MediaPipe has loaded it, and its sum is written beside it so that damage shows later.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from formnet.errors import InputError
from formnet.pose.model_bundle import build_bundle, is_bundle
from formnet.storage.files import atomic_path, cache_dir, compute_sha256

MODEL_NAME = "pose_landmarker_full.task"
MODEL_VARIABLE = "FORMNET_POSE_MODEL"
MODEL_URL = (
    "https://storage.googleapis.com/mediapipe-models/pose_landmarker/pose_landmarker_full/float16/latest/" + MODEL_NAME
)
OFFICIAL_SHA256 = "4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad"
"""The official bundle (9,398,198 bytes), as many public projects pin it."""
REBUILT_SHA256 = "b8d420536a90f7d1584cc05664bd9cbf7834443229b004bfef4a1b91280cc1d9"
"""The bundle that `build_bundle` makes from the networks of mediapipe 0.10.21."""
PINNED_SHA256 = frozenset({OFFICIAL_SHA256, REBUILT_SHA256})

_URL_TIMEOUT_S = 8.0
_PIP_TIMEOUT_S = 600.0
_MAX_BYTES = 64 * 2**20
_WHEEL = ("mediapipe==0.10.21", "3.11", "manylinux_2_28_x86_64")


@dataclass(frozen=True)
class ModelStatus:
    """What `formnet doctor` says about the pose model.

    Attributes:
        is_ready: True when pose estimation can start without fetching anything.
        path: where the model is or will be.
        message: one sentence with the remedy where one is needed.
    """

    is_ready: bool
    path: Path
    message: str


def obtain_pose_model(path: str | Path | None = None) -> Path:
    """Path of a verified pose model, fetched on first use; says so on standard error.

    Safe when several processes do it at once: each writes its own temporary file, the last rename wins, and all
    are equal. A damaged file in the cache is replaced.

    Args:
        path: a pose landmarker bundle of one's own (also lite or heavy); None looks where this module says.

    Raises:
        InputError: naming what was tried and how to help.
    """
    given = path or os.environ.get(MODEL_VARIABLE)
    if given:
        return _check_given(Path(given).expanduser())
    cached = cached_model_path()
    if _is_verified(cached):
        return cached
    failures = []
    for source, fetch in (("the official address", _fetch_official), ("the package index", _fetch_from_index)):
        try:
            _store(fetch(), cached)
        except InputError as error:
            failures.append(f"{source}: {error}")
        else:
            _say(f"the pose model is ready: {cached}")
            return cached
    raise InputError(
        f"the pose model could not be obtained ({'; '.join(failures)}); connect to the internet once, or download "
        f"{MODEL_URL} elsewhere and set {MODEL_VARIABLE} to its path"
    )


def cached_model_path() -> Path:
    """Where the fetched model is kept."""
    return cache_dir() / MODEL_NAME


def check_pose_model(path: str | Path | None = None) -> ModelStatus:
    """The state of the pose model, without fetching anything."""
    given = path or os.environ.get(MODEL_VARIABLE)
    if given:
        try:
            found = _check_given(Path(given).expanduser())
        except InputError as error:
            return ModelStatus(False, Path(given), str(error))
        return ModelStatus(True, found, f"pose model given by the user: {found}")
    cached = cached_model_path()
    if _is_verified(cached):
        return ModelStatus(True, cached, f"pose model verified: {cached}")
    if cached.exists():
        return ModelStatus(False, cached, f"the pose model {cached} is damaged; it is fetched again at the next use")
    return ModelStatus(False, cached, f"the pose model is not there yet; it is fetched to {cached} at the first use")


def _check_given(path: Path) -> Path:
    if not path.is_file():
        raise InputError(f"there is no pose model {path}; correct the path or unset {MODEL_VARIABLE}")
    if not is_bundle(path):
        raise InputError(f"{path} is no MediaPipe pose landmarker bundle; download one from {MODEL_URL}")
    return path


def _receipt(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _is_verified(path: Path) -> bool:
    if not path.is_file():
        return False
    found = compute_sha256(path)
    if found in PINNED_SHA256:
        return True
    try:
        return _receipt(path).read_text(encoding="ascii").strip() == found and is_bundle(path)
    except (OSError, UnicodeDecodeError):
        return False


def _store(content: bytes, target: Path) -> None:
    with atomic_path(target) as temporary:
        temporary.write_bytes(content)
        found = compute_sha256(temporary)
        if found not in PINNED_SHA256:
            _check_loads(temporary)
            with atomic_path(_receipt(target)) as receipt:
                receipt.write_text(found + "\n", encoding="ascii")


def _check_loads(path: Path) -> None:
    from formnet.pose.mediapipe_blazepose import create_landmarker

    create_landmarker(path).close()


def _fetch_official() -> bytes:
    _say("fetching the pose model once (9 MB)")
    try:
        with urllib.request.urlopen(MODEL_URL, timeout=_URL_TIMEOUT_S) as answer:
            content: bytes = answer.read(_MAX_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise InputError(f"not reachable ({reason})") from error
    if (found := hashlib.sha256(content).hexdigest()) != OFFICIAL_SHA256:
        raise InputError(f"gave a file with the SHA-256 {found} instead of the pinned {OFFICIAL_SHA256}")
    return content


def _fetch_from_index() -> bytes:
    requirement, python_version, platform = _WHEEL
    _say(f"fetching the pose model once from the package index ({requirement}, 36 MB)")
    with tempfile.TemporaryDirectory(prefix="formnet-") as folder:
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input",
            "--no-deps", "--only-binary=:all:", "--implementation", "cp", "--python-version", python_version,
            "--platform", platform, "--dest", folder, requirement,
        ]  # fmt: skip
        try:
            run = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PIP_TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"pip did not finish ({type(error).__name__})") from error
        if "No module named pip" in run.stderr:
            raise InputError("this Python has no pip (python -m ensurepip adds it)")
        wheels = sorted(Path(folder).glob("mediapipe-*.whl"))
        if run.returncode != 0 or not wheels:
            lines = [line for line in run.stderr.splitlines() if line.startswith("ERROR")] or ["no wheel came"]
            raise InputError(f"pip download {requirement} failed ({lines[-1].removeprefix('ERROR: ').rstrip('.')})")
        return build_bundle(wheels[0])


def _say(message: str) -> None:
    print(f"formnet: {message}", file=sys.stderr, flush=True)
