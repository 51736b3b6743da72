"""Tables as spreadsheets, loggers and people write them: what stands above, between and beside the numbers."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.readers.keypoints.numbers import number_in
from formnet.readers.source import read_pose_source
from formnet.skeleton import COCO_17
from tests.readers.keypoint_files import COCO, N_FRAMES, flat

NAMES = COCO_17.joints
COLUMNS = [f"{name}_{field}" for name in NAMES for field in ("x", "y", "score")]
ROWS = [[n, *flat(pose)] for n, pose in enumerate(COCO)]


def lines(rows, between=",", head=("frame", *COLUMNS), write=str):
    return "\n".join([between.join(head), *(between.join(map(write, row)) for row in rows)]) + "\n"


def with_commas(cell):
    return str(cell).replace(".", ",")


def grouped(mark, point):
    swap = str.maketrans(",.", mark + point)
    return lambda cell: str(cell) if isinstance(cell, int) else f'"{1000 * cell:,.3f}"'.translate(swap)


TABLES = {
    "comments": "# made by a tool\n# second line, with commas\n" + lines(ROWS),
    "a title": "Squats\nAthlete,Anna\n\n" + lines(ROWS),
    "Excel's separator": "sep=;\n" + lines(ROWS, ";", write=with_commas),
    "bars": lines(ROWS, "|"),
    "a comma at every end": lines(ROWS).replace("\n", ",\n").replace(",\n", "\n", 1),
    "names as a comment": "# " + lines(ROWS),
    "names as a comment between blanks": "# " + lines(ROWS, " "),
    "decimal commas between tabs": lines(ROWS, "\t", write=with_commas),
    "a number of the row": lines([[9, *row] for row in ROWS], head=("", "Frame #", *COLUMNS)),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_read_whatever_stands_around_the_numbers(name, tmp_path):
    (tmp_path / "a.csv").write_text(TABLES[name])
    source = read_pose_source(tmp_path / "a.csv", fps=30)
    np.testing.assert_allclose(source.motion.positions, COCO[..., :2])
    np.testing.assert_allclose(source.motion.timestamps, np.arange(N_FRAMES) / 30)
    assert source.warnings == ()


@pytest.mark.parametrize(
    ("mark", "point", "between"), [(",", ".", ","), (".", ",", ";"), (" ", ",", ";"), ("'", ".", ";")]
)
def test_thousands_may_be_grouped(mark, point, between, tmp_path):
    (tmp_path / "a.csv").write_text(lines(ROWS, between, write=grouped(mark, point)))
    motion = read_pose_source(tmp_path / "a.csv", fps=30, size=(1_280_000, 720_000)).motion
    np.testing.assert_allclose(motion.positions, 1000 * COCO[..., :2])


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.5", 1.5), ("1,5", 1.5), ("1,234.5", 1234.5), ("1.234,5", 1234.5), ("1 234 567,5", 1234567.5),
     ("1'234.5", 1234.5), ("1.234.567", 1234567.0), ("-3,25", -3.25), ("1e-3", 1e-3), ("", np.nan), ("n/a", np.nan),
     ("1 2", np.nan)],
)  # fmt: skip
def test_a_number_in_a_text(text, number):
    np.testing.assert_equal(number_in(text), number)


@pytest.mark.parametrize("name", ["Frame #", "frame_no", "FrameNumber", "#frame", "Frame"])
def test_frames_out_of_order_are_put_in_order(name, tmp_path):
    order = np.random.default_rng(0).permutation(N_FRAMES)
    (tmp_path / "a.csv").write_text(lines([ROWS[n] for n in order], head=(name, *COLUMNS)))
    np.testing.assert_allclose(read_pose_source(tmp_path / "a.csv", fps=30).motion.positions, COCO[..., :2])


@pytest.mark.parametrize("head", ["# fps: 25\n", "Frame rate,25\n", "% recorded at fps=25/1\n"])
def test_a_rate_above_the_table_counts(head, tmp_path):
    (tmp_path / "a.csv").write_text(head + lines(ROWS))
    source = read_pose_source(tmp_path / "a.csv")
    np.testing.assert_allclose(source.motion.timestamps, np.arange(N_FRAMES) / 25)


def test_a_timecode_is_a_time_and_says_which_frames_are_missing(tmp_path):
    rows = [
        [f"00:01:{(n + 40) // 25:02}:{(n + 40) % 25:02}", *row[1:]] for n, row in enumerate(ROWS) if n not in (4, 5)
    ]
    (tmp_path / "a.csv").write_text(lines(rows, head=("timecode", *COLUMNS)))
    source = read_pose_source(tmp_path / "a.csv")
    assert source.has_own_times
    np.testing.assert_allclose(np.diff(source.motion.timestamps).sum(), (N_FRAMES - 1) / 25, atol=1e-3)


@pytest.mark.parametrize(("column", "scale"), [("time_us", 1e6), ("timestamp_ns", 1e9), ("Elapsed (ms)", 1e3)])
def test_times_in_any_unit(column, scale, tmp_path):
    rows = [[round((5 + n / 25) * scale), *row[1:]] for n, row in enumerate(ROWS)]
    (tmp_path / "a.csv").write_text(lines(rows, head=(column, *COLUMNS)))
    times_s = read_pose_source(tmp_path / "a.csv").motion.timestamps
    np.testing.assert_allclose(np.diff(times_s), 1 / 25, atol=1e-3)


def long_rows(order):
    cells = [(n, j) for n in range(N_FRAMES) for j in range(len(NAMES))]
    return [[number, n, NAMES[j], *COCO[n, j]] for number, (n, j) in enumerate(sorted(cells, key=order))]


@pytest.mark.parametrize("order", [lambda cell: cell, lambda cell: cell[::-1]], ids=["by frame", "by joint"])
def test_one_joint_a_row_in_any_order_beside_other_columns(order, tmp_path):
    (tmp_path / "a.csv").write_text(lines(long_rows(order), head=("", "Frame", "Joint Name", "X", "Y", "Score")))
    np.testing.assert_allclose(read_pose_source(tmp_path / "a.csv", fps=30).motion.positions, COCO[..., :2])


def test_people_may_have_names(tmp_path):
    rows = [
        [n, who, *flat(pose + np.array([shift, 0, 0]))]
        for n, pose in enumerate(COCO)
        for who, shift in (("Anna", 0), ("Ben", 400))
    ]
    (tmp_path / "a.csv").write_text(lines(rows, head=("frame", "person", *COLUMNS)))
    one, two = (read_pose_source(tmp_path / "a.csv", fps=30, person=number).motion for number in (1, 2))
    shifts = sorted(float(np.median(motion.positions[..., 0] - COCO[..., 0])) for motion in (one, two))
    assert shifts == [0, 400]


def test_letters_of_older_programs_are_read(tmp_path):
    (tmp_path / "a.csv").write_bytes(
        lines([[20, *row] for row in ROWS], head=("température °C", "frame", *COLUMNS)).encode("latin-1")
    )
    np.testing.assert_allclose(read_pose_source(tmp_path / "a.csv", fps=30).motion.positions, COCO[..., :2])


@pytest.mark.parametrize("mark", [1e9, -1e7, float("inf")])
def test_numbers_that_no_picture_has_stand_for_none(mark, tmp_path):
    rows = [[row[0], mark, mark, *row[3:]] for row in ROWS]
    (tmp_path / "a.csv").write_text(lines(rows))
    assert read_pose_source(tmp_path / "a.csv", fps=30).motion.missing[:, 0].all()


def test_a_row_that_is_cut_off_is_named(tmp_path):
    text = lines(ROWS)
    (tmp_path / "a.csv").write_text(text[: text.rindex(",") - 20])
    with pytest.raises(InputError, match=r"52 columns in its first row but \d+ in row 25"):
        read_pose_source(tmp_path / "a.csv")
