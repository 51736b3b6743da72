"""From pixels to findings: unseen people with several faults at once, rendered and seen by the real estimator.

    python benchmarks/pixels.py [--people 240] [--seed 9100] [--standard coaching] [--lifter NAME] [--cache DIR]

Every squat goes the whole way: simulated, rendered to pictures, BlazePose, repetition, lifter, measurement, finding.
What is true is read from the simulated joints by the same measures: a fault is there *from severity 0.25 up* when the
true value lies a quarter of the way or more from the limit to the severest that the simulator draws; a squat is good
when no true value lies beyond any limit.

Prints for each fault how well its finding tells those that have it from those within the limit (AUC over what was
judged), by view; how often good ones get a clear fault; and for each measure how many true values lie within one and
two of the stated standard deviations. Ends with one JSON object: `auc/FAULT`, `good_with_clear_fault`, `found`,
`within_one_sd` and `within_two_sd` (measure → share, over views that show it), and `by_view`.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from common import run_main
from figures import CONSOLE, area, print_figures, share, show_table
from rich.progress import track as progress

from formnet.body.load import load_body
from formnet.lifting.joints import assemble_lifted
from formnet.measures.calibration import VIEWS, view_name
from formnet.measures.performance import make_performance
from formnet.measures.registry import MEASURES, read_values
from formnet.motion import Motion
from formnet.pipeline import make_judge
from formnet.pipeline.measured import MeasuringJudge
from formnet.rendered.cache import estimate_all_cached
from formnet.rendered.film import RenderedClip, VariedRequest
from formnet.skeleton import LIFTED_32
from formnet.standards import DEFAULT_STANDARD
from formnet.standards.standard import Rule, Standard
from formnet.verdict import RepetitionVerdict

SEVEREST: Mapping[str, float] = {
    "thigh": 62.0,
    "hip_over_knee": 0.9,
    "trunk_lean_greatest": 75.0,
    "trunk_minus_shank_greatest": 60.0,
    "trunk_lean_change_greatest": 75.0,
    "knee_width_least": 0.3,
    "knees_inside_feet": 25.0,
    "heel_rise": 0.5,
    "heel_height": 0.35,
}
"""What the simulator's severest faults come to (`formnet.synth.varied`); a measure that is not here counts from its
limit on."""
SEVERITY = 0.25


@dataclass(frozen=True, eq=False)
class Squat:
    """One rendered squat.

    Attributes:
        view: from where it was filmed.
        truth: measure → true value.
        verdict: what was said of it; None where no repetition was found.
    """

    view: str
    truth: Mapping[str, float]
    verdict: RepetitionVerdict | None


def read_truth(request: VariedRequest) -> dict[str, float]:
    """The true measures of the squat that a request renders."""
    body = load_body()
    clip = request.sample(body, np.random.default_rng(list(request.seed)))
    joints = assemble_lifted(clip.landmarks(body).positions[None], clip.joints[None])[0]
    motion = Motion(joints, np.ones(joints.shape[:2]), clip.timestamps, LIFTED_32)
    (when,) = clip.repetitions
    return read_values(make_performance(motion, *when.frames(clip.timestamps), when.bottom_s))


def judge_clip(clip: RenderedClip, judge: MeasuringJudge) -> RepetitionVerdict | None:
    """The verdict on the one repetition of a clip."""
    if clip.track is None:
        return None
    (when,) = clip.repetitions
    found = judge.judge_repetitions(clip.track)[0]
    return next((r for r in found if when.start_s <= r.bottom_s <= when.end_s), None)


def compute_severity(rule: Rule, truth: Mapping[str, float]) -> float:
    """How far the true values are on the way from the limits of a rule (0) to the severest (1); below 0 within them."""
    return min(_severity(c.measure, c.limit, c.side, truth[c.measure]) for c in rule.criteria)


def _severity(measure: str, limit: float, side: str, value: float) -> float:
    if not math.isfinite(value):
        return -1.0
    if measure not in SEVEREST:
        return 1.0 if (value > limit) == (side == "above") else -1.0
    return (value - limit) / (SEVEREST[measure] - limit)


def true_severity(standard: Standard, fault: str, truth: Mapping[str, float]) -> float:
    """Of a fault, by whichever of its rules says most."""
    return max(compute_severity(rule, truth) for rule in standard.rules if rule.fault == fault)


def compute_areas(squats: Sequence[Squat], standard: Standard) -> dict[str, tuple[float, int, float]]:
    """Fault → AUC of its finding, how many have it, and the share of all that was judged."""
    areas = {}
    for fault in standard.faults:
        faulty, good, judged = [], [], []
        for squat in squats:
            if squat.verdict is None:
                continue
            finding = next(f for f in squat.verdict.findings if f.fault == fault)
            judged.append(finding.state != "not judgeable")
            severity = true_severity(standard, fault, squat.truth)
            if judged[-1] and severity >= SEVERITY:
                faulty.append(finding.excess)
            elif judged[-1] and severity <= 0:
                good.append(finding.excess)
        areas[fault] = (area(np.array(faulty), np.array(good)), len(faulty), share(judged))
    return areas


def share_good_with_fault(squats: Sequence[Squat], standard: Standard) -> tuple[float, int]:
    """Of the squats that are within every limit, how many get a clear fault; and how many there are."""
    good = [
        squat.verdict
        for squat in squats
        if squat.verdict is not None and all(true_severity(standard, f, squat.truth) <= 0 for f in standard.faults)
    ]
    return share(bool(verdict.faults) for verdict in good), len(good)


def compute_coverage(squats: Sequence[Squat], name: str) -> tuple[float, float, int]:
    """Shares of true values within one and two stated standard deviations of what was measured, where it is shown."""
    ratios = [
        abs(measured.value - squat.truth[name]) / measured.error
        for squat in squats
        if squat.verdict is not None and (measured := squat.verdict.measures[name]).is_shown
    ]
    known = [ratio for ratio in ratios if math.isfinite(ratio)]
    return share(ratio <= 1 for ratio in known), share(ratio <= 2 for ratio in known), len(known)


def report(squats: Sequence[Squat], standard: Standard) -> dict[str, Any]:
    """Prints the tables, returns the figures."""
    parts = {view: [squat for squat in squats if squat.view == view] for view in VIEWS} | {"all": list(squats)}
    areas = {part: compute_areas(of, standard) for part, of in parts.items()}
    good = {part: share_good_with_fault(of, standard) for part, of in parts.items()}
    show_table(
        f"rendered people, {standard.name}: AUC of each finding (squats with the fault, share judged)",
        ["view", "squats", "found", *standard.faults, "good with a clear fault"],
        [
            [part, str(len(of)), f"{share(s.verdict is not None for s in of):.0%}",
             *(f"{a:.3f} ({n}, {judged:.0%})" for a, n, judged in areas[part].values()),
             f"{good[part][0]:.0%} of {good[part][1]}"]
            for part, of in parts.items()
        ],
    )  # fmt: skip
    coverage = {name: compute_coverage(squats, name) for name in MEASURES}
    show_table(
        "true values within the stated error",
        ["measure", "within one", "within two", "squats"],
        [[name, f"{one:.0%}", f"{two:.0%}", str(n)] for name, (one, two, n) in coverage.items()],
    )
    return {
        **{f"auc/{fault}": values[0] for fault, values in areas["all"].items()},
        "good_with_clear_fault": good["all"][0],
        "found": share(squat.verdict is not None for squat in squats),
        "within_one_sd": {name: one for name, (one, _, n) in coverage.items() if n},
        "within_two_sd": {name: two for name, (_, two, n) in coverage.items() if n},
        "by_view": {
            view: {
                **{f"auc/{fault}": a for fault, (a, _, _) in areas[view].items()},
                "good_with_clear_fault": good[view][0],
            }
            for view in VIEWS
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=240, help="squats of as many people")
    parser.add_argument("--seed", type=int, default=9100, help="of people and cameras; training never uses these")
    parser.add_argument("--standard", default=DEFAULT_STANDARD, help="what counts as a fault")
    parser.add_argument("--lifter", default=None, help="what makes joints 3D; default: that of formnet classify")
    parser.add_argument("--cache", type=Path, default=None, help="keep the estimator's answers here")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    judge = make_judge(arguments.standard, arguments.lifter)
    requests = [VariedRequest((arguments.seed, number)) for number in range(arguments.people)]
    clips = estimate_all_cached(requests, arguments.cache, arguments.processes)
    squats = [
        Squat(view_name(clip.yaw_deg), read_truth(request), judge_clip(clip, judge))
        for request, clip in zip(
            requests, progress(clips, "rendering, judging", total=len(requests), console=CONSOLE), strict=True
        )
    ]
    print_figures(report(squats, judge.standard))


if __name__ == "__main__":
    run_main(main)
