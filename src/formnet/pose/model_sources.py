"""Where BlazePose models are fetched from: the official address, the package index, the npm registry."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from pathlib import Path

from formnet.errors import InputError
from formnet.pose.model_bundle import BUNDLE_SHA256, Eyes, build_bundle

URL_TIMEOUT_S = 8.0
_DOWNLOAD_TIMEOUT_S = 600.0
_MAX_BYTES = 64 * 2**20
_WHEEL = ("mediapipe==0.10.21", "3.11", "manylinux_2_28_x86_64")
_NPM_PACKAGE = "@mediapipe/pose@0.5.1675469404"
_IN_WHEEL = "mediapipe/modules/pose_{0}/pose_{0}{1}.tflite"


def official_url(eyes: Eyes) -> str:
    """Where Google publishes the bundle of that size."""
    name = f"pose_landmarker_{eyes.size}"
    return f"https://storage.googleapis.com/mediapipe-models/pose_landmarker/{name}/float16/latest/{name}.task"


def fetch_official(eyes: Eyes) -> bytes:
    """The official bundle; raises `InputError` when it does not come or is another one than the pinned."""
    _say(f"fetching the pose model once ({official_url(eyes)})")
    try:
        with urllib.request.urlopen(official_url(eyes), timeout=URL_TIMEOUT_S) as answer:
            content: bytes = answer.read(_MAX_BYTES)
    except (OSError, ValueError) as error:
        raise InputError(f"not reachable ({getattr(error, 'reason', error)})") from error
    if (found := hashlib.sha256(content).hexdigest()) not in BUNDLE_SHA256[eyes]:
        raise InputError(f"gave a file with the SHA-256 {found} instead of a pinned one")
    return content


def fetch_from_index(eyes: Eyes) -> bytes:
    """A bundle of the networks that an old MediaPipe wheel carries; there is the standard size only."""
    if eyes is not Eyes.STANDARD:
        raise InputError(f"has no {eyes.size} network")
    requirement, python_version, platform = _WHEEL
    _say(f"fetching the pose model once from the package index ({requirement}, 36 MB)")
    with tempfile.TemporaryDirectory(prefix="formnet-") as folder:
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input",
            "--no-deps", "--only-binary=:all:", "--implementation", "cp", "--python-version", python_version,
            "--platform", platform, "--dest", folder, requirement,
        ]  # fmt: skip
        errors = _run(command, "pip")
        if "No module named pip" in errors:
            raise InputError("this Python has no pip (python -m ensurepip adds it)")
        wheels = sorted(Path(folder).glob("mediapipe-*.whl"))
        if not wheels:
            lines = [line for line in errors.splitlines() if line.startswith("ERROR")] or ["no wheel came"]
            raise InputError(f"pip download {requirement} failed ({lines[-1].removeprefix('ERROR: ').rstrip('.')})")
        return bundle_from_wheel(wheels[0], eyes)


def bundle_from_wheel(wheel: Path, eyes: Eyes) -> bytes:
    """The bundle of the networks in a MediaPipe wheel; raises `InputError` when they are missing or changed."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            networks = [archive.read(_IN_WHEEL.format(*parts)) for parts in (("detection", ""), ("landmark", "_full"))]
    except KeyError as error:
        raise InputError(f"{wheel.name} holds no pose networks ({error}); mediapipe 0.10.21 is needed") from None
    return build_bundle(networks[0], networks[1], eyes)


def fetch_from_npm(eyes: Eyes) -> bytes:
    """A bundle of the networks in MediaPipe's npm package, which has all sizes."""
    npm = shutil.which("npm")
    if npm is None:
        raise InputError("npm is not installed here")
    _say(f"fetching the pose model once by npm ({_NPM_PACKAGE}, 41 MB)")
    with tempfile.TemporaryDirectory(prefix="formnet-") as folder:
        errors = _run([npm, "pack", "--silent", "--pack-destination", folder, _NPM_PACKAGE], "npm", cwd=folder)
        packages = sorted(Path(folder).glob("*.tgz"))
        if not packages:
            lines = [line for line in errors.splitlines() if line.strip()] or ["no package came"]
            raise InputError(f"npm pack {_NPM_PACKAGE} failed ({lines[-1].rstrip('.')})")
        return bundle_from_npm(packages[0], eyes)


def bundle_from_npm(package: Path, eyes: Eyes) -> bytes:
    """The bundle of the networks in the npm package; raises `InputError` when they are missing or changed."""
    try:
        with tarfile.open(package) as archive:
            networks = []
            for name in ("pose_solution_packed_assets.data", f"pose_landmark_{eyes.size}.tflite"):
                member = archive.extractfile(f"package/{name}")
                assert member is not None, f"{name} is no file"
                networks.append(member.read(_MAX_BYTES))
    except (KeyError, tarfile.TarError, OSError) as error:
        raise InputError(f"{package.name} holds no pose networks ({error}); use another source") from None
    return build_bundle(networks[0], networks[1], eyes)


def _run(command: list[str], what: str, cwd: str | None = None) -> str:
    """What the command said on standard error."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_DOWNLOAD_TIMEOUT_S,
            check=False, cwd=cwd,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"{what} did not finish ({type(error).__name__})") from error
    return done.stderr


def _say(message: str) -> None:
    print(f"formnet: {message}", file=sys.stderr, flush=True)
