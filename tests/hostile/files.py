"""Makes what strangers hand over: files that are broken, huge, deep, or not what they are called; nothing is stored."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Make = Callable[[Path], None]
DIGITS = "7" * 6000
MEBI = 2**20


def text(content: str | Callable[[], str], encoding: str = "utf-8") -> Make:
    """A file of text; a long one is made when it is wanted."""
    return lambda path: _no_value(path.write_bytes((content() if callable(content) else content).encode(encoding)))


def raw(content: bytes) -> Make:
    """A file of bytes."""
    return lambda path: _no_value(path.write_bytes(content))


def sparse(size: int, head: bytes = b"") -> Make:
    """A file that says to be large and takes no room."""

    def make(path: Path) -> None:
        with path.open("wb") as file:
            file.write(head)
            file.truncate(size)

    return make


def pipe(path: Path) -> None:
    """A pipe that nobody writes to: who opens it waits for ever."""
    os.mkfifo(path)


def folder(path: Path) -> None:
    """A folder by the name of a file."""
    path.mkdir()


def link(target: str) -> Make:
    """A link to anything."""
    return lambda path: path.symlink_to(target)


def _no_value(_: object) -> None:
    return None


# Poses as text.


def keypoints(value: str = "100", count: int = 51) -> str:
    """A row of AlphaPose's joints, one of whose numbers is written as given."""
    plain = [str(100 + 3 * number) if number % 3 < 2 else "0.9" for number in range(count)]
    return "[" + ", ".join([value, *plain[1:]]) + "]"


def alphapose(value: str = "100", *, key: str = "image_id", frame: str = '"{}.jpg"', count: int = 12) -> str:
    """AlphaPose's file of so many frames; `value` stands in place of the first coordinate of each."""
    rows = [
        f'{{"{key}": {frame.format(number)}, "category_id": 1, "keypoints": {keypoints(value)}, "score": 2.5}}'
        for number in range(count)
    ]
    return "[" + ",\n".join(rows) + "]"


def with_times(*times_s: str) -> str:
    """Rows with times of their own."""
    rows = [
        f'{{"image_id": "{number}.jpg", "time_s": {time_s}, "keypoints": {keypoints()}, "score": 2.5}}'
        for number, time_s in enumerate(times_s)
    ]
    return "[" + ",".join(rows) + "]"


def openpose(people: str) -> str:
    """OpenPose's file of one picture."""
    return f'{{"version": 1.3, "people": {people}}}'


def trc(*, rate: str = "30", n_frames: str = "3", units: str = "m", rows: str | None = None) -> str:
    """OpenSim's markers."""
    names = ("LHip", "RHip", "LKnee", "RKnee", "LAnkle", "RAnkle", "LShoulder", "RShoulder")
    head = f"PathFileType\t4\t(X/Y/Z)\ta.trc\nDataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\n{rate}\t{rate}\t"
    head += f"{n_frames}\t{len(names)}\t{units}\nFrame#\tTime\t" + "\t\t\t".join(names) + "\n\t\t"
    head += "\t".join(f"X{k}\tY{k}\tZ{k}" for k in range(1, len(names) + 1)) + "\n"
    numbers = "\t".join(str(0.1 * k) for k in range(3 * len(names)))
    plain = "\n".join(f"{k + 1}\t{k / 30}\t{numbers}" for k in range(3))
    return head + (plain if rows is None else rows) + "\n"


# Motion capture.


def c3d(
    n_frames: int = 12, n_points: int = 8, rate: float = 30.0, unit: str = "mm", value: float = 1.0,
    labels: list[str] | None = None, order: str = "<", processor: int = 84, scale: float = -1.0,
    group: str = "POINT",
) -> bytes:  # fmt: skip
    """A C3D file of 12 frames of 8 points that may say other numbers of them."""
    names = labels or ["LHip", "RHip", "LKnee", "RKnee", "LAnkle", "RAnkle", "LShoulder", "RShoulder"]

    def floats(*numbers: float) -> bytes:
        raw = struct.pack(f"{order}{len(numbers)}f", *(4 * n if processor == 85 else n for n in numbers))
        if processor != 85:
            return raw
        return b"".join(raw[k + 2 : k + 4] + raw[k : k + 2] for k in range(0, len(raw), 4))

    def parameter(name: str, kind: int, shape: list[int], content: bytes) -> bytes:
        value = bytes([kind & 0xFF, len(shape), *shape]) + content + b"\0"
        return bytes([len(name), 1]) + name.encode() + struct.pack(f"{order}H", len(value) + 2) + value

    width = max(map(len, names))
    text = "".join(name.ljust(width) for name in names).encode()
    body = (
        bytes([1, 0x50, 2, processor])
        + bytes([len(group), 0xFF])
        + group.encode()
        + struct.pack(f"{order}H", 3)
        + b"\0"
    )
    body += parameter("LABELS", -1, [width, len(names)], text) + parameter("UNITS", -1, [len(unit)], unit.encode())
    body += parameter("RATE", 4, [], floats(rate)) + parameter("SCALE", 4, [], floats(scale)) + b"\0\0"
    head = bytes([2, 0x50]) + struct.pack(f"{order}5H", n_points, 0, 1, n_frames, 10) + floats(scale)
    head += struct.pack(f"{order}2H", 4, 0) + floats(rate)
    numbers = [number for frame in range(12) for point in range(8) for number in
               (value * (point + 1), 10.0 * frame, 200.0 * (point + 1), 0.0)]  # fmt: skip
    frames = floats(*numbers) if scale < 0 else struct.pack(f"{order}{len(numbers)}h", *map(int, numbers))
    return head.ljust(512, b"\0") + body.ljust(1024, b"\0") + frames


