"""Files that are neither videos nor poses, told by their first bytes, and what helps."""

from __future__ import annotations

from pathlib import Path

_UNPACK = "unpack it and give the folder or file that was in it"
_AS_MARKERS = "export its joint centres as TRC or C3D"
HDF5 = (
    "is an HDF5 file, which formnet does not read; export it as CSV (SLEAP: `sleap-convert --format analysis.csv`; "
    "DeepLabCut writes one beside it)"
)
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", f"is a ZIP archive: {_UNPACK}"),
    (b"PK\x05\x06", "is an empty ZIP archive; pack or copy it again"),
    (b"\x1f\x8b", f"is compressed (gzip): {_UNPACK}"),
    (b"BZh", f"is compressed (bzip2): {_UNPACK}"),
    (b"\xfd7zXZ\x00", f"is compressed (xz): {_UNPACK}"),
    (b"\x28\xb5\x2f\xfd", f"is compressed (Zstandard): {_UNPACK}"),
    (b"7z\xbc\xaf\x27\x1c", f"is a 7z archive: {_UNPACK}"),
    (b"Rar!\x1a\x07", f"is a RAR archive: {_UNPACK}"),
    (b"%PDF", "is a PDF document, not a video; give the video file itself"),
    (b"version https://git-lfs", "is a pointer of Git LFS, not the file: run git lfs pull where it came from"),
    (b"\x00\x05\x16\x07", "is what macOS notes beside a file, not the file: give the one without ._ before its name"),
    (b"bplist00", "is a property list, not a video: if the video is still in iCloud, download it first"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "is a shortcut: give the file that it leads to"),
    (b"[InternetShortcut]", "is a link, not a video: save the video itself"),
    (b"SQLite format 3\x00", "is a database; export the poses in it as JSON or CSV"),
    (b"PAR1", "is a Parquet table, which formnet does not read; export it as CSV"),
    (b"ARROW1", "is an Arrow table (Feather), which formnet does not read; export it as CSV"),
    (b"%YAML", "is YAML, which formnet does not read; write it as JSON"),
    (b"\x89HDF\r\n\x1a\n", HDF5),
    (b"HIERARCHY", "is a BVH animation, which formnet does not read; export its joints as TRC or CSV"),
    (b"#Kinovea", "holds paths of Kinovea, which do not say whose joints they are; give the video itself"),
    (b"Trajectories", f"is a table of Vicon Nexus, which formnet does not read; {_AS_MARKERS}"),
    (b"Format Version,", f"is a table of OptiTrack Motive, which formnet does not read; {_AS_MARKERS}"),
)
_TAR_MARK, _TAR_AT = b"ustar", 257
_OFFICE = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp")
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<!--")
# What a file of XML is, by what stands in it, in lower case.
_XML: tuple[tuple[bytes, str], ...] = (
    (b"<html", "is a web page, not a video: the download link leads to a page; save the video itself"),
    (b"<error>", "is a server's refusal, not a video: open the download link again and save the video itself"),
    (b"<key>url</key>", "is a link, not a video: save the video itself"),
    (
        b"<annotation",
        "is XML of annotations, which formnet does not read; export its points as COCO keypoints (JSON)",
    ),
    (b"<kinoveavideoanalysis", "is an analysis of Kinovea, not a video; give the video that it belongs to"),
    (b"<mvnx", f"is MVNX of Xsens, which formnet does not read; {_AS_MARKERS}"),
    (b"<opensimdocument", "is a model or set-up of OpenSim, not a motion; give the TRC or the video beside it"),
    (b"<plist", "is a property list, such as a phone's notes on edits, not a video: give the .MOV or .MP4 beside it"),
)


_PICTURES_AND_FILMS = (b"\x1aE\xdf\xa3", b"FLV\x01", b"GIF8", b"\x89PNG", b"\xff\xd8\xff", b"OggS", b"\x00\x00\x01\xba")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def is_picture_or_film(path: Path) -> bool:
    """Whether a file begins as pictures and films do, whatever it is called; False where it cannot be read."""
    head = read_head(path)
    return (
        head.startswith(_PICTURES_AND_FILMS)
        or head[4:8] == b"ftyp"
        or (head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"WEBP"))
    )


def is_text_of_poses(path: Path) -> bool:
    """Whether a file begins as JSON or TRC does, whatever it is called; False where it cannot be read."""
    head = _without_mark(read_head(path))
    return head.replace(b"\x00", b"").lstrip().startswith((b"{", b"[", b"PathFileType"))


def _without_mark(head: bytes) -> bytes:
    for mark in _BYTE_ORDER_MARKS:
        head = head.removeprefix(mark)
    return head


def read_head(path: Path, most_bytes: int = 512) -> bytes:
    """What a file begins with; nothing where it cannot be read, or only once."""
    try:
        if not path.is_file():
            # A pipe can be read once only.
            return b""
        with path.open("rb") as file:
            return file.read(most_bytes)
    except (OSError, ValueError):
        return b""


def describe_other_kind(path: Path) -> str | None:
    """What a file is that formnet does not read, and the remedy, as the end of a sentence; None for all others.

    Archives, what was saved in place of a video (web pages, links, placeholders, half a copy), documents and databases.

    Raises:
        OSError: not readable.
    """
    with path.open("rb") as file:
        head = file.read(512)
    if path.suffix.lower() in _OFFICE:
        return "is an office document, not a video; give the video file itself, or export its table as CSV"
    text = _without_mark(head).lstrip().lower()
    if text.startswith(_PAGES):
        return _XML[0][1]
    if text.startswith(b"<?xml"):
        return next((said for word, said in _XML if word in text), None)
    if head and not head.strip(b"\x00"):
        return "begins with nothing but zeros: its copy was not finished; copy or record it again"
    if head[_TAR_AT : _TAR_AT + len(_TAR_MARK)] == _TAR_MARK:
        return f"is a TAR archive: {_UNPACK}"
    return next((text for signature, text in _SIGNATURES if head.startswith(signature)), None)
