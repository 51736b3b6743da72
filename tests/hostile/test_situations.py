"""What goes wrong around a run: names, streams, folders and disks; and what a batch leaves behind."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from html import unescape
from pathlib import Path
from urllib.parse import unquote_to_bytes

import numpy as np
import pytest

from formnet import demo, pipeline
from formnet.cli.app import run
from formnet.pipeline import ClipJudge, make_judge
from formnet.pose.track import PoseTrack
from formnet.pose.video import read_frames
from formnet.readers.npz import write_npz
from formnet.report.results import ResultsFolder
from formnet.terminal.streams import one_line
from formnet.verdict import ClipVerdict, Verdict
from tests.hostile.runs import ROOT, Ended, Runner, said_lines
from tests.pose.videos import make_video
from tests.scoring.motions import waving_in_picture
from tests.simulated_film import film_squats
from tests.test_same_film import FROM_S, TO_S

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="limits and forks are those of POSIX")
NOBODY = 65534
NAMES = (
    "a [bold]b.npz", "a#b?c%20d.npz", "sp ace 'q' \"Q\" & <b>.npz", "new\nline\x1b[31m.npz", "=1+1.npz", "-x.npz",
    "\udcff\udcfe.npz", "ünï—™.npz", "a" * 200 + ".npz",
)  # fmt: skip
IDS = ("brackets", "link", "quotes", "newline", "formula", "dash", "bytes", "letters", "long")


@pytest.fixture
def squats(tmp_path: Path) -> Path:
    """Three squats as poses in a picture."""
    write_npz(tmp_path / "squats.npz", film_squats()[0])
    return tmp_path / "squats.npz"


def one_sentence(ended: Ended) -> str:
    """The one sentence of a run that failed as it should."""
    assert ended.code == 2, ended
    assert "Traceback" not in ended.said
    assert "internal error" not in ended.said
    (said,) = said_lines(ended)
    return said


@pytest.mark.parametrize("name", NAMES, ids=IDS)
def test_a_name_goes_through_unharmed(runner: Runner, tmp_path: Path, squats: Path, name: str) -> None:
    given = tmp_path / name
    squats.rename(given)
    ended = runner.run("formnet", "classify", f"./{name}", "--json", "--out", "v", cwd=tmp_path)
    assert ended.code == 0, ended.said
    assert os.fsencode(json.loads(ended.out)["clips"][0]["path"]) == os.fsencode(name)
    verdict = json.loads((tmp_path / "v" / "verdict.json").read_bytes())
    assert os.fsencode(verdict["clips"][0]["path"]) == os.fsencode(name)
    page = (tmp_path / "v" / "report.html").read_text()
    assert str(tmp_path) not in page
    assert "<b>" not in page
    assert f"<h2>{name.encode('utf-8', 'backslashreplace').decode()}</h2>" in unescape(page)
    table = runner.run("formnet", "classify", f"./{name}", cwd=tmp_path)
    assert table.code == 0
    assert "\x1b" not in table.out
    said = one_line(name).encode("utf-8", "backslashreplace").decode()
    assert "".join(said.split()) in "".join(table.out.split())


@pytest.mark.parametrize("name", NAMES[:4], ids=IDS[:4])
def test_links_of_a_report_lead_to_its_overlays(tmp_path: Path, name: str) -> None:

    clip = tmp_path / Path(name).with_suffix(".mp4")
    results = ResultsFolder(tmp_path, [clip], with_video=True, progress_bar=lambda title: None)  # type: ignore[arg-type,return-value]
    results.videos[str(clip)] = results.names[str(clip)]
    track = track_of_film()
    verdict = make_judge().judge(track, str(clip))

    results.write_report(Verdict((verdict,), {}, {}))
    page = (tmp_path / "report.html").read_text()
    links = [unquote_to_bytes(unescape(link)) for link in re.findall(r'src="([^"]*overlay[^"]*)"', page)]
    assert links == [os.fsencode(results.names[str(clip)])]
    assert str(tmp_path) not in page


def track_of_film() -> PoseTrack:
    """Three squats, as an estimator would give them."""
    return PoseTrack(film_squats()[0], None, 1280, 720)


def test_json_is_an_object_also_when_every_clip_failed(runner: Runner, tmp_path: Path) -> None:
    for name in ("a.npz", "b.json"):
        (tmp_path / name).write_bytes(b"no poses")
    ended = runner.run("formnet", "classify", "a.npz", "b.json", "--json", "--out", "v", cwd=tmp_path)
    assert ended.code == 2
    answer = json.loads(ended.out)
    assert answer["clips"] == []
    assert set(answer["failures"]) == {"a.npz", "b.json"}
    assert not (tmp_path / "v").exists()


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1", "utf-16"])
def test_words_arrive_in_any_encoding(runner: Runner, tmp_path: Path, squats: Path, encoding: str) -> None:
    for command in (
        ("classify", str(squats)),
        ("doctor", str(squats)),
        ("measures",),
        ("standards", "list"),
        ("--help",),
    ):
        ended = runner.run("formnet", *command, cwd=tmp_path, encoding=encoding)
        assert ended.code == 0, ended
        assert "Error" not in ended.said
        assert ended.out.strip()
    assert one_sentence(runner.run("formnet", "classify", "\udcff–.mp4", cwd=tmp_path, encoding=encoding))


@pytest.mark.parametrize("stream", ["out", "said", "given"])
def test_closed_streams(runner: Runner, tmp_path: Path, squats: Path, stream: str) -> None:
    ended = runner.run("formnet", "classify", str(squats), "--out", "v", cwd=tmp_path, **{stream: None})
    assert ended.code == 0, ended
    assert json.loads((tmp_path / "v" / "verdict.json").read_text())["complete"]
    if stream == "out":
        assert "standard output is closed" in one_sentence(
            runner.run("formnet", "classify", str(squats), "--json", cwd=tmp_path, out=None)
        )


@pytest.mark.parametrize("command", [("measures",), ("classify", "{}", "--json"), ("standards", "show", "coaching")])
def test_a_full_standard_output(runner: Runner, tmp_path: Path, squats: Path, command: tuple[str, ...]) -> None:
    arguments = [part.format(squats) for part in command]
    assert "No space left" in one_sentence(runner.run("formnet", *arguments, cwd=tmp_path, out="/dev/full"))


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = f"{sys.executable} -m formnet measures --json | head -c 10; echo ${{PIPESTATUS[0]}} >&2"
    ended = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ended.stderr.split() in (["141"], ["0"])
    assert len(ended.stdout) == 10


FULL = 3000
WRITERS = (
    ("pose {squats} -o o --format openpose", "cannot be written"),
    ("pose {squats} -o o.npz", "o.npz cannot be written (File too large"),
    ("pose {squats} -o o.json", "o.json cannot be written (File too large"),
    ("pose {squats} -o o.csv", "o.csv cannot be written (File too large"),
    ("compare {squats} {squats} --out c", "File too large"),
    ("match {picture} {squats} --out m", "cannot be written"),
    ("index . -o ../i.npz", "i.npz cannot be written (File too large"),
    ("classify {squats} --out v", "cannot be written"),
    ("synth s --clips 1 --no-render", "cannot be written"),
)
WRITER_IDS = [f"{command.split()[0]}-{number}" for number, (command, _) in enumerate(WRITERS)]


@pytest.mark.parametrize(("command", "says"), WRITERS[1:], ids=WRITER_IDS[1:])
def test_a_full_disk(runner: Runner, tmp_path: Path, squats: Path, command: str, says: str) -> None:
    picture = tmp_path / "picture.npz"
    write_npz(picture, waving_in_picture(3).frames(1, 2))
    arguments = command.format(squats=squats, picture=picture).split()
    ended = runner.run("formnet", *arguments, cwd=tmp_path, file_bytes=FULL)
    assert ended.code == 2, ended
    assert says in ended.said
    assert "Traceback" not in ended.said
    assert not list(tmp_path.rglob(".formnet*"))
    assert set(tmp_path.rglob("*.npz")) == {squats, picture}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize(("command", "says"), WRITERS, ids=WRITER_IDS)
def test_a_folder_that_may_not_be_written(runner: Runner, squats: Path, command: str, says: str) -> None:

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inner = folder / "given"
        inner.mkdir()
        shown = inner / "squats.npz"
        shown.write_bytes(squats.read_bytes())
        write_npz(inner / "picture.npz", waving_in_picture(3).frames(1, 2))
        for path in (folder, inner):
            path.chmod(0o755)
        for path in inner.iterdir():
            path.chmod(0o644)
        arguments = command.format(squats="squats.npz", picture="picture.npz").split()
        ended = runner.run("formnet", *arguments, cwd=inner, user=NOBODY, environment={"FORMNET_CACHE": "/nowhere"})
        assert "cannot be written" in one_sentence(ended)
        assert sorted(path.name for path in inner.iterdir()) == ["picture.npz", "squats.npz"]


def test_a_training_on_a_full_disk(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file where the folder should be")
    for settings in ((), ("hydra.run.dir=/proc/o",)):
        ended = runner.run("train.py", *settings, cwd=tmp_path)
        assert ended.code == 2
        assert "Traceback" not in ended.said
        assert len(said_lines(ended)) == 1


class WatchingJudge:
    """A judge that looks at what is on disk before it begins with a clip."""

    def __init__(self, judge: ClipJudge, answer: Path) -> None:
        self._judge, self._answer = judge, answer
        self.found: list[list[str]] = []

    def judge(self, track: PoseTrack, path: str) -> ClipVerdict:
        content = json.loads(self._answer.read_text()) if self._answer.exists() else {"clips": [], "complete": False}
        assert not content["complete"]
        self.found.append([clip["path"] for clip in content["clips"]])
        return self._judge.judge(track, path)

    def describe(self) -> dict[str, object]:
        return self._judge.describe()


def test_every_finished_clip_is_on_disk_when_the_next_begins(
    tmp_path: Path, squats: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    for name in ("a/1.npz", "a/3.npz", "a/4.npz"):
        (tmp_path / name).write_bytes(squats.read_bytes())
    # What cannot be judged is no reason to forget what was.
    write_npz(tmp_path / "a" / "2.npz", waving_in_picture(3).frames(1, 2))
    watching = WatchingJudge(make_judge(), tmp_path / "v" / "verdict.json")
    monkeypatch.setattr(pipeline, "make_judge", lambda *arguments: watching)
    monkeypatch.chdir(tmp_path)
    assert run(["classify", "a", "--out", "v"]) == 2
    names = ["a/1.npz", "a/3.npz", "a/4.npz"]
    assert watching.found == [[], names[:1], names[:2]]
    content = json.loads((tmp_path / "v" / "verdict.json").read_text())
    assert [clip["path"] for clip in content["clips"]] == names
    assert list(content["failures"]) == ["a/2.npz"]
    assert content["complete"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_an_overlay_that_cannot_be_written_costs_the_overlay_alone(
    runner: Runner, pose_model: Path, tmp_path: Path
) -> None:
    """One goes to a full disk, one into a folder that cannot be; both clips get their verdicts, stills and report."""
    frames = read_frames(Path(demo.__file__).with_name("squats.mp4"))
    images = [frame.image for frame in frames if FROM_S <= frame.timestamp_s < TO_S][::3]
    make_video(tmp_path / "a.mp4", images, np.arange(len(images)) / 8)
    (tmp_path / "b.mp4").write_bytes((tmp_path / "a.mp4").read_bytes())
    out = tmp_path / "v"
    out.mkdir()
    (out / "a_overlay.mp4").symlink_to("/dev/full")
    (out / "b_overlay.mp4").symlink_to("/proc/nothing/overlay.mp4")
    ended = runner.run("formnet", "classify", "a.mp4", "b.mp4", "--out", "v", cwd=tmp_path, is_alone=True)
    assert ended.code == 2, ended
    first, second = said_lines(ended)
    assert first.startswith("formnet: v/a_overlay.mp4 cannot be written (No space left on device)")
    assert second.startswith("formnet: v/b_overlay.mp4 cannot be written (")
    content = json.loads((out / "verdict.json").read_text())
    assert content["complete"]
    assert "failures" not in content
    assert [(clip["path"], len(clip["repetitions"])) for clip in content["clips"]] == [("a.mp4", 1), ("b.mp4", 1)]
    page = (out / "report.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 2
    assert "_overlay.mp4" not in page
    assert sorted(path.name for path in out.iterdir() if not path.is_symlink()) == [
        "report.html", "verdict.csv", "verdict.json",
    ]  # fmt: skip
    assert "Shallow" in ended.out
    assert "_overlay.mp4" not in ended.out
