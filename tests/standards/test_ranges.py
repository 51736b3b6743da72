"""Ranges: AUC, cuts and intervals on values whose separation is known, and a standard that reads back."""

import json

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from formnet.cli.app import run
from formnet.errors import InputError
from formnet.standards.ranges import compute_auc, find_cut, separate, write_standard_text
from formnet.standards.reading import load_standard, parse_standard


@pytest.fixture
def labelled():
    """Three hundred repetitions of ten people: shallow ones have thighs 20° higher, nothing else differs."""
    rng = np.random.default_rng(1)
    labels = np.array(["good", "good", "shallow"] * 100)
    groups = np.repeat([f"person {k}" for k in range(10)], 30)
    thigh = rng.normal(0, 5, 300) + np.where(labels == "shallow", 20, 0)
    return {"thigh": thigh, "trunk_lean": rng.normal(20, 5, 300)}, labels, groups


def test_auc_is_that_of_a_reference_with_ties():
    rng = np.random.default_rng(0)
    good, bad = rng.integers(0, 8, 50).astype(float), rng.integers(3, 12, 40).astype(float)
    truth = np.r_[np.zeros(50), np.ones(40)]
    assert compute_auc(good, bad) == pytest.approx(roc_auc_score(truth, np.r_[good, bad]))


def test_the_cut_is_the_best_of_all():
    rng = np.random.default_rng(0)
    good, bad = rng.normal(0, 1, 60), rng.normal(1.5, 1, 40)
    cut, sensitivity, specificity = find_cut(good, bad)
    assert (sensitivity, specificity) == pytest.approx(((bad > cut).mean(), (good <= cut).mean()))
    slow = max((bad > c).mean() + (good <= c).mean() for c in np.linspace(-4, 6, 4001))
    assert sensitivity + specificity == pytest.approx(slow, abs=1e-9)


def test_the_separating_measure_comes_first_with_its_cut(labelled):
    best, other = separate(*labelled, ["good"])
    assert (best.measure, best.fault, best.side) == ("thigh", "shallow", "above")
    assert best.auc > 0.98
    assert best.cut_low <= best.cut <= best.cut_high
    assert best.cut == pytest.approx(10, abs=3)
    assert other.auc < 0.65
    assert best.good[2] == pytest.approx(0, abs=1.5)


def test_a_standard_is_written_that_reads_back(labelled):
    text = write_standard_text(separate(*labelled, ["good"]), "mine", "a test", "good")
    standard = parse_standard(text, "mine")
    assert standard.faults == ("shallow",)
    assert standard.rules[0].criteria[0].measure == "thigh"
    assert "AUC" in standard.rules[0].source


def test_without_good_ones_there_are_no_ranges(labelled):
    values, labels, groups = labelled
    with pytest.raises(InputError, match="name the good ones with --good"):
        separate(values, labels, groups, ["fine"])


def test_where_nothing_separates_there_is_no_standard(labelled):
    values, labels, groups = labelled
    rows = separate({"trunk_lean": values["trunk_lean"]}, labels, groups, ["good"])
    with pytest.raises(InputError, match="no measure separates"):
        write_standard_text(rows, "mine", "a test", "good")


def test_standards_are_listed_shown_and_checked(tmp_path, capsys):
    assert run(["standards", "list"]) == 0
    assert "powerlifting" in capsys.readouterr().out
    assert run(["standards", "show", "coaching"]) == 0
    shown = capsys.readouterr().out
    mine = tmp_path / "mine.yaml"
    mine.write_text(shown.replace("above: 15", "above: 5"))
    assert run(["standards", "check", str(mine)]) == 0
    assert "above 5" in capsys.readouterr().out
    assert load_standard(str(mine)).rules[0].criteria[0].limit == 5
    mine.write_text(shown.replace("measure: thigh", "measure: thumb"))
    assert run(["standards", "check", str(mine)]) == 2
    assert "there is no measure 'thumb'" in capsys.readouterr().err


def test_measures_are_listed_with_units_and_errors(capsys):
    assert run(["measures", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["thigh"]["unit"] == "°"
    assert "hidden" in rows["knee_width"]["errors"]
    assert run(["measures"]) == 0
    assert "trunk_lean" in capsys.readouterr().out


def test_ranges_of_a_real_set(shared_dir, tmp_path, capsys):
    """Every fifth repetition of squat7."""
    whole, root = shared_dir / "datasets" / "squat7", tmp_path / "squat7"
    header, *rows = (whole / "data.csv").read_text().splitlines()
    (root / "mediapipe").mkdir(parents=True)
    (root / "data.csv").write_text("\n".join([header, *rows[::5]]) + "\n")
    for name in (row.split(",")[0] + ".npy" for row in rows[::5]):
        (root / "mediapipe" / name).symlink_to(whole / "mediapipe" / name)
    assert run(["ranges", str(root), "--set", "squat7", "--out", str(tmp_path), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    caving = next(row for row in rows if row["fault"] == "knees_caving")
    assert caving["auc"] > 0.95
    assert "knees_caving" in load_standard(str(tmp_path / "standard.yaml")).faults
    assert (tmp_path / "ranges.png").stat().st_size > 10_000
