import io
from pathlib import Path

import pytest
from rich.console import Console

from formnet.errors import InputError
from formnet.report.clock import format_time
from formnet.report.html import write_html_report
from formnet.report.text import render_clip
from formnet.verdict import ClipVerdict, RepetitionVerdict, Verdict


def repetition(label: str, probability: float, start_s: float, warnings: tuple[str, ...] = ()) -> RepetitionVerdict:
    rest = 1 - probability
    shares = {"good": rest, "shallow": 0.0, "round_back": 0.0} | {label: probability}
    return RepetitionVerdict(start_s, start_s + 1, start_s + 2, label, probability, shares, warnings)


CLIP = ClipVerdict(
    "squats <b>.mp4",
    30.0,
    75.0,
    (
        repetition("good", 0.9, 1.0),
        repetition("round_back", 0.75, 4.0, ("the back is hidden",)),
        repetition("unsure", 0.4, 64.0),
    ),
    ("filmed from the front",),
)


def test_the_table_tells_each_repetition_once_and_how_to_mend_it() -> None:
    console = Console(file=io.StringIO(), width=120, record=True)
    console.print(render_clip(CLIP))
    text = console.export_text()
    assert "1:04.0" in text
    assert "Round back: Lift the chest" in text
    assert text.count("75%") == 1
    assert "note: filmed from the front" in text
    assert "note: repetition 2: the back is hidden" in text
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
    assert "1 with a fault" in text
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
    assert set(answer) == {"clips", "model"}
    assert set(answer["clips"][0]) == {"path", "fps", "duration_s", "repetitions", "warnings"}
    first = answer["clips"][0]["repetitions"][0]
    assert set(first) == {"start_s", "bottom_s", "end_s", "label", "probability", "probabilities", "warnings"}
