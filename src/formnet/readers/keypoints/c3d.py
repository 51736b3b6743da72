"""C3D, the file of motion capture (c3d.org): joint centres as points, in any of its encodings.

Blocks of 512 bytes: a head, parameters in groups, then the frames. It is read here and not by a library in C++, which a
broken file can take the program down with.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from formnet.errors import InputError, OtherContentError
from formnet.motion import MAX_EVEN_FRAMES, FloatArray, Motion
from formnet.readers.detections import make_motion
from formnet.readers.keypoints.markers import METRES, choose_joints
from formnet.readers.keypoints.space import find_up
from formnet.storage.texts import read_bytes

_BLOCK = 512
_MARK = 0x50
_DEC, _MIPS = 85, 86


@dataclass
class _Content:
    """The bytes, how their numbers are written, and the parameters, as "GROUP:NAME"."""

    raw: bytes
    order: str
    is_dec: bool
    parameters: dict[str, Any] = field(default_factory=dict)

    def take_floats(self, at: int, count: int) -> FloatArray:
        piece = self._take(at, 4 * count)
        if not self.is_dec:
            return np.frombuffer(piece, f"{self.order}f4").astype(np.float64)
        # VAX: the halves change places, and the exponent counts from elsewhere.
        words = np.ascontiguousarray(np.frombuffer(piece, "<u2").reshape(-1, 2)[:, ::-1])
        return words.view("<f4").ravel().astype(np.float64) / 4

    def take_integers(self, at: int, count: int, kind: str = "i2") -> FloatArray:
        size = int(kind[1])
        return np.frombuffer(self._take(at, size * count), f"{self.order}{kind}").astype(np.float64)

    def take_text(self, at: int, count: int) -> str:
        return self._take(at, count).decode("latin-1")

    def first(self, name: str, default: float = 0.0) -> float:
        """The first number of a parameter."""
        value = self.parameters.get(name)
        return float(value[0]) if isinstance(value, np.ndarray) and len(value) else default

    def texts(self, name: str) -> list[str]:
        """The texts of a parameter, blanks at their ends left out."""
        value = self.parameters.get(name)
        return value if isinstance(value, list) else []

    def _take(self, at: int, n_bytes: int) -> bytes:
        if at < 0 or at + n_bytes > len(self.raw):
            raise ValueError("it is cut off")
        return self.raw[at : at + n_bytes]


def read_c3d(path: Path) -> tuple[Motion, tuple[str, ...]]:
    """Joints in metres with x right, y down and z away, and notes about points that are no joints.

    Up and right are what the file calls so (POINT:X_SCREEN, Y_SCREEN); else up is where heads are over ankles.

    Raises:
        InputError: no C3D file, a damaged one, or an unknown unit.
        OtherContentError: too few points that are joints.
    """
    raw = read_bytes(path, "C3D file")
    if len(raw) < 2 * _BLOCK or raw[1] != _MARK or raw[0] < 2:
        raise InputError(f"{path} is no C3D file: expected a head and parameters in blocks of {_BLOCK} bytes")
    try:
        content = _read_parameters(raw)
        has_points = struct.unpack_from(f"{content.order}H", raw, 2)[0] > 0
        if not has_points and content.texts("ROTATION:LABELS"):
            raise OtherContentError(
                f"{path} holds rotations of the parts of a body (Theia) and no points; export its joint centres as C3D "
                "or TRC"
            )
        points = _read_points(content)
        rate = content.first("POINT:RATE", struct.unpack_from(f"{content.order}f", raw, 20)[0])
    except (ValueError, struct.error, OverflowError, IndexError) as error:
        raise InputError(f"{path} is no readable C3D file ({error}); write it again") from None
    if not 0 < rate < 10_000:
        raise InputError(f"{path} says that it has {rate:g} frames a second, which no recording has; write it again")
    unit = "".join(content.texts("POINT:UNITS")[:1]).strip().lower() or "mm"
    if unit not in METRES:
        raise InputError(f"{path} is in {unit[:20]!r}; formnet reads C3D in m, cm and mm")
    # 255 names have place in one parameter.
    labels = [name for number in ("", *range(2, 258)) for name in content.texts(f"POINT:LABELS{number}")]
    # Vicon puts the person's name in front.
    markers = [label.rpartition(":")[2] for label in labels[: points.shape[1]]]
    skeleton, numbers, notes = choose_joints(markers, path)
    chosen = points[:, numbers]
    missing = (chosen[..., 3] < 0) | ~np.isfinite(chosen).all(axis=-1) | (chosen[..., :3] == 0).all(axis=-1)
    positions = np.where(missing[..., None], np.nan, chosen[..., :3]) * METRES[unit]
    axes = _find_axes(content, positions, skeleton.joints)
    times_s = np.arange(len(positions)) / rate
    return make_motion(str(path), positions @ axes.T, np.where(missing, 0.0, 1.0), times_s, skeleton, "metre"), notes


def _read_parameters(raw: bytes) -> _Content:
    start = (raw[0] - 1) * _BLOCK
    if start + 4 > len(raw):
        raise ValueError("it is cut off")
    content = _Content(raw, ">" if raw[start + 3] == _MIPS else "<", raw[start + 3] == _DEC)
    groups: dict[int, str] = {}
    found: list[tuple[int, str, int]] = []
    at = start + 4
    while at + 2 < len(raw):
        length, group = struct.unpack_from("bb", raw, at)
        offset_at = at + 2 + abs(length)
        if length == 0 or offset_at + 2 > len(raw):
            break
        name = content.take_text(at + 2, abs(length)).upper()
        (offset,) = struct.unpack_from(f"{content.order}H", raw, offset_at)
        if group < 0:
            groups[-group] = name
        else:
            found.append((group, name, offset_at + 2))
        if offset == 0:
            break
        at = offset_at + offset
    for group, name, value_at in found:
        content.parameters[f"{groups.get(group, '')}:{name}"] = _read_value(content, value_at)
    return content


def _read_value(content: _Content, at: int) -> Any:
    """Numbers as an array, texts as a list."""
    kind, n_dimensions = struct.unpack_from("bB", content.raw, at)
    shape = list(content.raw[at + 2 : at + 2 + n_dimensions])
    at += 2 + n_dimensions
    count = math.prod(shape)
    if kind == -1:
        width = shape[0] if shape else 1
        text = content.take_text(at, count)
        return [text[k : k + width].rstrip("\0 ") for k in range(0, len(text), max(width, 1))]
    if kind == 4:
        return content.take_floats(at, count)
    if kind in (1, 2):
        return content.take_integers(at, count, "u1" if kind == 1 else "u2")
    raise ValueError(f"it has values of a kind {kind}")


def _read_points(content: _Content) -> FloatArray:
    """(T, J, 4): positions in the file's unit, and the residual, below 0 where a point was not seen."""
    n_points, n_analog, first, last = struct.unpack_from(f"{content.order}4H", content.raw, 2)
    (data_block,) = struct.unpack_from(f"{content.order}H", content.raw, 16)
    start = (int(content.first("POINT:DATA_START", data_block)) - 1) * _BLOCK
    scale = content.first("POINT:SCALE", -1.0)
    width = 4 * n_points + n_analog
    n_frames = _count_frames(content, last - first + 1)
    if not n_points or n_frames < 1:
        raise ValueError("it holds no points")
    if n_frames > MAX_EVEN_FRAMES:
        raise ValueError(f"it says that it holds {n_frames} frames, more than a clip may have ({MAX_EVEN_FRAMES})")
    read = content.take_floats if scale < 0 else content.take_integers
    rows = read(start, n_frames * width).reshape(n_frames, width)[:, : 4 * n_points]
    points = rows.reshape(n_frames, n_points, 4).copy()
    if scale >= 0:
        points[..., :3] *= scale
    return points


