"""From pixels to the class of a network: unseen bodies, cameras, tempos and severities, rendered and really seen.

    python benchmarks/pixels_classes.py [--per-class 20] [--seed 9100] [--model CKPT] [--lifter NAME] [--cache DIR]

Every repetition goes the whole way: simulated, rendered to pictures, MediaPipe, segmentation, network. A repetition
that is not found counts as wrong. Prints balanced accuracy, the confusion table, accuracy by view and by severity, the
share of repetitions that get the same verdict when the clip comes as an AlphaPose or OpenPose file of its joints in
the picture, and ends with one JSON object.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from formnet.exports.keypoints import write_alphapose, write_openpose
from formnet.faults import WASEDA_CLASSES
from formnet.judges.checkpoint import load_model, load_shipped_models
from formnet.pipeline import make_judge
from formnet.readers.source import read_pose_source
from formnet.rendered.cache import estimate_all_cached
from formnet.rendered.film import balanced_requests
from formnet.skeleton import BODY_25, COCO_17, HALPE_26

NOT_FOUND = "not found"
SOURCES = ("alphapose", "alphapose halpe26", "openpose")
VIEWS = {"front": (0,), "front-left": (45,), "left": (90,), "back-left": (135,), "back": (180,),
         "back-right": (225,), "right": (270,), "front-right": (315,)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-class", type=int, default=20, help="repetitions of each class")
    parser.add_argument("--seed", type=int, default=9100, help="seed of the renders; training never uses these")
    parser.add_argument("--model", type=Path, nargs="+", help="models that vote; default: the shipped ones")
    parser.add_argument("--lifter", default=None, help="default: the one the model was trained with")
    parser.add_argument("--cache", type=Path, default=None, help="keep the estimator's answers here")
    parser.add_argument(
        "--files", action=argparse.BooleanOptionalAction, default=True, help="judge keypoint files of the clips, too"
    )
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    models = [load_model(path) for path in arguments.model] if arguments.model else load_shipped_models()
    judge = make_judge(models, arguments.lifter)
    requests = balanced_requests(arguments.seed, arguments.per_class, repetitions=2)
    clips = estimate_all_cached(requests, arguments.cache, arguments.processes)
    can_do_without_depth = not judge.is_chosen or not judge.seats[0].lifter.needs_depth
    sources = SOURCES if arguments.files and can_do_without_depth else ()
    answers, same = [], {source: [] for source in SOURCES}
    for clip in track(clips, "rendering, estimating, judging", total=len(requests), console=Console(stderr=True)):
        verdicts = judge_track(clip.track, judge)
        answers += [find_answer(truth, verdicts, clip.yaw_deg) for truth in clip.repetitions]
        for source in sources if clip.track is not None else ():
            others = judge_track(through_file(clip.track, source), judge)
            same[source] += [is_same(verdict, others) for verdict in verdicts]
    report(answers, {source: round(float(np.mean(found)), 4) for source, found in same.items() if found})


def judge_track(pose, judge):
    return () if pose is None else judge.judge_repetitions(pose)[0]


def through_file(pose, source):
    """The track as another program's file of joints in the picture would give it."""
    with TemporaryDirectory() as folder:
        if source == "openpose":
            path = Path(folder) / "clip"
            write_openpose(path, pose.image, BODY_25, "clip")
        else:
            path = Path(folder) / "clip.json"
            write_alphapose(path, pose.image, {"alphapose": COCO_17, "alphapose halpe26": HALPE_26}[source])
        return read_pose_source(path, fps=pose.image.fps)


def is_same(verdict, others):
    """Whether the repetition is found again with the same label."""
    return any(other.label == verdict.label for other in others if verdict.start_s <= other.bottom_s <= verdict.end_s)


def find_answer(truth, verdicts, yaw_deg):
    """(truth, answer, severity, yaw in degrees) of a true repetition; verdicts are matched by time."""
    inside = [verdict for verdict in verdicts if truth.start_s <= verdict.bottom_s <= truth.end_s]
    shares = inside[0].probabilities if inside else {NOT_FOUND: 1.0}
    return truth.label, max(shares, key=shares.get), truth.severity, yaw_deg


def report(answers, same) -> None:
    truths, guesses = np.array([a[0] for a in answers]), np.array([a[1] for a in answers])
    severity, yaw_deg = np.array([a[2] for a in answers]), np.array([a[3] for a in answers])
    right = truths == guesses
    recalls = {name: float(right[truths == name].mean()) for name in WASEDA_CLASSES if (truths == name).any()}
    console = Console(stderr=True)
    table = Table(title="true class (rows) and answer (columns)")
    table.add_column("")
    columns = [*WASEDA_CLASSES, NOT_FOUND]
    for name in columns:
        table.add_column(name, justify="right")
    table.add_column("recall", justify="right")
    for name, recall in recalls.items():
        counts = [int(((truths == name) & (guesses == other)).sum()) for other in columns]
        table.add_row(name, *[str(count or "·") for count in counts], f"{recall:.2f}")
    console.print(table)
    by_view = {}
    for view, (centre,) in VIEWS.items():
        near = np.abs((yaw_deg - centre + 180) % 360 - 180) <= 22.5
        by_view[view] = [round(float(right[near].mean()), 3) if near.any() else None, int(near.sum())]
    faulty = truths != "good"
    by_severity = {}
    for low, high in ((0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.01)):
        chosen = faulty & (severity >= low) & (severity < high)
        by_severity[f"{low:.2f}-{min(high, 1):.2f}"] = [round(float(right[chosen].mean()), 3), int(chosen.sum())]
    console.print("accuracy by view (share, repetitions):", by_view)
    console.print("accuracy of faults by severity:", by_severity)
    figures = {
        "balanced_accuracy": round(float(np.mean(list(recalls.values()))), 4),
        "accuracy": round(float(right.mean()), 4),
        "repetitions": len(truths),
        "not_found": int((guesses == NOT_FOUND).sum()),
        "recall": {name: round(value, 3) for name, value in recalls.items()},
        "by_view": by_view,
        "by_severity": by_severity,
        "same_verdict_from_files": same,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
