"""What comparison says of measures: differences beyond their error, and nothing within it."""

import pytest

from formnet.measures.measurement import Measurement
from formnet.pipeline.differences import choose_differences, compare_measures
from formnet.verdict import RepetitionVerdict


def repetition(**values: tuple[float, float]) -> RepetitionVerdict:
    measures = {name: Measurement(name, value, error, 1.0) for name, (value, error) in values.items()}
    return RepetitionVerdict(0.0, 1.0, 2.0, "good", (), measures)


def test_the_surest_difference_comes_first_in_words():
    mine = [repetition(knee_flexion=(96, 8), trunk_lean=(50, 4), thigh=(5, 6))]
    coach = [repetition(knee_flexion=(121, 8), trunk_lean=(20, 4), thigh=(3, 6))]
    first, second = choose_differences(compare_measures(mine, coach))
    assert first.describe() == "Trunk lean 30 ± 6° more (50°, reference 20°)"
    assert second.describe() == "Knee flexion 25 ± 11° less (96°, reference 121°)"
    assert second.to_dict()["difference"] == -25


def test_nothing_within_its_error_is_called_a_difference():
    assert choose_differences(compare_measures([repetition(thigh=(5, 6))], [repetition(thigh=(12, 6))])) == ()


def test_repetitions_are_averaged_but_their_error_does_not_shrink():
    mine = [repetition(thigh=(20, 6)), repetition(thigh=(30, 6))]
    (difference,) = choose_differences(compare_measures(mine, [repetition(thigh=(0, 6))]))
    assert difference.value == 25
    assert difference.error == pytest.approx(72**0.5)


def test_what_one_view_hides_is_not_compared():
    hidden = RepetitionVerdict(
        0.0, 1.0, 2.0, "good", (), {"thigh": Measurement("thigh", 60.0, 6.0, 1.0, False, "not seen")}
    )
    assert choose_differences(compare_measures([hidden], [repetition(thigh=(0, 6))])) == ()
