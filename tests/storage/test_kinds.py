"""Files that are neither videos nor poses are called by their name, with what helps."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image as Pillow

from formnet.errors import InputError
from formnet.reading import is_pose_file, read_source
from formnet.storage.kinds import describe_other_kind
from tests.pose.videos import make_video, quarters
from tests.readers.keypoint_files import COCO, FORMATS

CONTENT = b'[{"image_id": "0.jpg", "keypoints": []}]'


def write_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("poses.json", CONTENT)


def write_tar(path):
    (path.parent / "poses.json").write_bytes(CONTENT)
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        archive.add(path.parent / "poses.json", "poses.json")


XML = '<?xml version="1.0" encoding="UTF-8"?>'
KINDS = {
    "poses.zip": (write_zip, "is a ZIP archive: unpack it"),
    "poses.tar.gz": (write_tar, r"is compressed \(gzip\): unpack it"),
    "poses.tar": (write_tar, "is a TAR archive: unpack it"),
    "poses.json.gz": (lambda path: path.write_bytes(gzip.compress(CONTENT)), r"is compressed \(gzip\): unpack it"),
    "poses.json": (lambda path: path.write_bytes(gzip.compress(CONTENT)), r"is compressed \(gzip\): unpack it"),
    "clip.mp4": (write_zip, "is a ZIP archive: unpack it"),
    "poses.bz2": (lambda path: path.write_bytes(bz2.compress(CONTENT)), r"is compressed \(bzip2\): unpack it"),
    "poses.xz": (lambda path: path.write_bytes(lzma.compress(CONTENT)), r"is compressed \(xz\): unpack it"),
    "a.kva": (lambda path: path.write_text(f"{XML}<KinoveaVideoAnalysis>"), "is an analysis of Kinovea, not a video"),
    "path.txt": (lambda path: path.write_text("#Kinovea Trajectory data export\n#T X Y\n"), "holds paths of Kinovea"),
    "a.mvnx": (lambda path: path.write_text(f"{XML}<mvnx version='4'>"), "is MVNX of Xsens.* as TRC or C3D"),
    "a.osim": (lambda path: path.write_text(f"{XML}<OpenSimDocument>"), "is a model or set-up of OpenSim"),
    "vicon.csv": (lambda path: path.write_text("Trajectories\n100\n,,A:LASI,,\n"), "of Vicon Nexus.* as TRC or C3D"),
    "motive.csv": (lambda path: path.write_text("Format Version,1.23,Take Name,a\n"), "of OptiTrack.* as TRC or C3D"),
    "walk.txt": (lambda path: path.write_text("HIERARCHY\nROOT Hips\n"), "is a BVH animation"),
    "a.analysis.h5": (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n"), "HDF5 file.*sleap-convert"),
    "a.slp": (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n"), "HDF5 file.*sleap-convert"),
    "poses.rar": (lambda path: path.write_bytes(b"Rar!\x1a\x07\x01\x00"), "is a RAR archive: unpack it"),
    "poses.7z": (lambda path: path.write_bytes(b"7z\xbc\xaf\x27\x1c\x00\x04"), "is a 7z archive: unpack it"),
    "plan.docx": (write_zip, "is an office document, not a video"),
    "plan.pdf": (lambda path: path.write_bytes(b"%PDF-1.7\n"), "is a PDF document, not a video"),
    "watch.mp4": (lambda path: path.write_text("\n<!DOCTYPE html><html>"), "is a web page, not a video"),
    "poses.csv": (lambda path: path.write_text("<html><body>Sign in"), "is a web page, not a video"),
    "marked.mp4": (lambda path: path.write_text("<!DOCTYPE html>", encoding="utf-8-sig"), "is a web page, not a video"),
    "saved.mp4": (lambda path: path.write_text("<!-- saved --><html>"), "is a web page, not a video"),
    "strict.mp4": (lambda path: path.write_text(f"{XML}<html xmlns='x'>"), "is a web page, not a video"),
    "refused.mov": (lambda path: path.write_text(f"{XML}\n<Error><Code>AccessDenied"), "is a server's refusal"),
    "IMG_1.AAE": (lambda path: path.write_text(f"{XML}<plist version='1.0'><dict/>"), "is a property list, such as"),
    "clip.webloc": (lambda path: path.write_text(f"{XML}<plist><dict><key>URL</key>"), "is a link, not a video"),
    "clip.url": (lambda path: path.write_text("[InternetShortcut]\nURL=x"), "is a link, not a video"),
    "clip.mp4.lnk": (lambda path: path.write_bytes(b"L\0\0\0\x01\x14\x02\0\0\0"), "is a shortcut: give the file"),
    ".IMG_1.MOV.icloud": (lambda path: path.write_bytes(b"bplist00\xd3"), "is still in iCloud, download it first"),
    "._IMG_1.MOV": (lambda path: path.write_bytes(b"\0\x05\x16\x07\0\x02\0\0Mac OS X"), r"without \._ before its name"),
    "pointer.mp4": (
        lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\noid"),
        "run git lfs pull",
    ),
    "zeros.mp4": (lambda path: path.write_bytes(bytes(9000)), "nothing but zeros: its copy was not finished"),
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


@pytest.mark.parametrize("name", ["poses", "poses.mp4", "poses.jpg", "poses.bin"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_poses_are_poses_whatever_the_file_is_called(name, encoding, tmp_path):
    text = FORMATS["AlphaPose"][0](tmp_path).read_text()
    (tmp_path / name).write_text(text, encoding=encoding)
    assert is_pose_file(tmp_path / name)
    np.testing.assert_allclose(read_source(tmp_path / name).motion.positions, COCO[..., :2])


@pytest.mark.parametrize("name", ["film", "film.json", "film.txt", "film.npz"])
@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mkv", ".gif", ".webp"])
def test_films_are_films_whatever_the_file_is_called(name, suffix, tmp_path):
    made = tmp_path / f"a{suffix}"
    if suffix in (".gif", ".webp"):
        Pillow.fromarray(quarters()).save(made)
    else:
        make_video(made, [quarters()])
    shutil.copy(made, tmp_path / name)
    assert not is_pose_file(tmp_path / name)


def test_what_is_not_there_is_called_by_its_name(tmp_path):
    assert is_pose_file(tmp_path / "a.json")
    assert not is_pose_file(tmp_path / "a.mp4")