def _count_frames(content: _Content, said: int) -> int:
    """Of the parameters where they say it, since the head can count to 65,535 only."""
    ends = [content.parameters.get(f"TRIAL:ACTUAL_{end}_FIELD") for end in ("START", "END")]
    if all(isinstance(end, np.ndarray) and len(end) == 2 for end in ends):
        first, last = (int(end[0]) + 2**16 * int(end[1]) for end in ends)  # type: ignore[index]
        return last - first + 1
    return int(content.first("POINT:FRAMES")) or said


def _find_axes(content: _Content, positions: FloatArray, joints: tuple[str, ...]) -> FloatArray:
    """(3, 3) whose rows are right, down and away in the file's axes."""
    named = ["".join(content.texts(f"POINT:{side}_SCREEN")[:1]).strip().upper() for side in "XY"]
    axes = [_axis_named(name) for name in named]
    right, up = axes
    if right is None or up is None or right @ up != 0:
        up = find_up(positions, joints)
        right = np.roll(np.abs(up), 1)
    return np.array([right, -up, -np.cross(right, up)])


def _axis_named(name: str) -> FloatArray | None:
    letter = name.lstrip("+-")
    if letter not in ("X", "Y", "Z"):
        return None
    return np.eye(3)["XYZ".index(letter)] * (-1.0 if name.startswith("-") else 1.0)
