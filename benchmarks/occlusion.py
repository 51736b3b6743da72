"""What stands in the way: errors of seen and of hidden joints, the same squats behind bars, racks, benches and people.

    python benchmarks/occlusion.py [--people 16] [--seed 9300] [--eyes standard] [--lifter supervised+picture]

Every squat is rendered five times before the same camera: alone, with a bar and plates on the back, behind the posts of
a rack, behind a bench, and with somebody between it and the camera, a little aside. BlazePose looks at each film,
the lifter makes it 3D. A joint is hidden where something, the person's own body as well, is nearer to the camera than
its limb reaches (the renderer's depth tells).

Prints errors after rotation, scale and place of each frame (PA, mm) over shoulders, elbows, wrists, hips, knees and
ankles, seen and hidden ones apart, joint by joint, and of thigh and knees at the bottom. `found`: films that showed
formnet the one repetition; `misled`: of these, those whose depth formnet states (it may say that the joints are not
seen) and that is off by more than two of the errors it states. Ends with one JSON object: {WAY: {pa_mpjpe_mm, seen_mm,
hidden_mm, hidden_share, thigh_deg, knee_deg, found, misled, seen: {joint: mm}, hidden: {joint: mm}}}.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from common import run_main
from figures import CONSOLE, print_figures, root_mean_square, share, show_table
from rich.progress import track as progress

from formnet.body import Body, load_body
from formnet.errors import FormnetError
from formnet.geometry.align import estimate_similarity
from formnet.geometry.paths import nearest_frame
from formnet.lifting.joints import assemble_lifted
from formnet.measures.performance import make_performance
from formnet.measures.registry import read_values
from formnet.motion import FloatArray, Motion
from formnet.pipeline import make_judge
from formnet.pipeline.measured import MeasuringJudge
from formnet.pose.estimator import PoseEstimator, create_estimator
from formnet.pose.model_bundle import Eyes
from formnet.pose.video import Frame
from formnet.preprocess.spec import PreprocessSpec, clean_motion
from formnet.rendered.film import cut_clip
from formnet.rendered.pictures import THICKNESS_M, join_labelled
from formnet.rendered.scenes import sample_bench, sample_rack
from formnet.skeleton import LIFTED_32, SPINE_27
from formnet.standards import DEFAULT_STANDARD
from formnet.synth.appearance import sample_appearance
from formnet.synth.camera import Camera, sample_camera
from formnet.synth.dataset import Clip, RepetitionTruth, sample_clip
from formnet.synth.scene import Actor, Mesh, find_hidden, render_scene, turn_posed
from formnet.verdict import RepetitionVerdict

WAYS = ("alone", "bar and plates", "rack", "bench", "somebody")
KINDS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
JOINTS = tuple(f"{side}_{kind}" for kind in KINDS for side in ("left", "right"))
LABELS = ("good", "shallow", "inward_knees", "good")
FPS, SIZE = 15.0, (480, 640)


@dataclass(frozen=True, eq=False)
class Film:
    """One squat with something in the way.

    Attributes:
        truth: (T, 32, 3) its joints in camera axes.
        when: its repetition.
        hidden: (T, 12) of `JOINTS`.
    """

    way: str
    truth: Motion
    when: RepetitionTruth
    frames: Sequence[Frame]
    hidden: np.ndarray


@dataclass(frozen=True, eq=False)
class Outcome:
    """One film.

    Attributes:
        errors_mm, hidden: (T, 12) of `JOINTS`; errors are NaN where nobody was found.
        thigh_deg, knee_deg: errors at the bottom.
        found: whether there was one repetition to judge.
        misled: whether its thigh is stated and off by more than two stated errors.
    """

    errors_mm: FloatArray
    hidden: np.ndarray
    thigh_deg: float
    knee_deg: float
    found: bool
    misled: bool = False


def put_in_the_way(
    way: str, actor: Actor, other: Actor, camera: Camera, rng: np.random.Generator
) -> tuple[list[Actor], tuple[Mesh, ...]]:
    """The people and things of one film."""
    if way == "bar and plates":
        return [replace(actor, appearance=replace(actor.appearance, barbell=True))], ()
    if way == "somebody":
        return [actor, other], ()
    return [actor], {"rack": sample_rack, "bench": sample_bench}.get(way, lambda *_: ())(rng, camera)


def stand_between(body: Body, clip: Clip, camera: Camera, rng: np.random.Generator) -> Actor:
    """Somebody who stands between the origin and the camera, turned anyhow, and leaves most of it free."""
    standing = sample_clip(body, rng, ["good"], fps=FPS)
    frame = nearest_frame(standing.timestamps, standing.repetitions[0].start_s)
    frames = np.full(len(clip.timestamps), frame)
    posed = body.pose(standing.betas, standing.poses[frames], standing.translation[frames])
    towards = camera.position[[0, 2]] / np.linalg.norm(camera.position[[0, 2]])
    aside = np.array([towards[1], -towards[0]]) * rng.choice([-1, 1]) * rng.uniform(0.35, 0.6)
    x, z = towards * rng.uniform(0.6, 0.9) + aside
    return Actor(turn_posed(posed, float(rng.uniform(0, 360)), (x, z)), body, sample_appearance(rng, barbell=False))


def film_person(number: int, seed: int, body: Body) -> Iterator[Film]:
    """One squat, each way in turn."""
    rng = np.random.default_rng([seed, number])
    whole = sample_clip(body, rng, [LABELS[number % len(LABELS)]], fps=FPS)
    clip = cut_clip(whole, whole.repetitions[0].start_s - 0.5, whole.repetitions[0].end_s + 0.5)
    camera = sample_camera(rng, size=SIZE, distance_m=(2.5, 4.0))
    posed = body.pose(clip.betas, clip.poses, clip.translation)
    actor = Actor(posed, body, sample_appearance(rng, barbell=False))
    other = stand_between(body, clip, camera, rng)
    points = join_labelled(posed.landmarks, posed.joints)
    true = camera.to_camera(np.asarray(assemble_lifted(posed.landmarks, clip.joints), dtype=float) + clip.joints[:, :1])
    truth = Motion(true, np.ones(true.shape[:2]), clip.timestamps, LIFTED_32)
    for way in WAYS:
        actors, things = put_in_the_way(way, actor, other, camera, np.random.default_rng([seed, number, 1]))
        frames, hidden = [], []
        for time_s, joints, drawn in zip(clip.timestamps, points, render_scene(actors, things, camera), strict=True):
            frames.append(Frame(float(time_s), drawn.picture))
            hidden.append(find_hidden(drawn.depth, camera, joints, THICKNESS_M)[SPINE_27.indices(JOINTS)])
        yield Film(way, truth, clip.repetitions[0], frames, np.array(hidden))


def look(film: Film, estimator: PoseEstimator, judge: MeasuringJudge) -> Outcome:
    """What formnet makes of one film."""
    nothing = np.full(film.hidden.shape, np.nan)
    try:
        track = estimator.estimate(film.frames)
        lifted = judge.lifter.lift(track)
    except FormnetError:
        return Outcome(nothing, film.hidden, np.nan, np.nan, False)
    numbers, errors_mm = LIFTED_32.indices(JOINTS), nothing
    pairs = zip(lifted.positions[:, numbers], film.truth.positions[:, numbers], strict=True)
    for frame, (ours, theirs) in enumerate(pairs):
        if np.isfinite(ours).all():
            aligned = estimate_similarity(ours, theirs).apply(ours)
            errors_mm[frame] = 1000.0 * np.linalg.norm(aligned - theirs, axis=1)
    ours, theirs = (
        read_values(make_performance(motion, *film.when.frames(motion.timestamps)))
        for motion in (clean_motion(lifted, PreprocessSpec()), film.truth)
    )
    try:
        repetitions = judge.judge_repetitions(track)[0]
    except FormnetError:
        repetitions = ()
    return Outcome(
        errors_mm, film.hidden, ours["thigh"] - theirs["thigh"], ours["knee_flexion"] - theirs["knee_flexion"],
        len(repetitions) == 1, any(is_misled(repetition, theirs["thigh"]) for repetition in repetitions),
    )  # fmt: skip


def is_misled(repetition: RepetitionVerdict, true_thigh_deg: float) -> bool:
    """Whether a stated thigh is off by more than two stated errors."""
    stated = repetition.measures["thigh"]
    return stated.is_shown and abs(stated.value - true_thigh_deg) > 2 * stated.error


def summarise(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """The figures of one way."""
    errors, hidden = (np.concatenate([getattr(one, name) for one in outcomes]) for name in ("errors_mm", "hidden"))
    by_kind = {
        kind: (errors[:, [2 * n, 2 * n + 1]], hidden[:, [2 * n, 2 * n + 1]].astype(bool))
        for n, kind in enumerate(KINDS)
    }
    return {
        "pa_mpjpe_mm": _mean(errors),
        "seen_mm": _mean(errors[~hidden.astype(bool)]),
        "hidden_mm": _mean(errors[hidden.astype(bool)]),
        "hidden_share": float(hidden.mean()),
        **{name: root_mean_square(getattr(one, name) for one in outcomes) for name in ("thigh_deg", "knee_deg")},
        "found": float(np.mean([one.found for one in outcomes])),
        "misled": share(one.misled for one in outcomes if one.found),
        "hidden": {kind: _mean(part[mask]) for kind, (part, mask) in by_kind.items()},
        "seen": {kind: _mean(part[~mask]) for kind, (part, mask) in by_kind.items()},
    }


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def report(figures: Mapping[str, dict]) -> None:
    show_table(
        "squats with something in the way",
        ["way", "PA-MPJPE mm", "seen", "hidden", "share hidden", "thigh °", "knees °", "found", "misled"],
        [[way, *(f"{row[name]:.0f}" for name in ("pa_mpjpe_mm", "seen_mm", "hidden_mm")), f"{row['hidden_share']:.0%}",
          *(f"{row[name]:.1f}" for name in ("thigh_deg", "knee_deg")), f"{row['found']:.0%}", f"{row['misled']:.0%}"]
         for way, row in figures.items()],
    )  # fmt: skip
    show_table(
        "errors of joints, seen / hidden, mm",
        ["way", *KINDS],
        [[way, *(f"{row['seen'][kind]:.0f} / {row['hidden'][kind]:.0f}" for kind in KINDS)]
         for way, row in figures.items()],
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=16, help="squats of as many people, five films each")
    parser.add_argument("--seed", type=int, default=9300, help="of people and cameras; training never uses these")
    parser.add_argument("--eyes", type=Eyes, choices=list(Eyes), default=Eyes.STANDARD, help="size of the pose model")
    parser.add_argument("--lifter", default="supervised+picture", help="what makes joints 3D")
    arguments = parser.parse_args()
    body, estimator = load_body(), create_estimator(eyes=arguments.eyes)
    judge = make_judge(DEFAULT_STANDARD, arguments.lifter)
    outcomes: dict[str, list[Outcome]] = {way: [] for way in WAYS}
    for number in progress(range(arguments.people), "rendering and looking", console=CONSOLE):
        for film in film_person(number, arguments.seed, body):
            outcomes[film.way].append(look(film, estimator, judge))
    figures = {way: summarise(of) for way, of in outcomes.items()}
    report(figures)
    print_figures(figures)


if __name__ == "__main__":
    run_main(main)
