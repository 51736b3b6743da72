"""Files and folders of keypoints: which they are, and what they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from formnet.errors import InputError, OtherContentError, PoseError
from formnet.motion import MAX_EVEN_FRAMES, Motion
from formnet.readers.detections import Detections
from formnet.readers.keypoints.c3d import read_c3d
from formnet.readers.keypoints.candidates import NUMBERS, PLACES, find_candidates
from formnet.readers.keypoints.cells import holds_lists, unpack_cells
from formnet.readers.keypoints.clock import find_rate, find_rate_in_text, time_unit_of
from formnet.readers.keypoints.frames import number_frames
from formnet.readers.keypoints.gather import gather
from formnet.readers.keypoints.headers import read_rows
from formnet.readers.keypoints.json_file import is_frame, parse_frames, parse_keypoints
from formnet.readers.keypoints.layouts import BY_COUNT
from formnet.readers.keypoints.names import plain_key
from formnet.readers.keypoints.points import drop_person_axis, may_be_points, parse_points
from formnet.readers.keypoints.records import unfold_records
from formnet.readers.keypoints.tables import is_joint_table, parse_table
from formnet.readers.keypoints.trc import parse_trc
from formnet.readers.keypoints.walk import Found, Row
from formnet.readers.keypoints.yolo import looks_like_yolo, parse_yolo
from formnet.storage.arrays import read_array, read_arrays
from formnet.storage.kinds import HDF5, describe_other_kind
from formnet.storage.texts import check_file, parse_json, read_json, read_text

TEXT_SUFFIXES = (".json", ".jsonl", ".ndjson", ".txt", ".csv", ".tsv", ".trc")
WORLD_SUFFIXES = (".trc", ".c3d")
"""Of files that hold joints in space and nothing else."""
_FLAT = {34: 2, 36: 2, 51: 3, 54: 3, 75: 3, 78: 3, 132: 4}
"""Numbers in a row of a flat array → those of one point."""
_MOVENET = (1, 1, 17, 3)
"""Of what MoveNet gives for a picture: y stands before x."""
_ELSE = re.compile("3d|world|space|hand|face")
_SCORES = re.compile("score|conf|visib|likelihood")
_SNIFFED = 2**16
_FRAME_SUFFIXES = (".json", ".txt")

OTHER_FILES = {
    ".mot": "holds joint angles of OpenSim, not joints; give the TRC or the video beside it",
    ".sto": "holds tables of OpenSim, not joints; give the TRC or the video beside it",
    ".h5": HDF5,
    ".hdf5": HDF5,
    ".slp": HDF5,
    ".bvh": "is a BVH animation, which formnet does not read; export its joints as TRC or CSV",
    ".fbx": "is an FBX animation, which formnet does not read; export its joints as TRC or CSV",
    ".pkl": "is a pickle, which can run programs and is not opened; export its joints as JSON or CSV",
    ".pickle": "is a pickle, which can run programs and is not opened; export its joints as JSON or CSV",
    ".pth": "is a pickle of PyTorch, which can run programs and is not opened; export its joints as JSON or CSV",
    ".joblib": "is a file of joblib, which can run programs and is not opened; export its joints as JSON or CSV",
    ".msgpack": "is MessagePack, which formnet does not read; write it as JSON",
    ".yaml": "is YAML, which formnet does not read; write it as JSON",
    ".yml": "is YAML, which formnet does not read; write it as JSON",
    ".mat": "is a MATLAB file, which formnet does not read; export its joints as CSV",
}
"""Files of this field that formnet knows by name and does not read: what they are, and what helps."""


@dataclass(frozen=True, eq=False)
class World:
    """Joints in 3D with times of their own, as TRC, C3D and formnet's CSV hold them."""

    motion: Motion
    kind: str
    notes: tuple[str, ...] = ()


