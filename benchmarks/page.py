"""`docs/RESULTS.md` and its curves, made anew from `benchmarks/results/*.json`; nothing is measured.

python benchmarks/page.py
"""

from __future__ import annotations

from pathlib import Path

from formnet.evaluation.benchmark import Result, read_results, render_markdown
from formnet.storage.files import atomic_path

REPOSITORY = Path(__file__).resolve().parent.parent
RESULTS = REPOSITORY / "benchmarks" / "results"
PAGE = REPOSITORY / "docs" / "RESULTS.md"

INTRODUCTION = """# Results

Made by the scripts in `benchmarks/` (see its README for the commands); do not edit by hand. Every row of a table saw
the same folds, with the seeds that stand over the table. Mean ± standard deviation over seeds; the
answers of all folds are pooled before a metric is computed. Rows without a spread were run once or do not depend on a
seed.

AURC is the area under the risk–coverage curve, lower is better: the share of wrong answers among those given when only
the surest are given, averaged over every share from few to all. Seconds are of one processor, for one seed. Under
`…_ablation` stands what the parts of formnet's recipes bought.
"""


def write_page(folder: Path, page: Path) -> None:
    """`page` from all results in `folder`, and beside it the curves of the first table of each but ablations."""
    parts = [INTRODUCTION]
    for path in sorted(folder.glob("*.json")):
        results = read_results(path)
        parts += [f"## {path.stem}", ""]
        means = [result for result in results if "mean_of" in result.provenance]
        parts += [text for mean in means for text in (render_markdown(mean), render_parts(mean))]
        parts += [render_markdown(result) for result in results if result not in means]
        picture = page.parent / f"risk_coverage_{path.stem}.png"
        if results and not path.stem.endswith("_ablation") and draw_risk_coverage(results[0], picture):
            parts += [f"![Risk over coverage: {results[0].title}]({picture.name})", "", describe_curves(results[0])]
    with atomic_path(page) as temporary:
        temporary.write_text("\n".join(parts), encoding="utf-8")


def render_parts(mean: Result) -> str:
    """Balanced accuracy of every row on every part of a mean, in one table."""
    parts = list(mean.rows[0].folds)
    lines = [
        f"Balanced accuracy by part: {'; '.join(f'{number + 1}: {part}' for number, part in enumerate(parts))}.",
        "",
        f"| method | {' | '.join(str(number + 1) for number in range(len(parts)))} | mean |",
        f"|{'---|' * (len(parts) + 2)}",
    ]
    for row in sorted(mean.rows, key=lambda row: row.mean("balanced_accuracy")):
        values = [row.folds[part]["balanced_accuracy"] for part in parts] + [row.mean("balanced_accuracy")]
        lines.append(f"| {row.title} | {' | '.join(f'{value:.3f}' for value in values)} |")
    return "\n".join(lines) + "\n"


def draw_risk_coverage(result: Result, picture: Path) -> bool:
    """The curves of all rows that have one, as PNG; False (and no picture) when none has."""
    from matplotlib.figure import Figure

    rows = [row for row in result.rows if row.curve]
    if not rows:
        return False
    figure = Figure(figsize=(6.4, 5.6), dpi=90, layout="constrained")
    axes = figure.subplots()
    for row in sorted(rows, key=lambda row: -row.mean("aurc")):
        axes.plot(row.curve["coverage"], row.curve["risk"], label=f"{row.title} ({row.runs['aurc'][0]:.2f})", lw=1.5)
    axes.set(xlabel="coverage: share of answers given, the surest first", ylabel="risk: share of wrong ones among them",
             xlim=(0, 1), ylim=(0, 1), title=result.title)  # fmt: skip
    axes.title.set_fontsize(9)
    axes.grid(alpha=0.3)
    figure.legend(
        loc="outside lower center", ncols=1, fontsize=7, title="area under the curve in brackets", title_fontsize=7
    )
    with atomic_path(picture) as temporary:
        figure.savefig(temporary, format="png")
    return True


def describe_curves(result: Result) -> str:
    """A table of risks at some coverages, first seed: what a user gains who lets the model say "unsure"."""
    shares = (1.0, 0.75, 0.5, 0.25)
    lines = [
        f"Share of wrong answers when only the surest are given (first seed; {result.title}):",
        "",
        f"| method | {' | '.join(f'{100 * share:.0f} % given' for share in shares)} |",
        f"|{'---|' * (len(shares) + 1)}",
    ]
    for row in sorted((row for row in result.rows if row.curve), key=lambda row: -row.mean("aurc")):
        points = list(zip(row.curve["coverage"], row.curve["risk"], strict=True))
        risks = [next((risk for coverage, risk in points if coverage >= share - 1e-6)) for share in shares]
        lines.append(f"| {row.title} | {' | '.join(f'{risk:.2f}' for risk in risks)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write_page(RESULTS, PAGE)
