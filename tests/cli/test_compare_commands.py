"""compare, match, index, search and pose as a user calls them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from formnet.cli.app import run
from formnet.exports.keypoints import write_alphapose
from formnet.readers.npz import write_npz
from formnet.readers.source import read_pose_source
from formnet.skeleton import BLAZEPOSE_33, KINECT_22
from tests.scoring.motions import in_picture, swing, waving, waving_in_picture


@pytest.fixture
def call(capsys):
    def run_it(*arguments):
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_it


@pytest.fixture
def poses(tmp_path):
    reference = waving(BLAZEPOSE_33, 60)
    write_alphapose(tmp_path / "reference.json", in_picture(reference))
    write_alphapose(tmp_path / "clip.json", in_picture(swing(reference, "left_shoulder", 2, 40.0)))
    write_alphapose(tmp_path / "image.json", in_picture(reference).frames(22, 23).replace(timestamps=np.zeros(1)))
    write_npz(tmp_path / "reference.npz", waving(KINECT_22, 60))
    return tmp_path


def test_compare_prints_one_json_object(call, poses):
    code, out, err = call("compare", poses / "clip.json", poses / "reference.json", "--json")
    assert code == 0
    assert err == ""
    answer = json.loads(out)
    assert answer["total"] == pytest.approx(np.nanmean(answer["total"]))
    assert min(answer["parts"], key=answer["parts"].get) == "left_arm"
    assert {"joints", "worst", "rounds", "below_threshold", "warnings"} <= set(answer)
    assert answer["worst"][0]["part"] == "left_arm"
    assert answer["below_threshold"] == ["left_arm"]


def test_compare_prints_a_table(call, poses):
    code, out, _ = call("compare", poses / "clip.json", poses / "reference.json")
    assert code == 0
    assert "total" in out
    assert "left arm" in out
    assert "at " in out


def test_parts_are_weighted_and_left_out(call, poses):
    whole = json.loads(call("compare", poses / "clip.json", poses / "reference.json", "--json")[1])
    arms = ("--without", "left_arm", "--without", "right arm", "--weight", "trunk=3")
    code, out, _ = call("compare", poses / "clip.json", poses / "reference.json", "--json", *arms)
    parts = json.loads(out)["parts"]
    assert code == 0
    assert set(whole["parts"]) - set(parts) == {"left_arm", "right_arm"}
    assert not any("arm" in moment["part"] for moment in json.loads(out)["worst"])
    for wrong, words in ((("--without", "tail"), "there is no body part 'tail'; use some of"),
                         (("--weight", "trunk"), "expected PART=WEIGHT"), (("--weight", "trunk=nan"), "expected PART"),
                         (("--weight", "trunk=2", "--without", "trunk"), "given twice")):  # fmt: skip
        code, _, err = call("compare", poses / "clip.json", poses / "reference.json", *wrong)
        assert code == 2
        assert words in err


def test_compare_writes_video_and_plot(call, poses, tmp_path):
    import av

    out_folder = tmp_path / "report"
    code, out, _ = call("compare", poses / "clip.json", poses / "reference.json", "--out", out_folder, "--json")
    assert code == 0
    assert sorted(path.name for path in out_folder.iterdir()) == [
        "compare.mp4",
        "differences.csv",
        "report.html",
        "similarity.png",
    ]
    names = ("report.html", "differences.csv", "compare.mp4", "similarity.png")
    assert json.loads(out)["files"] == [str(out_folder / name) for name in names]
    page = (out_folder / "report.html").read_text(encoding="utf-8")
    assert "clip.json" in page
    assert str(poses) not in page
    assert (out_folder / "differences.csv").read_text().startswith("measure,unit,value,reference")
    with av.open(str(out_folder / "compare.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(pictures) == 60
    # The arm is red in some frame and the rest is green.
    red = [(p[..., 0] > 200) & (p[..., 1] < 130) & (p[..., 2] < 90) for p in pictures]
    green = [(p[..., 1] > 150) & (p[..., 0] < 110) for p in pictures]
    assert max(r.sum() for r in red) > 200
    assert min(g.sum() for g in green) > 500


def test_without_a_fault_nothing_is_red(call, poses, tmp_path):
    import av

    call("compare", poses / "reference.json", poses / "reference.json", "--out", tmp_path / "report")
    with av.open(str(tmp_path / "report" / "compare.mp4")) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert max(int(((p[..., 0] > 200) & (p[..., 1] < 130) & (p[..., 2] < 90)).sum()) for p in pictures) < 20


@pytest.mark.parametrize("metric", ["cosine", "weighted-l1", "weighted-l2", "euclidean", "limbs"])
def test_match_finds_the_frame(call, poses, metric):
    code, out, _ = call("match", poses / "image.json", poses / "reference.json", "--metric", metric, "--json")
    assert code == 0
    answer = json.loads(out)
    assert answer["frame"] == 22
    assert answer["total"] == pytest.approx(100, abs=1e-4)
    assert set(answer["parts"]) >= {"head", "left_arm", "right_leg"}


def test_match_writes_the_pair(call, poses, tmp_path):
    code, out, _ = call("match", poses / "image.json", poses / "clip.json", "--out", tmp_path / "pair")
    assert code == 0
    assert str(tmp_path / "pair" / "match.png") in out
    assert (tmp_path / "pair" / "match.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("form", ["", "_l2norm"])
def test_published_figures_through_the_command(call, shared_dir, form):
    folder = shared_dir / "datasets" / "taekwondo"

    def path(name):
        return folder / f"alphapose-{name}{form}.json"

    for image, video, metric, frame, total in (
        ("TKD_1", "TKD_slow", "cosine", 455, 97.779),
        ("TKD_2", "TKD_slow", "cosine", 723, 96.211),
        ("TKD_3", "TKD_slow", "cosine", 585, 96.517),
        ("TKD_6", "TKD_test", "weighted-l1", 86, 98.6467),
        ("TKD_6", "TKD_test", "weighted-l2", 86, 98.3258),
    ):
        code, out, _ = call("match", path(image), path(video), "--metric", metric, "--compat", "--json")
        answer = json.loads(out)
        assert (code, answer["frame"]) == (0, frame)
        assert answer["total"] == pytest.approx(total, abs=0.01)
        assert list(answer["parts"]) == ["head", *[f"{s}_{j}" for j in
            ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for s in ("left", "right")]]  # fmt: skip
    code, out, _ = call("compare", path("TKD_test"), path("TKD_slow"), "--compat", "--json")
    assert json.loads(out)["total"] == pytest.approx(77.3755, abs=0.01)


def test_index_and_search(call, poses, tmp_path):
    (poses / "notes.txt").write_text("no pose")
    (poses / "broken.json").write_text("[")
    index = tmp_path / "library.npz"
    code, out, _ = call("index", poses, "--out", index, "--json")
    assert code == 0
    answer = json.loads(out)
    assert answer["sources"] == 4
    assert "1 other file (1 .txt)" in answer["warnings"][0]
    assert "broken.json" in answer["warnings"][1]
    assert len(answer["warnings"]) == 2
    code, out, _ = call("search", poses / "image.json", index, "--count", "3", "--json")
    hits = json.loads(out)["hits"]
    assert code == 0
    assert len(hits) == 3
    assert hits[0]["distance"] == pytest.approx(0, abs=1e-6)
    assert {hits[0]["source"], hits[1]["source"]} == {"image.json", "reference.json"}


@pytest.mark.parametrize(
    ("name", "form"), [("a.json", "alphapose"), ("a.npz", "npz"), ("a", "openpose"), ("c.json", "coco")]
)
def test_pose_converts(call, tmp_path, name, form):
    flat = waving(BLAZEPOSE_33, 8)
    flat = flat.replace(positions=flat.positions[..., :2] * 300 + 500, unit="pixel")
    write_npz(tmp_path / "source.npz", flat)
    arguments = ["pose", tmp_path / "source.npz", "-o", tmp_path / name]
    code, _, _ = call(*arguments, *(["--format", form] if form == "coco" else []))
    assert code == 0
    found = read_pose_source(tmp_path / name)
    assert found.kind == form
    np.testing.assert_allclose(found.motion.joint("left_knee"), flat.joint("left_knee"), atol=1e-9)


@pytest.mark.parametrize("name", ["a.csv", "a.trc", "a.mot"])
def test_pose_writes_tables(call, tmp_path, name):
    write_npz(tmp_path / "source.npz", waving(BLAZEPOSE_33, 8))
    assert call("pose", tmp_path / "source.npz", "-o", tmp_path / name)[0] == 0
    assert "8 frames" in call("pose", tmp_path / "source.npz", "-o", tmp_path / name)[1]


def spoil(tmp_path, kind):
    """A clip that cannot be compared, and words of the sentence that says so."""
    path = tmp_path / f"{kind}.npz"
    motion = waving_in_picture(60)
    positions = motion.positions.copy()
    if kind == "one_frame":
        motion = motion.frames(0, 1)
        positions = positions[:1]
    elif kind == "hidden":
        positions[:, motion.skeleton.index("left_ankle")] = np.nan
    elif kind == "leaves":
        positions[20:45] = np.nan
    elif kind == "nobody":
        positions[:] = np.nan
    write_npz(path, motion.replace(positions=positions))
    return path


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("one_frame", "only 1 frame"),
        ("hidden", "never shows left ankle"),
        ("leaves", "leaves the picture from 0.7 to 1.5 s"),
        ("nobody", "never shows a person"),
    ],
)
def test_bad_clips_are_one_sentence_and_code_2(call, poses, kind, words):
    code, out, err = call("compare", spoil(poses, kind), poses / "reference.json")
    assert code == 2
    assert out == ""
    assert words in err
    assert err.count("\n") == 1
    assert err.startswith("formnet: ")


def test_bad_files_are_one_sentence_and_code_2(call, poses):
    good = poses / "reference.json"
    text = good.read_text()
    rows = json.loads(text)

    def shifted(row):
        return {**row, "keypoints": [v + 900 if k % 3 == 0 else v for k, v in enumerate(row["keypoints"])]}

    cases = {
        "truncated.json": (text[: len(text) // 2], "JSON"),
        "empty.json": ("[]", "holds no pose"),
        "malformed.json": ("{", "JSON"),
        "crowd.json": (json.dumps([*rows, *map(shifted, rows)]), "shows 2 people in 60 of 60 frames"),
    }
    for name, (content, words) in cases.items():
        (poses / name).write_text(content)
        for command in (["compare"], ["match"], ["compare", "--compat"], ["match", "--compat"]):
            code, out, err = call(command[0], poses / name, good, *command[1:])
            assert (code, out) == (2, ""), (name, command)
            assert words in err, (name, command, err)
            assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare", "{clip}", "nothing.mp4"], "nothing.mp4 does not exist"),
        (["compare", "{clip}", "{ref}", "--metric", "x"], "unknown metric 'x'"),
        (["compare", "{clip}", "{ref}", "--method", "x"], "unknown method 'x'"),
        (["compare", "{clip}", "{ref}", "--view", "x"], "--view must be one of"),
        (["compare", "{clip}", "{ref}", "--limbs", "x"], "--limbs must be one of"),
        (["compare", "{clip}", "{ref}", "--band", "2"], "--band must be a share"),
        (["compare", "{clip}", "{ref}", "--threshold", "200"], "--threshold must be a score of 0–100"),
        (["compare", "{clip}", "{ref}", "--fps", "0"], "frame rate must be above 0"),
        (["compare", "{clip}", "{ref}", "--smooth", "-1"], "smoothing must be 0.5–100 Hz"),
        (["match", "{clip}", "{ref}", "--metric", "euclidean", "--compat"], "--compat knows the metrics"),
        (["compare", "{npz}", "{ref}", "--compat"], "--compat takes AlphaPose JSON"),
        (["search", "{clip}", "{npz}"], "no index of poses"),
        (["search", "{clip}", "nothing.npz"], "does not exist"),
        (["index", "{clip}"], "is no folder"),
        (["pose", "{clip}", "-o", "a.xyz"], "the format of a.xyz is not clear"),
        (
            ["pose", "{clip}", "-o", "a.json", "--lifter", "supervised"],
            "--lifter has no effect on joints in the picture",
        ),
        (["pose", "{npz}", "-o", "a.json"], "does not tell where joints are in the picture"),
    ],
)
def test_wrong_options_are_one_sentence_and_code_2(call, poses, arguments, words):
    places = {"clip": poses / "clip.json", "ref": poses / "reference.json", "npz": poses / "reference.npz"}
    code, out, err = call(*[argument.format(**places) for argument in arguments])
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["compare", "match", "index", "search", "pose"])
def test_help_has_examples(call, command):
    code, out, _ = call(command, "--help")
    assert code == 0
    assert "Examples" in out
    assert f"formnet {command}" in out
