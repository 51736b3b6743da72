"""Files that are neither videos nor poses are called by their name, with what helps."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile

import pytest

from formnet.errors import InputError
from formnet.reading import read_source
from formnet.storage.kinds import describe_other_kind

CONTENT = b'[{"image_id": "0.jpg", "keypoints": []}]'


def write_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("poses.json", CONTENT)


def write_tar(path):
    (path.parent / "poses.json").write_bytes(CONTENT)
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        archive.add(path.parent / "poses.json", "poses.json")


KINDS = {
    "poses.zip": (write_zip, "is a ZIP archive: unpack it"),
    "poses.tar.gz": (write_tar, r"is compressed \(gzip\): unpack it"),
    "poses.tar": (write_tar, "is a TAR archive: unpack it"),
    "poses.json.gz": (lambda path: path.write_bytes(gzip.compress(CONTENT)), r"is compressed \(gzip\): unpack it"),
    "poses.json": (lambda path: path.write_bytes(gzip.compress(CONTENT)), r"is compressed \(gzip\): unpack it"),
    "clip.mp4": (write_zip, "is a ZIP archive: unpack it"),
    "poses.bz2": (lambda path: path.write_bytes(bz2.compress(CONTENT)), r"is compressed \(bzip2\): unpack it"),
    "poses.xz": (lambda path: path.write_bytes(lzma.compress(CONTENT)), r"is compressed \(xz\): unpack it"),
    "poses.rar": (lambda path: path.write_bytes(b"Rar!\x1a\x07\x01\x00"), "is a RAR archive: unpack it"),
    "poses.7z": (lambda path: path.write_bytes(b"7z\xbc\xaf\x27\x1c\x00\x04"), "is a 7z archive: unpack it"),
    "plan.docx": (write_zip, "is an office document, not a video"),
    "plan.pdf": (lambda path: path.write_bytes(b"%PDF-1.7\n"), "is a PDF document, not a video"),
    "watch.mp4": (lambda path: path.write_text("\n<!DOCTYPE html><html>"), "is a web page, not a video"),
    "poses.csv": (lambda path: path.write_text("<html><body>Sign in"), "is a web page, not a video"),
}


@pytest.mark.parametrize("name", KINDS)
def test_what_is_no_video_and_no_poses_is_called_by_its_name(name, tmp_path):
    make, words = KINDS[name]
    make(tmp_path / name)
    with pytest.raises(InputError, match=words):
        read_source(tmp_path / name)


@pytest.mark.parametrize("content", [CONTENT, b"frame,left_knee_x", b"\x00\x00\x00\x18ftypmp42", b""])
def test_nothing_is_said_of_other_files(content, tmp_path):
    (tmp_path / "a").write_bytes(content)
    assert describe_other_kind(tmp_path / "a") is None
