import csv
import io
import json
import re
from dataclasses import replace
from importlib import resources
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from rich.console import Console

from formnet.errors import InputError
from formnet.measures.measurement import Measurement
from formnet.report.angles import draw_measured
from formnet.report.clock import format_time
from formnet.report.html import write_html_report
from formnet.report.summary import summarise
from formnet.report.svg import draw_range
from formnet.report.table import write_verdict_csv
from formnet.report.text import render_clip
from formnet.report.view import list_advice
from formnet.standards.finding import hold_against
from formnet.standards.standard import Criterion, Rule
from formnet.verdict import ClipVerdict, RepetitionVerdict, Verdict

RULE = Rule("shallow", (Criterion("thigh", "above", 15.0),), True, "a book", "convention")


def repetition(label: str, start_s: float, thigh_deg: float, warnings: tuple[str, ...] = ()) -> RepetitionVerdict:
    thigh = Measurement("thigh", thigh_deg, 6.0, start_s + 1, is_shown=label != "unsure")
    finding = hold_against(RULE, {"thigh": thigh})
    return RepetitionVerdict(start_s, start_s + 1, start_s + 2, label, (finding,), {"thigh": thigh}, warnings=warnings)


CLIP = ClipVerdict(
    "squats <b>.mp4",
    30.0,
    75.0,
    (
        repetition("good", 1.0, -5.0),
        repetition("shallow", 4.0, 40.0, ("the feet are hidden",)),
        repetition("unsure", 64.0, 20.0),
    ),
    ("filmed from the front",),
)


def test_the_table_tells_each_repetition_once_and_how_to_mend_it() -> None:
    console = Console(file=io.StringIO(), width=120, record=True)
    console.print(render_clip(CLIP))
    text = console.export_text()
    assert "1:04.0" in text
    assert "Shallow: Go deeper" in text
    assert "40 ± 6° (at most 15°)" in " ".join(text.split())
    assert "1 of 3 repetitions without a clear fault" in text
    assert "note: filmed from the front" in text
    assert "note: repetition 2: the feet are hidden" in text
    assert "Good:" not in text


@pytest.mark.parametrize(
    ("time_s", "text"),
    [
        (0, "0:00.0"),
        (3.56, "0:03.5"),
        (7.25, "0:07.2"),
        (59.97, "0:59.9"),
        (75.3, "1:15.3"),
        (3600.09, "60:00.0"),
        (-0.2, "0:00.0"),
    ],
)
def test_time_on_the_clip(time_s: float, text: str) -> None:
    assert format_time(time_s) == text


def test_each_repetition_is_of_one_kind() -> None:
    assert [repetition.kind for repetition in CLIP.repetitions] == ["good", "fault", "unsure"]


def test_the_page_is_self_contained_and_escapes_names(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    write_html_report(Verdict((CLIP,), {"name": "m"}), page, videos={CLIP.path: "a.mp4"}, bottoms={CLIP.path: ["QUJD"]})
    text = page.read_text()
    assert "squats &lt;b&gt;.mp4" in text
    assert "<b>.mp4" not in text
    assert "data:image/jpeg;base64,QUJD" in text
    assert text.count('class="rep') - text.count('class="reps') == 3
    assert "http" not in text
    assert "1 with a clear fault" in text
    for kind in ("good", "fault", "unsure"):
        assert f"fill: var(--{kind})" in text
        assert f"--{kind}: #" in text


def test_a_page_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="cannot be written"):
        write_html_report(Verdict((CLIP,), {}), tmp_path / "file" / "report.html")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_json_has_the_documented_fields() -> None:
    answer = Verdict((CLIP,), {"name": "m"}).to_dict()
    assert set(answer) == {"schema", "clips", "model"}
    assert set(answer["clips"][0]) == {"path", "fps", "duration_s", "repetitions", "warnings"}
    first = answer["clips"][0]["repetitions"][0]
    assert set(first) == {"start_s", "bottom_s", "end_s", "label", "faults", "findings", "measures", "warnings"}
    assert answer["clips"][0]["repetitions"][1]["faults"] == ["shallow"]
    assert first["measures"]["thigh"] == {"value": -5.0, "error": 6.0, "unit": "°", "shown": True}
    assert first["findings"][0]["limit"] == 15.0


