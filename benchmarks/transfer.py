"""Synthetic to real: the shipped model, which never saw a real squat, on real ones.

    python benchmarks/transfer.py [ROOT] [--model CKPT]

On squat7 (`formnet data list`): area under the ROC curve of "shallow" for *no depth* against the rest, and of
"inward knees" for *knees caving* against the rest, over all repetitions and by day. Ends with one JSON object.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import run_main
from sklearn.metrics import roc_auc_score

from formnet.judges.checkpoint import load_model, shipped_model_path
from formnet.preprocess.spec import preprocess_clip
from formnet.readers.catalogue import read_dataset

PAIRS = {"shallow": "no_depth", "inward_knees": "knees_caving"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "root", type=Path, nargs="?", default=Path("../shared/datasets/squat7"), help="a copy of squat7"
    )
    parser.add_argument("--model", type=Path, default=None, help="default: the shipped model")
    arguments = parser.parse_args()
    model = load_model(arguments.model or shipped_model_path())
    table = read_dataset("squat7", arguments.root)
    # The recordings are single repetitions already.
    spec = replace(model.spec, segmentation="whole")
    repetitions = [preprocess_clip(motion, spec).repetitions[0] for motion in table.motions]
    probabilities = model.estimate_probabilities(repetitions)
    figures = {}
    for ours, theirs in PAIRS.items():
        truth = table.labels == table.classes.index(theirs)
        score = probabilities[:, model.classes.index(ours)]
        figures[f"auc/{ours}"] = round(float(roc_auc_score(truth, score)), 4)
        print(f"{ours} for {theirs}: AUC {figures[f'auc/{ours}']:.3f} ({truth.sum()} of {len(truth)})")
        for day in sorted(set(table.groups)):
            here = table.groups == day
            if 0 < truth[here].sum() < here.sum():
                area = roc_auc_score(truth[here], score[here])
                print(f"    day {day}: {area:.3f} ({truth[here].sum()} of {here.sum()})")
    answers = np.argmax(probabilities, axis=1)
    print("answers by real class:")
    for number, name in enumerate(table.classes):
        counts = np.bincount(answers[table.labels == number], minlength=len(model.classes))
        print(f"    {name}: " + ", ".join(f"{c} {n}" for c, n in zip(model.classes, counts, strict=True) if n))
    print(json.dumps(figures))


if __name__ == "__main__":
    run_main(main)
