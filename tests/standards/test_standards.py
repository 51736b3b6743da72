"""Standards: what ships is whole, what is wrong is said at once, and limits are held with the error in mind."""

import math

import pytest

from formnet.errors import InputError
from formnet.measures.measurement import Measurement
from formnet.standards.finding import find_faults, hold_against
from formnet.standards.reading import load_standard, parse_standard, shipped_standards
from formnet.standards.standard import Criterion, Rule
from formnet.verdict import choose_label

DEPTH = Rule("shallow", (Criterion("thigh", "above", 15.0, 3.0),), True, "a book", "convention")
FOLDED = Rule(
    "bending_forward",
    (Criterion("trunk_lean", "above", 35.0), Criterion("trunk_minus_shank", "above", 10.0)),
    False,
    "a book",
    "moderate",
)


def measured(**values: float) -> dict[str, Measurement]:
    return {name: Measurement(name, value, 4.0, 1.0) for name, value in values.items()}


@pytest.mark.parametrize("name", shipped_standards())
def test_what_ships_is_whole(name):
    standard = load_standard(name)
    assert standard.name == name
    assert standard.description
    assert standard.rules
    assert all(rule.source and rule.evidence for rule in standard.rules)


def test_the_default_does_not_judge_what_is_only_measured():
    coaching = load_standard()
    judged = {criterion.measure for rule in coaching.rules for criterion in rule.criteria}
    assert not judged & {"knee_past_toes", "knee_difference", "descent", "ascent", "head_extension"}
    assert {"knee_past_toes", "knee_difference", "descent", "ascent"} <= set(coaching.measures)


@pytest.mark.parametrize(
    ("thigh", "state"), [(15 + 5.1, "clear"), (15 + 4.9, "borderline"), (15 - 4.9, "borderline"), (15 - 5.1, "none")]
)
def test_clear_is_beyond_limit_error_and_tolerance(thigh, state):
    """Error 4 and tolerance 3 are 5 together."""
    finding = hold_against(DEPTH, measured(thigh=thigh))
    assert finding.state == state
    assert (finding.probability > 0.5) == (thigh > 15)


@pytest.mark.parametrize(
    ("excess", "close_to"),
    [(1.6, None), (1.2, "borderline"), (0.8, "clear"), (0.2, None), (-0.2, None), (-0.8, "none"), (-1.2, "borderline"),
     (-1.6, None)],
)  # fmt: skip
def test_what_another_recording_may_read_otherwise_says_so(excess, close_to):
    finding = hold_against(DEPTH, measured(thigh=15 + 5 * excess))
    assert finding.close_to == close_to
    assert finding.to_dict().get("close_to") == close_to
    assert finding.describe_doubt() == ("" if close_to is None else f"close to {close_to}")


def test_of_several_criteria_the_one_met_least_decides():
    finding = hold_against(FOLDED, measured(trunk_lean=60, trunk_minus_shank=11))
    assert finding.state == "borderline"
    assert finding.measurement.name == "trunk_minus_shank"
    assert hold_against(FOLDED, measured(trunk_lean=60, trunk_minus_shank=30)).state == "clear"


def test_what_is_not_shown_is_not_judged():
    hidden = {"thigh": Measurement("thigh", 60.0, 4.0, 1.0, False, "cannot be measured from the front")}
    finding = hold_against(DEPTH, hidden)
    assert finding.state == "not judgeable"
    assert math.isnan(finding.probability)
    assert finding.to_dict()["probability"] is None
    assert "from the front" in finding.describe()


def test_the_label_is_the_worst_clear_fault_else_good_else_unsure():
    rules = (DEPTH, FOLDED)
    standard = parse_standard(EXAMPLE, "here")
    both = find_faults(standard, measured(thigh=40, trunk_lean=90, trunk_minus_shank=60))
    assert [finding.state for finding in both] == ["clear", "clear"]
    assert choose_label(both) == "bending_forward"
    assert (
        choose_label([hold_against(rule, measured(thigh=0, trunk_lean=10, trunk_minus_shank=0)) for rule in rules])
        == "good"
    )
    hidden = measured(thigh=math.nan, trunk_lean=10, trunk_minus_shank=0)
    assert choose_label([hold_against(rule, hidden) for rule in rules]) == "unsure"


EXAMPLE = """
name: mine
title: My gym
description: what we hold people to
faults:
  - fault: shallow
    when: [{measure: thigh, above: 15, tolerance: 3}]
    required: true
    source: the coach
    evidence: convention
  - fault: bending_forward
    when: [{measure: trunk_lean, above: 35}, {measure: trunk_minus_shank, above: 10}]
    source: the coach
    evidence: convention
"""


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(EXAMPLE)
    standard = load_standard(str(path))
    assert standard.faults == ("shallow", "bending_forward")
    assert standard.rules[0].criteria[0] == Criterion("thigh", "above", 15.0, 3.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("thigh", "thihg"), "there is no measure 'thihg'"),
        (("above: 15", "over: 15"), "unknown key 'over'"),
        (("above: 15", "above: .nan"), "the limit must be a number"),
        (("above: 15", "above: deep"), "the limit must be a number, got 'deep'"),
        (("tolerance: 3", "tolerance: -3"), "must not be negative"),
        (("evidence: convention", "evidence: sure"), "evidence must be one of strong, moderate, weak, convention"),
        (("source: the coach", "source: ''"), "has no source"),
        (("name: mine", "nam: mine"), "unknown key 'nam'"),
        (("required: true", "required: maybe"), "required must be true or false"),
        (("faults:", "mistakes:"), "faults must be a list"),
        (("name: mine", "name: [mine"), "is no YAML"),
        (("above: 15", "above: 15, below: 3"), "either above or below"),
    ],
)
def test_mistakes_are_named_with_a_remedy(change, said):
    with pytest.raises(InputError) as refused:
        parse_standard(EXAMPLE.replace(*change), "mine.yaml")
    assert said in str(refused.value)
    assert "formnet standards show coaching" in str(refused.value)


def test_yaml_that_would_run_code_is_refused():
    with pytest.raises(InputError, match="is no YAML"):
        parse_standard("name: !!python/object/apply:os.system ['true']", "evil.yaml")


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(InputError, match="there is no standard 'coching'; use one of coaching"):
        load_standard("coching")
    with pytest.raises(InputError, match="does not exist"):
        load_standard("none.yaml")
