"""The table of hostile inputs: poses, films, pictures; each a file that is made, a command, and what it has to say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.hostile import files
from tests.hostile.files import DIGITS, Make, alphapose, altered, archive, bomb, motion, npy_header, raw, text


@dataclass(frozen=True)
class Row:
    """One run.

    Attributes:
        name: of the file that is made, and `{}` in the command.
        make: makes it.
        says: part of the sentence that is expected.
        command: without `formnet`; `{good}` is a file that can be read.
        code: the exit code expected.
    """

    name: str
    make: Make | None
    says: str
    command: str = ""
    code: int = 2

    def __str__(self) -> str:
        return f"{self.command.partition(' ')[0]}-{self.name[:60]}"


COMMANDS = (
    "classify {}", "compare {} {good}", "pose {} -o out.npz", "doctor {}", "match {} {good}",
    "classify {} --json", "compare {good} {} --json", "match {good} {}", "classify {} --out verdicts",
)  # fmt: skip
"""Commands that read poses; files that name none take turns with them."""

_ODD = "../../../etc/passwd"
_GONE = "is no ordinary file but a pipe or device"
_LARGER = "an array says to be larger than the file"
_UNPACKS = "it unpacks to 3221"
_DEEP = "is nested too deeply"
_LONG = "holds a number of 600"
_TIMES = "which no recording does"
_FAR = "positions must lie within"
_NO_POSES = "holds no poses that formnet knows"
_FILM = "is no video that can be read"
_BIG = 3 * 2**30
_POINTS = "expected columns such as left_knee_x"


def _full(value: float) -> np.ndarray:
    return np.full((12, 8, 3), value)


_POSES: tuple[tuple[str, Make, str], ...] = (
    # Numbers.
    ("digits.json", text(alphapose(DIGITS)), _LONG),
    ("digits-fraction.json", text(alphapose(DIGITS + ".5")), _LONG),
    ("digits-of-frame.json", text(alphapose(frame=DIGITS)), _LONG),
    ("digits-of-time.json", text(files.with_times("0", DIGITS)), _LONG),
    ("digits-of-people.json", text(files.openpose(f'[{{"pose_keypoints_2d": [{DIGITS}]}}]')), _LONG),
    ("1e30.json", text(alphapose("1e30")), "no whole repetition of a squat"),
    ("nested-number.json", text(alphapose("[[1]]")), "its points have different lengths"),
    ("string-number.json", text(alphapose('"x"')), "expected numbers, got 'x'; write the file again"),
    ("object-number.json", text(alphapose('{"x": 1}')), "expected points with 'x' and 'y'"),
    ("few-numbers.json", text(files.openpose('[{"pose_keypoints_2d": [1, 2, 3, 4, 5, 6, 7]}]')), "got 7 numbers"),
    ("many-numbers.json", text(files.openpose(f'[{{"pose_keypoints_2d": [{"1, " * 200_000} 1]}}]')), "200001 numbers"),
    # Times.
    ("gap.json", text(files.with_times("0", "0.03", "1e7", "10000000.03")), _TIMES),
    ("e300-time.json", text(files.with_times("0", "1e300", "2e300")), _TIMES),
    ("gap-of-frames.json", text(alphapose(frame="1{}000000000000")), _TIMES),
    # Form.
    ("deep.json", text(files.deep()), _DEEP),
    ("deep-objects.json", text(files.deep(100_000, '{"a": ', "}")), _DEEP),
    ("deep-keypoints.json", text(f'[{{"image_id": "0.jpg", "keypoints": {files.deep(900)}}}]'), _DEEP),
    ("deep-people.json", text(files.openpose(files.deep(60))), "nested too deeply"),
    ("no-people.json", text(files.openpose("7")), _NO_POSES),
    ("people-of-lists.json", text(files.openpose("[[[]]]")), "nobody was found"),
    ("many-lists.json", text(lambda: "[" + "[]," * 5_000_000 + "[]]"), "more lists and numbers"),
    ("many-numbers-in-all.json", text(lambda: "[" + "1," * 60_000_000 + "1]"), "more lists and numbers"),
    ("binary.json", raw(bytes(range(256)) * 4), "is no text but binary data"),
    ("latin.json", text('[{"image_id": "é"}]', "latin-1"), _NO_POSES),
    ("half-utf16.json", raw(b"\xff\xfe[\x00]"), "is no text but binary data"),
    ("empty.json", raw(b""), "is empty"),
    ("blank.json", raw(b" \n\t "), "is empty"),
    ("null.json", text("null"), _NO_POSES),
    ("number.json", text("3"), _NO_POSES),
    ("truth.json", text("true"), _NO_POSES),
    ("object.json", text("{}"), _NO_POSES),
    ("list.json", text("[]"), "holds no pose"),
    ("cut.json", text(alphapose()[:700]), "is malformed JSON"),
    ("lines.json", text('{"a":1}\n{"a":2}\n{"a":3\n'), "line 3 is broken"),
    ("no-json.json", text("{'a': 1}"), "is malformed JSON"),
    ("large.json", files.sparse(_BIG, b"["), "more than a keypoint file may have"),
    ("large.csv", files.sparse(_BIG, b"frame"), "more than a keypoint file may have"),
    # What is no file.
    ("pipe.json", files.pipe, _GONE),
    ("pipe.csv", files.pipe, _GONE),
    ("pipe.trc", files.pipe, _GONE),
    ("pipe.npz", files.pipe, _GONE),
    ("pipe.npy", files.pipe, _GONE),
    ("pipe.mp4", files.pipe, "is no ordinary file"),
    ("zeros.json", files.link("/dev/zero"), _GONE),
    ("zeros.mp4", files.link("/dev/zero"), "is no ordinary file"),
    ("nothing.mp4", files.link("/dev/null"), "is no ordinary file"),
    ("memory.npz", files.link("/proc/self/mem"), "is no readable motion file"),
    ("folder.json", files.folder, "holds no video and no poses"),
    ("folder.mp4", files.folder, "holds no video and no poses"),
    ("dangling.mp4", files.link("nowhere"), "does not exist"),
    ("circle.json", files.link("circle.json"), "does not exist"),
    # Archives.
    ("huge.npz", archive(motion(positions=npy_header("(1000000000, 33, 3)"))), _LARGER),
    ("huge-stored.npz", archive(motion(positions=npy_header("(1000000000, 33, 3)")), 0), _LARGER),
    ("huge-digits.npz", archive(motion(positions=npy_header(f"({'9' * 4000}, 3)"))), _LARGER),
    ("huge-text.npz", archive(motion(unit=npy_header("(1000000000,)", "'<U0'"))), _LARGER),
    ("negative.npz", archive(motion(positions=npy_header("(-5, 33, 3)"))), "less than nothing"),
    ("bomb.npz", bomb(motion(), "positions", npy_header(f"({_BIG // 192}, 8, 3)"), _BIG), _UNPACKS),
    ("bomb-beside.npz", bomb(motion(), "extra", npy_header(f"({_BIG // 8},)"), _BIG), _UNPACKS),
    ("code.npz", archive(motion(positions=npy_header("__import__('os').mkdir('ran')"))), "no readable motion file"),
    ("objects.npz", archive(motion(positions=np.array([{}], dtype=object))), "Python objects"),
    ("text.npz", archive(motion(positions=np.array([["a"]]))), "is damaged"),
    ("complex.npz", archive(motion(positions=np.ones((12, 8, 3), complex))), "neither numbers nor text"),
    ("fields.npz", archive(motion(positions=np.zeros((12, 8, 3), dtype=[("a", "f8")]))), "neither numbers nor text"),
    ("scalar.npz", archive(motion(positions=np.array(3.0))), "expected positions of shape"),
    ("no-frames.npz", archive(motion(positions=np.zeros((0, 8, 3)))), "it has no frames"),
    ("infinite.npz", archive(motion(positions=_full(np.inf))), "positions must not be infinite"),
    ("1e300.npz", archive(motion(positions=_full(1e300))), _FAR),
    ("times-nan.npz", archive(motion(timestamps=np.full(12, np.nan))), "must be finite and strictly increasing"),
    ("times-back.npz", archive(motion(timestamps=-np.arange(12.0))), "must be finite and strictly increasing"),
    ("times-gap.npz", archive(motion(timestamps=np.r_[np.arange(11) / 30, 1e7])), _TIMES),
    ("times-e300.npz", archive(motion(timestamps=np.r_[np.arange(11) / 30, 1e300])), _TIMES),
    ("times-tiny.npz", archive(motion(timestamps=np.arange(12) * 1e-300)), _TIMES),
    ("unit.npz", archive(motion(unit=np.array("x" * 100_000))), "unit must be one of pixel, metre, body, got 'xxx"),
    ("joints.npz", archive(motion(joints=np.array(["a" * 30_000] * 8))), "names unknown joints 'aaa"),
    ("locked.npz", altered(archive(motion()), files.set_encrypted), "locked by a password"),
    ("unusual.npz", altered(archive(motion()), files.set_method), "packed in an unusual way"),
    ("spoilt.npz", altered(archive(motion()), files.spoil_middle), "is no readable motion file"),
    ("spoilt-stored.npz", altered(archive(motion(), 0), files.spoil_middle), "is no readable motion file"),
    ("head-alone.npz", raw(b"PK\x03\x04" + bytes(100)), "is no readable motion file"),
    ("others.npz", archive({"a": np.zeros(3)}), "has no positions"),
    ("two.npz", archive({"a": np.zeros((3, 17, 2)), "b": np.zeros((3, 17, 2))}), "holds 2 arrays"),
    ("huge.npy", raw(npy_header("(1000000000, 33, 3)")), _LARGER),
    ("huge-digits.npy", raw(npy_header("(99999999999999999999, 33, 3)")), _LARGER),
    ("objects.npy", raw(files.npy(np.array([{}], dtype=object))), "Python objects"),
    ("cut.npy", raw(files.npy(np.zeros((30, 17, 3)))[:500]), _LARGER),
    ("no-frames.npy", raw(files.npy(np.zeros((0, 17, 3)))), "the array has no frames"),
    ("scalar.npy", raw(files.npy(np.zeros(()))), "is an array of one value"),
    ("long.npy", raw(files.npy(np.zeros((2_000_000, 17, 2), np.uint8))), "more than a clip may have"),
    ("text.npy", raw(files.npy(np.array(["x" * 1000] * 10))), "is an array of 10"),
    # Tables.
    ("nul.csv", raw(b"frame,left_hip_x\n0,\x001\n"), _POINTS),
    ("field.csv", text('frame,left_hip_x,left_hip_y\n0,"' + "1" * 200_000 + '",3\n'), "cannot be read as a table"),
    ("header.csv", text("frame,left_hip_x,left_hip_y\n"), "the table has no rows"),
    ("columns.csv", text(",".join(f"j{k}_x,j{k}_y" for k in range(50_000)) + "\n1\n"), "100000 columns"),
    ("quote.csv", text('frame,left_hip_x\n0,"1\n'), _POINTS),
    ("letter.txt", text("This is a letter.\n" * 50), _POINTS),
    ("far.trc", text(files.trc(rows="\n".join(f"{k}\t{k}\t" + "\t".join(["1e30"] * 24) for k in range(3)))), _FAR),
    ("times.trc", text(files.trc(rows="\n".join(f"{k}\t{t}\t" + "\t".join(["1"] * 24)
                                               for k, t in enumerate(("0", "1e7", "1e300"))))), _TIMES),
    ("units.trc", text(files.trc(units="parsec")), "formnet reads TRC in m, cm, mm and px"),
    ("no-rows.trc", text(files.trc(rows="")), "holds no frames"),
    # What is called a film and is none.
    ("picture.svg", text(files.SVG), _FILM),
    ("svg.mp4", text(files.SVG), _FILM),
    ("svg.png", text(files.SVG), _FILM),
    ("playlist.mp4", text(files.PLAYLIST), _FILM),
    ("playlist.m3u8", text(files.PLAYLIST), _FILM),
    ("others.mp4", text(f"ffconcat version 1.0\nfile {_ODD}\n"), _FILM),
    ("page.mp4", text("<!DOCTYPE html><html>Sign in</html>"), "is a web page, not a video"),
    ("archive.mp4", archive({"a": np.zeros(3)}), "is a ZIP archive"),
    ("letter.mp4", text("no film\n" * 100), _FILM),
    ("empty.mp4", raw(b""), "is empty"),
    ("cut.mp4", lambda path: _write_head(path), "has no picture that can be decoded"),
    ("wide.y4m", files.y4m(30_000, 30_000, pixels=False), _FILM),
    ("large.png", raw(files.png(60_000, 60_000)), "has no picture that can be decoded"),
    ("endless.png", raw(files.png(2**31 - 1, 2**31 - 1)), "has no picture that can be decoded"),
    ("large.gif", raw(files.gif(65_535, 65_535)), "is an animation that cannot be read"),
    # What this field has and formnet does not open.
    ("program.pkl", raw(b"cos\nmkdir\n(S'ran'\ntR."), "is a pickle, which can run programs"),
    ("others.h5", raw(b"\x89HDF\r\n\x1a\n"), "is an HDF5 file"),
    # Motion capture.
    ("nothing.c3d", raw(bytes(512)), "is no C3D file"),
    ("head.c3d", raw(files.c3d()[:512]), "is no C3D file"),
    ("cut.c3d", raw(files.c3d()[:-100]), "is no readable C3D file (it is cut off)"),
    ("long.c3d", raw(files.c3d(n_frames=60_000)), "is no readable C3D file (it is cut off)"),
    ("many-points.c3d", raw(files.c3d(n_points=65_535)), "is no readable C3D file (it is cut off)"),
    ("far-parameters.c3d", raw(bytes([255]) + files.c3d()[1:]), "is no readable C3D file (it is cut off)"),
    ("noise.c3d", raw(bytes([2, 0x50]) + bytes(range(1, 256)) * 8), "is no readable C3D file"),
    ("rate.c3d", raw(files.c3d(rate=float("nan"))), "which no recording has"),
    ("unit.c3d", raw(files.c3d(unit="parsec")), "formnet reads C3D in m, cm and mm"),
    ("skin.c3d", raw(files.c3d(labels=["LASI"] * 8)), "holds markers on the skin"),
    ("1e30.c3d", raw(files.c3d(value=1e30)), _FAR),
    ("pipe.c3d", files.pipe, _GONE),
)  # fmt: skip


def _write_head(path: files.Path) -> None:
    from importlib import resources

    path.write_bytes((resources.files("formnet.demo") / "squats.mp4").read_bytes()[:5000])


_INDEXED = (
    "digits.json", "gap.json", "few-numbers.json", "bomb.npz", "locked.npz", "huge.npy", "times.trc",
    "svg.mp4", "cut.mp4",
)  # fmt: skip
"""Files that a library may hold: the others are left out of it by a look at their beginning."""

POSES = [
    Row(name, make, says, COMMANDS[number % len(COMMANDS)]) for number, (name, make, says) in enumerate(_POSES)
] + [Row(name, make, says, "index . -o ../out.npz") for name, make, says in _POSES if name in _INDEXED]