# Archives of arrays.


def npy_header(shape: str, kind: str = "'<f8'") -> bytes:
    """The head of a .npy that declares a shape."""
    said = f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    said += b" " * (63 - (len(said) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(said)) + said


def npy(array: Any) -> bytes:
    """An array as .npy."""
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def motion(**other: Any) -> dict[str, Any]:
    """The arrays of formnet's own motion file, some of them others (bytes stand as they are)."""
    joints = ["left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_shoulder",
              "right_shoulder"]  # fmt: skip
    shape = (12, len(joints))
    return {
        "format": np.array("formnet-motion-1"), "positions": np.arange(12 * len(joints) * 3.0).reshape(*shape, 3) / 100,
        "confidence": np.ones(shape), "timestamps": np.arange(12) / 30, "joints": np.array(joints),
        "unit": np.array("metre"), "skeleton": np.array("custom"), **other,
    }  # fmt: skip


def archive(content: dict[str, Any], method: int = zipfile.ZIP_DEFLATED) -> Make:
    """An .npz of arrays, or of bytes that call themselves arrays."""

    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w", method) as file:
            for name, value in content.items():
                file.writestr(f"{name}.npy", value if isinstance(value, bytes) else npy(value))

    return make


def bomb(content: dict[str, Any], name: str, head: bytes, size: int) -> Make:
    """An .npz one of whose members is `size` bytes of zeros behind a head, packed a thousandfold."""

    def make(path: Path) -> None:
        packed = io.BytesIO()
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed.write(packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH))
        block = packer.compress(bytes(MEBI)) + packer.flush(zlib.Z_FULL_FLUSH)
        packed.write(block * (size // MEBI))
        packed.write(packer.flush())
        body = packed.getvalue()
        archive({key: value for key, value in content.items() if key != name})(path)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as file:
            file.writestr(f"{name}.npy", body)
        # The member was stored as it is; its heads now say that it is packed, and how large it was.
        written = bytearray(path.read_bytes())
        member = f"{name}.npy".encode()
        for mark, name_at, method_at, size_at in ((b"PK\x03\x04", 30, 8, 22), (b"PK\x01\x02", 46, 10, 24)):
            at = written.rfind(mark)
            while written[at + name_at : at + name_at + len(member)] != member:
                at = written.rfind(mark, 0, at)
            written[at + method_at : at + method_at + 2] = struct.pack("<H", 8)
            written[at + size_at : at + size_at + 4] = struct.pack("<I", min(len(head) + size, 2**32 - 2))
        path.write_bytes(written)

    return make


def altered(make: Make, change: Callable[[bytearray], None]) -> Make:
    """A file made by another, with some bytes changed."""

    def altering(path: Path) -> None:
        make(path)
        content = bytearray(path.read_bytes())
        change(content)
        path.write_bytes(bytes(content))

    return altering


def set_encrypted(content: bytearray) -> None:
    """Says of every member of an archive that it needs a password."""
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(mark)
        while start >= 0:
            content[start + at] |= 1
            start = content.find(mark, start + 4)


def set_method(content: bytearray) -> None:
    """Says of every member of an archive that it is packed in a way nobody knows."""
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        start = content.find(mark)
        while start >= 0:
            content[start + at] = 99
            start = content.find(mark, start + 4)


def spoil_middle(content: bytearray) -> None:
    """Turns the bits of some bytes in the middle."""
    for at in range(len(content) // 2, len(content) // 2 + 40):
        content[at] ^= 0xFF


# Films and pictures.


def y4m(width: int, height: int, rate: str = "30:1", n_frames: int = 3, *, pixels: bool = True) -> Make:
    """A raw film; without pixels only its head."""

    def make(path: Path) -> None:
        with path.open("wb") as file:
            file.write(f"YUV4MPEG2 W{width} H{height} F{rate} Ip A1:1 C420jpeg\n".encode())
            for _ in range(n_frames):
                file.write(b"FRAME\n")
                if pixels:
                    file.write(bytes([128]) * (width * height * 3 // 2))

    return make


def png(width: int, height: int, n_rows: int = 1) -> bytes:
    """A picture that declares a size and holds only some rows."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * (1 + 3 * width) * n_rows) if width < 10**6 else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def gif(width: int, height: int) -> bytes:
    """The beginning of an animation that declares a size."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return head + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00;"


SVG = (
    '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1e9">'
    '<image href="/etc/passwd"/></svg>'
)
PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


# Models.


def safetensors(head: dict[str, Any] | bytes, body: bytes = b"", length: int | None = None) -> bytes:
    """A file of weights with a head of one's own."""
    said = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack("<Q", len(said) if length is None else length) + said + body


def deep(depth: int = 200_000, opening: str = "[", closing: str = "]") -> str:
    """Brackets in brackets."""
    return opening * depth + closing * depth
