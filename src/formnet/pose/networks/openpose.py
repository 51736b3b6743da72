"""OpenPose's networks (Cao et al.): COCO-18, MPI-15 and BODY_25, from the user's own files.

Caffe files are read by `formnet.pose.networks.caffe`, ONNX files run in OpenCV's DNN module. The weights are for
non-commercial use and are not part of formnet.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from formnet.errors import CheckpointError, InputError
from formnet.pose.estimator import EstimatorOptions, FollowsOne
from formnet.pose.grouping.base import FoundPeople, Grouping
from formnet.pose.grouping.fields import AffinityFields
from formnet.pose.grouping.heatmaps import Array
from formnet.pose.networks.caffe import read_caffe
from formnet.pose.networks.crop import Crop
from formnet.pose.networks.estimator import as_seen
from formnet.pose.people import SeenPeople
from formnet.pose.video import Frame, Image
from formnet.skeleton import BODY_25, COCO_18, MPI_15, Skeleton
from formnet.storage.files import cache_dir, compute_sha256

FOLDER_VARIABLE = "FORMNET_OPENPOSE"
STRIDE = 8
_HEIGHT, _SIDE_STEP = 368, 16
_LEAST_HEIGHT = 0.1
_SIGMA = 2.0
_WHERE_FROM = (
    "get pose_iter_584000.caffemodel (BODY_25), pose_iter_440000.caffemodel (COCO) or pose_iter_160000.caffemodel "
    "(MPI) with its .prototxt from the OpenPose project (github.com/CMU-Perceptual-Computing-Lab/openpose, folder "
    f"models), or an ONNX file of such a network, and name it: --estimator FILE, or the folder in {FOLDER_VARIABLE}"
)

Run = Callable[[Array], Array]
"""Pictures (1, 3, H, W) → maps (C, H/8, W/8)."""


def _arm(side: str) -> list[tuple[str, str]]:
    return [("neck", f"{side}_shoulder"), (f"{side}_shoulder", f"{side}_elbow"), (f"{side}_elbow", f"{side}_wrist")]


def _leg(side: str, above: str) -> list[tuple[str, str]]:
    return [(above, f"{side}_hip"), (f"{side}_hip", f"{side}_knee"), (f"{side}_knee", f"{side}_ankle")]


def _foot(side: str) -> list[tuple[str, str]]:
    ankle, toe = f"{side}_ankle", f"{side}_foot_index"
    return [(ankle, toe), (toe, f"{side}_small_toe"), (ankle, f"{side}_heel")]


_FACE = [("neck", "nose"), ("nose", "right_eye"), ("nose", "left_eye"), ("right_eye", "right_ear"),
         ("left_eye", "left_ear")]  # fmt: skip
_ARMS_TO_EARS = [*_arm("right"), ("right_shoulder", "right_ear"), *_arm("left"), ("left_shoulder", "left_ear")]


@dataclass(frozen=True)
class ChannelLayout:
    """What the channels of one of the networks are: heatmaps, background, then x and y of a field for each limb."""

    skeleton: Skeleton
    limbs: tuple[tuple[str, str], ...]

    @property
    def n_channels(self) -> int:
        return len(self.skeleton) + 1 + 2 * len(self.limbs)

    def grouping(self) -> Grouping:
        """Puts people together by fields."""
        pairs = tuple((self.skeleton.index(a), self.skeleton.index(b)) for a, b in self.limbs)
        return AffinityFields(self.skeleton, _SIGMA, threshold=_LEAST_HEIGHT, limbs=pairs)

    def split(self, maps: Array) -> dict[str, Array]:
        """Maps (C, H, W) of a network by name, as groupings expect them."""
        joints = len(self.skeleton)
        return {"heatmaps": maps[:joints], "fields": maps[joints + 1 :]}


# In the order of the fields' channels, which is not the order in which OpenPose lists the limbs.
LAYOUTS = (
    ChannelLayout(COCO_18, (*_leg("right", "neck"), *_leg("left", "neck"), *_ARMS_TO_EARS, *_FACE)),
    ChannelLayout(MPI_15, (("head", "neck"), *_arm("right"), *_arm("left"), ("neck", "spine3"),
                           *_leg("right", "spine3"), *_leg("left", "spine3"))),
    ChannelLayout(BODY_25, (("neck", "pelvis"), *_leg("right", "pelvis")[1:], _leg("right", "pelvis")[0],
                            *_leg("left", "pelvis"), *_ARMS_TO_EARS, *_FACE, *_foot("left"), *_foot("right"))),
)  # fmt: skip


class OpenPose(FollowsOne):
    """One of OpenPose's networks as an estimator.

    Args:
        run: the network.
        n_channels: of its maps; says which of the three networks it is.
    """

    def __init__(self, run: Run, n_channels: int, name: str, version: str) -> None:
        layout = next((known for known in LAYOUTS if known.n_channels == n_channels), None)
        if layout is None:
            known = ", ".join(f"{part.n_channels} ({part.skeleton.name})" for part in LAYOUTS)
            raise CheckpointError(f"{name} gives {n_channels} maps, which no network of OpenPose does: {known}")
        self._run, self._layout, self.name, self.version = run, layout, name, version
        self._grouping = layout.grouping()

    eyes = None

    @property
    def skeleton(self) -> Skeleton:
        return self._layout.skeleton

    def find(self, image: Image) -> FoundPeople:
        """The people in a picture (H, W, 3), in its pixels."""
        height, width = image.shape[:2]
        side = max(1, round(_HEIGHT * width / height / _SIDE_STEP)) * _SIDE_STEP
        crop = Crop((width / 2, height / 2), width * max(1.0, side * height / (_HEIGHT * width)), (side, _HEIGHT))
        # Blue first, and colours as OpenPose scales them.
        view = crop.cut(image)[..., ::-1].astype(np.float32) / 256 - 0.5
        maps = self._run(np.ascontiguousarray(view.transpose(2, 0, 1)[None]))
        people = self._grouping.group(self._layout.split(maps))
        return FoundPeople(crop.to_picture(people.joints * STRIDE), people.confidence, people.score)

    def follow(self, frames: Iterable[Frame]) -> Iterator[SeenPeople]:
        """The people in successive frames, not smoothed."""
        for frame in frames:
            yield as_seen(frame, self.find(frame.image))


def create_estimator(options: EstimatorOptions) -> OpenPose:
    """Several people; see `formnet.pose.estimator.create_estimator`."""
    return load_openpose(options.model or find_model())


def load_openpose(path: Path) -> OpenPose:
    """OpenPose from a .caffemodel (its .prototxt beside it, the only one or that of the same name) or an ONNX file.

    Raises:
        CheckpointError: missing, damaged, or no such network.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"{path} is not there; {_WHERE_FROM}")
    run = _onnx_runner(path) if path.suffix.lower() == ".onnx" else _caffe_runner(path)
    probe = run(np.zeros((1, 3, 2 * _SIDE_STEP, 2 * _SIDE_STEP), np.float32))
    return OpenPose(run, len(probe), path.stem, f"OpenPose, sha256 {compute_sha256(path)}")


