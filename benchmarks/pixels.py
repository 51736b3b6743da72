"""From pixels to verdict: unseen bodies, cameras, tempos and severities, rendered and seen by the real estimator.

    python benchmarks/pixels.py [--per-class 20] [--seed 9100] [--model CKPT] [--cache DIR]

Every repetition goes the whole way: simulated, rendered to pictures, MediaPipe, segmentation, network. A repetition
that is not found counts as wrong. Prints balanced accuracy, the confusion table, accuracy by view and by severity,
and ends with one JSON object.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from formnet.checkpoint import load_model, shipped_model_path
from formnet.faults import WASEDA_CLASSES
from formnet.pipeline import judge_motion
from formnet.rendered.cache import estimate_all_cached
from formnet.rendered.film import balanced_requests

NOT_FOUND = "not found"
VIEWS = {"front": (0,), "front-left": (45,), "left": (90,), "back-left": (135,), "back": (180,),
         "back-right": (225,), "right": (270,), "front-right": (315,)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-class", type=int, default=20, help="repetitions of each class")
    parser.add_argument("--seed", type=int, default=9100, help="seed of the renders; training never uses these")
    parser.add_argument("--model", type=Path, default=None, help="default: the shipped model")
    parser.add_argument("--cache", type=Path, default=None, help="keep the estimator's answers here")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    model = load_model(arguments.model or shipped_model_path())
    requests = balanced_requests(arguments.seed, arguments.per_class, repetitions=2)
    clips = estimate_all_cached(requests, arguments.cache, arguments.processes)
    answers = []
    for clip in track(clips, "rendering, estimating, judging", total=len(requests), console=Console(stderr=True)):
        answers += judge_clip(clip, model)
    report(answers)


def judge_clip(clip, model):
    """(truth, answer, severity, yaw in degrees) of each true repetition; verdicts are matched by time."""
    verdicts = () if clip.track is None else judge_motion(clip.track.solid, model)[0]
    answers = []
    for truth in clip.repetitions:
        inside = [verdict for verdict in verdicts if truth.start_s <= verdict.bottom_s <= truth.end_s]
        answer = NOT_FOUND
        if inside:
            shares = inside[0].probabilities
            answer = max(shares, key=shares.get)
        answers.append((truth.label, answer, truth.severity, clip.yaw_deg))
    return answers


def report(answers) -> None:
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
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