def read_keypoints(path: Path, size: tuple[int, int] | None = None) -> Detections | World:
    """What a keypoint file or a folder of them holds.

    Args:
        size: (width, height) of the picture where the user knows it.

    Raises:
        InputError: not readable, or no keypoints; says what was looked for and found.
        PoseError: it holds no pose.
    """
    if path.is_dir():
        return _read_folder(path, size)
    if path.suffix.lower() in (".npy", ".npz"):
        return _read_array(path, size)
    check_file(path)
    if path.suffix.lower() == ".c3d":
        motion, notes = read_c3d(path)
        return World(motion, "c3d", notes)
    if (kind := describe_other_kind(path)) is not None:
        raise OtherContentError(f"{path} {kind}")
    text = read_text(path)
    start = text.lstrip()[:12]
    is_called_json = path.suffix.lower().startswith(".json")
    if start.startswith(("{", "[")) or (is_called_json and not is_joint_table(text[:_SNIFFED])):
        content = parse_json(text, path)
        records = unfold_records(content)
        return parse_keypoints(content, path, size) if records is None else _read_table(records, path, size)
    if start.startswith("PathFileType"):
        motion, notes = parse_trc(text, path)
        return World(motion, "trc", notes)
    if looks_like_yolo(text):
        return gather(parse_yolo(text, path, None), "yolo", str(path), is_share=True, size=size)
    table = read_rows(text, path)
    if holds_lists(table.rows[0]):
        return parse_keypoints(unpack_cells(table.rows, path), path, size)
    return _read_table(table.rows, path, size, find_rate_in_text(table.above))


def _read_table(
    rows: list[list[str]], path: Path, size: tuple[int, int] | None, fps: float | None = None
) -> Detections | World:
    poses = parse_table(rows, path, size, fps)
    return World(poses, "csv") if isinstance(poses, Motion) else poses


def list_frame_files(folder: Path) -> list[Path]:
    """The files of a folder that hold one picture each (OpenPose, sep-json, YOLO labels); empty for other folders."""
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
    for suffix in _FRAME_SUFFIXES:
        alike = [path for path in files if path.suffix.lower() == suffix]
        if suffix == ".json":
            alike = [path for path in alike if path.stem.endswith("_keypoints")] or alike
        else:
            # Ultralytics puts classes.txt and the like beside its labels.
            alike = [path for path in alike if path.stat().st_size > 0]
            alike = [path for path in alike if any(letter.isdigit() for letter in path.stem)]
        # A file of another name beside the frames, such as a summary, is none of them.
        alike = [path for path, clip in zip(alike, number_frames([path.name for path in alike]).clips, strict=True)
                 if clip >= 0] if alike else []  # fmt: skip
        if alike and _is_frame_file(alike[0]) and _is_frame_file(alike[-1]):
            return alike
    return []


def _is_frame_file(path: Path) -> bool:
    try:
        if path.suffix.lower() == ".json":
            return is_frame(read_json(path))
        return looks_like_yolo(read_text(path))
    except InputError:
        # One broken frame among others is told of by the reader, not passed over.
        return path.stem.endswith("_keypoints")


def _read_folder(folder: Path, size: tuple[int, int] | None) -> Detections:
    files = list_frame_files(folder)
    if not files:
        raise InputError(
            f"{folder} holds no frames of poses: looked for files of one picture each, such as OpenPose's "
            f"*_keypoints.json or YOLO's labels, found {_tell_folder(folder)}"
        )
    if files[0].suffix.lower() == ".json":
        return parse_frames([(read_json(file), file) for file in files], folder, size)
    merged = Found()
    for file in files:
        merged.rows += parse_yolo(read_text(file), file, file.name).rows
    return gather(merged, "yolo", str(folder), is_share=True, is_film=True, size=size)


def _tell_folder(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir())
    return f"{len(names)} others ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})" if names else "nothing"