def find_model() -> Path:
    """The network in the folder that FORMNET_OPENPOSE names, else in the cache; raises `InputError` when none is."""
    named = os.environ.get(FOLDER_VARIABLE)
    folder = Path(named).expanduser() if named else cache_dir() / "openpose"
    found = [file for pattern in ("*.caffemodel", "*.onnx") for file in sorted(folder.glob(pattern))]
    if not found:
        raise InputError(f"there is no network of OpenPose in {folder}; {_WHERE_FROM}")
    return found[0]


def _caffe_runner(path: Path) -> Run:
    layouts = sorted(path.parent.glob("*.prototxt"))
    own = [layout for layout in layouts if layout.stem == path.stem] or layouts
    if len(own) != 1:
        raise CheckpointError(
            f"{path} needs its .prototxt beside it, but there {'is none' if not own else 'are several'}; "
            f"put it there as {path.with_suffix('.prototxt').name}"
        )
    network = read_caffe(own[0], path)

    def run(pictures: Array) -> Array:
        with torch.inference_mode():
            return network(torch.from_numpy(pictures))[0].numpy()

    return run


def _onnx_runner(path: Path) -> Run:
    import cv2

    try:
        network = cv2.dnn.readNetFromONNX(str(path))
    except cv2.error as error:
        reason = str(error).strip().splitlines()[-1][:120]
        raise CheckpointError(f"OpenCV cannot read {path} ({reason}); give a network of OpenPose") from error

    def run(pictures: Array) -> Array:
        network.setInput(pictures)
        return np.asarray(network.forward()[0], dtype=np.float32)

    return run
