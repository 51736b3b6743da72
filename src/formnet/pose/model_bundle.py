"""The file that holds a BlazePose model: a zip of two networks, as MediaPipe's `.task` bundles are.

The networks are Google's, licensed Apache-2.0. Each is accepted only with a pinned SHA-256 sum, so a file that was
changed upstream or damaged here can never slip in.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from formnet.errors import InputError
from formnet.storage.files import compute_sha256

DETECTOR, LANDMARKS = "pose_detector.tflite", "pose_landmarks_detector.tflite"


class Eyes(StrEnum):
    """Sizes of the landmark network."""

    FAST = "fast"
    STANDARD = "standard"
    EXACT = "exact"

    @property
    def size(self) -> str:
        """As the files of the networks call it."""
        return {"fast": "lite", "standard": "full", "exact": "heavy"}[self.value]


# The same detector, packed differently in the two sources.
DETECTOR_SHA256 = frozenset({
    "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    "a63c614bef30d35947f13be361820b1e4e3bec9cfeebf4d11216a18373108e85",
})  # fmt: skip
LANDMARKS_SHA256 = {
    Eyes.FAST: "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61",
    Eyes.STANDARD: "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    Eyes.EXACT: "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
}
# Whole bundles: the official ones, as many public projects pin them, and one that earlier releases of formnet made.
BUNDLE_SHA256 = {
    Eyes.FAST: frozenset({"59929e1d1ee95287735ddd833b19cf4ac46d29bc7afddbbf6753c459690d574a"}),
    Eyes.STANDARD: frozenset({
        "4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad",
        "5134a3aad27a58b93da0088d431f366da362b44e3ccfbe3462b3827a839011b1",
        "b8d420536a90f7d1584cc05664bd9cbf7834443229b004bfef4a1b91280cc1d9",
    }),
    Eyes.EXACT: frozenset({"64437af838a65d18e5ba7a0d39b465540069bc8aae8308de3e318aad31fcbc7b"}),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class PoseModel:
    """Two networks.

    Attributes:
        detector, landmarks: contents of `.tflite` files.
        source: how to call them in errors.
    """

    detector: bytes
    landmarks: bytes
    source: str


def size_of(landmarks: bytes) -> Eyes | None:
    """Which size a landmark network is; None where it is not one of the pinned ones."""
    found = hashlib.sha256(landmarks).hexdigest()
    return next((eyes for eyes, pinned in LANDMARKS_SHA256.items() if pinned == found), None)


def build_bundle(detector: bytes, landmarks: bytes, eyes: Eyes) -> bytes:
    """The bundle of two networks, byte for byte the same each time.

    Raises:
        InputError: when one is not the pinned network.
    """
    for name, content, pinned in (
        ("detector", detector, DETECTOR_SHA256),
        (f"landmark network ({eyes.size})", landmarks, {LANDMARKS_SHA256[eyes]}),
    ):
        if (found := hashlib.sha256(content).hexdigest()) not in pinned:
            raise InputError(f"the {name} has the SHA-256 {found}, which is not the pinned one; use another source")
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_STORED) as target:
        for name, content in ((DETECTOR, detector), (LANDMARKS, landmarks)):
            target.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), content)
    return bundle.getvalue()


def is_pinned_bundle(path: Path, eyes: Eyes) -> bool:
    """Whether a file is a known bundle, or holds two known networks and nothing is damaged."""
    if not path.is_file():
        return False
    if compute_sha256(path) in BUNDLE_SHA256[eyes]:
        return True
    try:
        model = read_bundle(path)
        build_bundle(model.detector, model.landmarks, eyes)
    except InputError:
        return False
    return True


def is_network(content: bytes) -> bool:
    """Whether this is a TensorFlow Lite file."""
    return content[4:8] == b"TFL3"


def read_bundle(path: Path) -> PoseModel:
    """The two networks of a bundle.

    Raises:
        InputError: no zip, damaged, or without the two networks.
    """
    try:
        with zipfile.ZipFile(path) as bundle:
            model = PoseModel(bundle.read(DETECTOR), bundle.read(LANDMARKS), str(path))
    except (OSError, KeyError, zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise InputError(f"{path} is no BlazePose bundle ({error}); give a pose_landmarker .task file") from error
    if not (is_network(model.detector) and is_network(model.landmarks)):
        raise InputError(f"{path} holds no TensorFlow Lite networks; give a pose_landmarker .task file")
    return model