def _load_array(path: Path) -> tuple[np.ndarray, Mapping[str, np.ndarray]]:
    """The array of a .npy, or the one of points in a .npz, and what stands beside it."""
    if path.suffix.lower() == ".npz":
        stored = read_arrays(path, "archive", "write it again")
        named = {name: one for name, one in stored.items() if may_be_points(one)}
        # Points of the body go before those of hands, those in the picture before those in space.
        arrays = [one for name, one in named.items() if _ELSE.search(name.lower()) is None] or list(named.values())
        if len(arrays) != 1:
            raise OtherContentError(
                f"{path} holds {len(arrays)} arrays of frames × points × 2, 3 or 4 (x, y, maybe depth, and "
                "confidence), one is read; write it with `formnet pose CLIP -o FILE.npz`, or one array with numpy.save"
            )
        return _with_scores(drop_person_axis(arrays[0]), stored), stored
    return read_array(path, "array", "write one array of numbers again with numpy.save"), {}


def _unfold_candidates(path: Path) -> list[dict[str, Any]] | None:
    """The frames of an archive of candidates and subsets, those of each frame in a row; None for others."""
    stored = read_arrays(path, "archive", "write it again", (*PLACES, *NUMBERS))
    found = find_candidates({plain_key(name): list(one) for name, one in stored.items() if one.ndim})
    if found is None or len(found[0]) != len(found[1]):
        return None
    return [{"candidate": places.tolist(), "subset": numbers.tolist()} for places, numbers in zip(*found, strict=True)]


def _with_scores(points: np.ndarray, stored: Mapping[str, np.ndarray]) -> np.ndarray:
    """Places (T, J, 2) with the confidences that stand beside them in an archive, where one array is called so."""
    beside = [array.reshape(points.shape[:2]) for name, array in stored.items()
              if _SCORES.search(name.lower()) and array.size == points.shape[0] * points.shape[1]]  # fmt: skip
    is_alone = points.shape[2] == 2 and len(beside) == 1 and beside[0].dtype.kind in "fiu"
    return np.dstack([points, beside[0]]) if is_alone else points


def _read_array(path: Path, size: tuple[int, int] | None) -> Detections:
    if path.suffix.lower() == ".npz" and (frames := _unfold_candidates(path)) is not None:
        return parse_keypoints(frames, path, size)
    loaded, beside = _load_array(path)
    array = drop_person_axis(loaded)
    if array.shape[1:] == _MOVENET:
        array = array[:, 0, 0][..., [1, 0, 2]]
    if array.ndim == 2 and array.shape[1] in _FLAT:
        array = array.reshape(len(array), -1, _FLAT[array.shape[1]])
    if not may_be_points(array):
        shape = " × ".join(map(str, array.shape)) or "one value"
        raise OtherContentError(
            f"{path} is an array of {shape}: expected frames × points × 2, 3 or 4 (x, y, maybe depth, and "
            "confidence); write it again"
        )
    if len(array) > MAX_EVEN_FRAMES:
        raise InputError(f"{path} holds {len(array)} frames, more than a clip may have ({MAX_EVEN_FRAMES}); split it")
    if not len(array):
        raise PoseError(f"{path} holds no pose: the array has no frames")
    if array.shape[1] not in BY_COUNT and len(array) in BY_COUNT:
        raise InputError(
            f"{path} is an array of {len(array)} points × {array.shape[1]} frames: frames come first; write it again "
            "with numpy.swapaxes(array, 0, 1)"
        )
    third = array[..., 2] if array.shape[2] == 3 else np.zeros(1)
    is_space = not ((third[np.isfinite(third)] >= -1e-6) & (third[np.isfinite(third)] <= 1.5)).all()
    rate = find_rate({name: float(one) for name, one in beside.items() if one.ndim == 0 and one.dtype.kind in "fiu"})
    found = Found(has_places=True, is_space=is_space, fps=rate)
    times = np.full(len(array), np.nan)
    for name, one in beside.items():
        if (unit := time_unit_of(name)) is not None and one.shape == times.shape and one.dtype.kind in "fiu":
            times, found.time_units = one.astype(np.float64), {unit}
    for number, frame in enumerate(array.astype(np.float64)):
        points = parse_points(frame.tolist(), None, f"{path}, frame {number}")[0]
        found.rows.append(Row(points, number, number, None, np.full(4, np.nan), float(times[number])))
    return gather(found, "npy", str(path), size=size)
