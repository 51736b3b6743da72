"""squat7: whole days held out, and beside it random splits, as its authors' was, that mix days.

Every seed draws another random split; the folds over days are the same for all seeds. The learner leaves out, for its
choices, what the split holds out: groups on days, repetitions on random splits.

python benchmarks/squat7.py [ROOT]
"""

from __future__ import annotations

from ablations import register_families
from common import keep_answers, make_parser, merge_seeds, publish, register_learner, register_networks, run_main, say

from formnet.evaluation.benchmark import run_benchmark
from formnet.evaluation.splits import make_folds
from formnet.judges.methods import METHODS, choose_methods
from formnet.judges.squat.judge import SquatRecipe
from formnet.readers.catalogue import read_dataset

CONFIG = {"name": "squat", "second_view": 2.8}
TITLE = "formnet: trees, discriminants, network, ridge, memory"
MODULES = ("formnet.judges.squat", "formnet.judges.parts")


def main() -> None:
    register_networks()
    register_learner(TITLE, CONFIG, MODULES)
    parser = make_parser(__doc__ or "", "squat7")
    parser.add_argument("--folds", type=int, default=5, help="folds over days")
    parser.add_argument("--splits", nargs="+", default=["days", "random"], choices=["days", "random"])
    arguments = parser.parse_args()
    table = read_dataset("squat7", arguments.root, allow_damaged=arguments.allow_damaged)
    answer, results = keep_answers(arguments), []
    name = "squat7_ablation" if arguments.ablate else "squat7"
    for split in arguments.splits:
        left_out = "groups" if split == "days" else "repetitions"
        register_learner(TITLE, {**CONFIG, "left_out": left_out}, MODULES)
        learner = SquatRecipe(second_view=CONFIG["second_view"], left_out=left_out)
        parts = register_families(MODULES, learner) if arguments.ablate else []
        methods = choose_methods(arguments.methods or parts or list(METHODS))
        provenance = {"dataset": "squat7", "split": split, "is_timed": not parts}
        if split == "days":
            title = f"squat7, whole days held out ({arguments.folds} folds over days)"
            folds = make_folds(table, "group_kfold", n_folds=arguments.folds)
            results.append(run_benchmark(title, table, folds, methods, arguments.seeds, provenance, say, answer))
        else:
            title = "squat7, random 80/20 (leaks: every day is on both sides), every seed another split"
            results.append(
                merge_seeds(
                    [
                        run_benchmark(
                            title, table, make_folds(table, "random", seed=seed), methods, [seed], provenance, say,
                            answer,
                        )
                        for seed in arguments.seeds
                    ]
                )
            )  # fmt: skip
        if arguments.write:
            # A run of hours that is stopped leaves the parts that were finished.
            publish(name, results, write=True)
    whole = set(arguments.splits) == {"days", "random"} and not arguments.methods
    publish(name, results, write=(whole and not arguments.no_write) or arguments.write)


if __name__ == "__main__":
    run_main(main)
