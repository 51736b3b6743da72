"""UI-PRMD Kinect: correct against incorrect, one subject left out at a time, every movement by itself.

python benchmarks/uiprmd.py [ROOT] [--movements m01 m02 …]
"""

from __future__ import annotations

from ablations import register_experts
from common import keep_answers, make_parser, publish, register_learner, register_networks, run_main, say

from formnet.evaluation.benchmark import average_results, run_benchmark
from formnet.evaluation.splits import make_folds
from formnet.judges.methods import METHODS, choose_methods
from formnet.readers.catalogue import read_dataset
from formnet.readers.uiprmd import MOVEMENTS

MODULES = ("formnet.judges.movement", "formnet.judges.parts")


def main() -> None:
    register_networks()
    register_learner("formnet: motion, coordination, posture", {"name": "movement"}, MODULES)
    parser = make_parser(__doc__ or "", "ui-prmd")
    parser.add_argument("--movements", nargs="+", default=list(MOVEMENTS))
    arguments = parser.parse_args()
    parts = register_experts(MODULES) if arguments.ablate else []
    methods = choose_methods(arguments.methods or parts or list(METHODS))
    answer, results = keep_answers(arguments), []
    for movement in arguments.movements:
        table = read_dataset("uiprmd", arguments.root, allow_damaged=arguments.allow_damaged, movement=movement)
        folds = make_folds(table, "leave_one_group_out", unit="subject")
        title = f"UI-PRMD {movement} ({MOVEMENTS.get(movement, movement)}), leave one subject out"
        provenance = {
            "dataset": "uiprmd",
            "movement": movement,
            "split": "leave one subject out",
            "is_timed": not parts,
        }
        results.append(run_benchmark(title, table, folds, methods, arguments.seeds, provenance, say, answer))
    if len(results) > 1:
        results.append(average_results(f"UI-PRMD, mean over {len(results)} movements", results))
    whole = set(arguments.movements) == set(MOVEMENTS) and not arguments.methods
    name = "uiprmd_ablation" if arguments.ablate else "uiprmd"
    if arguments.ablate:
        # The mean has a table of all movements beside it.
        results = [results[0], results[-1]]
    publish(name, results, write=(whole and not arguments.no_write) or arguments.write)


if __name__ == "__main__":
    run_main(main)