def test_the_json_keeps_to_its_schema() -> None:
    """Every key of the answer is described, and what the schema requires is there."""
    schema = json.loads((resources.files("formnet") / "verdict.schema.json").read_text())
    jsonschema.validate(json.loads(json.dumps(Verdict((CLIP,), {"name": "m"}, {"b.mp4": "no"}).to_dict())), schema)
    broken = Verdict((CLIP,), {"name": "m"}).to_dict()
    del broken["clips"][0]["repetitions"][0]["label"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(json.dumps(broken)), schema)


def test_the_page_shows_values_limits_and_failures_without_paths_of_the_machine(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    clip = replace(CLIP, path="/home/someone/clips/squats.mp4")
    failures = {"/home/someone/clips/notes.mp4": "/home/someone/clips/notes.mp4 is no video; give a video"}
    write_html_report(Verdict((clip,), {"name": "m"}, failures), page)
    text = page.read_text()
    assert "/home/someone" not in text
    assert "notes.mp4</strong> was not judged: notes.mp4 is no video" in text
    assert "40 ± 6°" in text
    assert "at most 15°" in text
    assert text.count('class="range"') == 2
    assert "trend over the set" in text


def test_the_spreadsheet_has_a_row_for_each_repetition(tmp_path: Path) -> None:
    write_verdict_csv(Verdict((CLIP,), {"name": "m"}), tmp_path / "verdict.csv")
    with (tmp_path / "verdict.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows] == ["good", "shallow", "unsure"]
    assert (rows[1]["thigh"], rows[1]["thigh_error"], rows[1]["faults"]) == ("40.0", "6.0", "shallow")
    assert rows[2]["thigh"] == ""


@pytest.mark.parametrize(("value", "is_beyond"), [(40.0, True), (-10.0, False)])
def test_a_range_bar_puts_the_value_on_its_side_of_the_limit(value: float, is_beyond: bool) -> None:
    drawing = draw_range(value, 5.0, 15.0, "above", -30.0, 60.0)
    at_value = float(re.search(r'circle cx="([\d.]+)"', drawing).group(1))
    at_limit = float(re.search(r'rect x="([\d.]+)" y="3"', drawing).group(1))
    assert (at_value > at_limit) == is_beyond


def test_the_angle_is_drawn_where_it_was_measured() -> None:
    finding = CLIP.repetitions[1].findings[0]
    joints = {"left_knee": np.array([60.0, 80.0]), "left_hip": np.array([20.0, 60.0])}
    picture = np.zeros((120, 160, 3), np.uint8)
    draw_measured(picture, joints, finding, (255, 0, 0))
    assert picture[70, 40].any()
    assert picture[80, 35].any() or picture[80, 40].any()
    untouched = np.zeros((120, 160, 3), np.uint8)
    draw_measured(untouched, {}, finding, (255, 0, 0))
    assert not untouched.any()


def test_a_set_is_summed_up_in_a_sentence() -> None:
    said = summarise(CLIP)
    assert said == "1 of 3 repetitions without a clear fault, 1 not judgeable; shallow in 1 of 3."


def test_a_set_that_shows_nothing_is_not_called_faulty() -> None:
    hidden = (repetition("unsure", 1.0, 20.0), repetition("unsure", 4.0, 20.0))
    assert summarise(replace(CLIP, repetitions=hidden)) == "2 of 2 repetitions not judgeable."


@pytest.mark.parametrize(
    ("thigh_deg", "basis", "advice"),
    [
        (10.0, "", "keep this form"),
        (17.0, "look at: shallow", "shallow may be one: look again"),
        (20.0, "look at: shallow (close to clear)", "shallow may be one: look again"),
    ],
)
def test_a_good_repetition_names_what_is_more_likely_a_fault_than_not(
    thigh_deg: float, basis: str, advice: str
) -> None:
    """Borderline all three, by errors of 6 degrees about a limit of 15."""
    one = repetition("good", 1.0, thigh_deg)
    assert one.findings[0].state == "borderline"
    assert one.basis == basis
    assert advice in " ".join(list_advice(one))
