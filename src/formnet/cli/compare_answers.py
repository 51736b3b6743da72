"""What `formnet compare` says: one object, a table, and the files of a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from formnet.pipeline.differences import Difference
    from formnet.pose.track import PoseTrack
    from formnet.scoring.compare import Comparison

FILES = ("report.html", "differences.csv", "compare.mp4", "similarity.png")


def describe_comparison(result: Comparison, threshold: float) -> dict[str, Any]:
    """Plain values for JSON."""
    rounds = [
        {
            "start_s": float(result.times_s[chosen][0]),
            "end_s": float(result.times_s[chosen][-1]),
            "total": score.total,
            "parts": dict(score.parts),
        }
        for chosen, (_, score) in zip(result.round_slices, result.rounds, strict=True)
    ]
    return {
        "total": result.total,
        "parts": dict(result.parts),
        "joints": dict(result.joints),
        "higher_is_better": True,
        "method": result.method,
        "metric": result.metric,
        "below_threshold": [part for part, score in result.parts.items() if score < threshold],
        "worst": [
            {"time_s": m.time_s, "reference_time_s": m.reference_time_s, "part": m.part, "score": m.score}
            for m in result.worst
        ],
        "rounds": rounds,
        "mirrored": result.mirrored,
        "rotation_deg": result.rotation_deg,
    }


def print_report(result: Comparison, threshold: float) -> None:
    """The total, the parts from the worst, and the worst moments."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(f"total [bold]{result.total:.1f}[/bold] of 100")
    table = Table(box=None, pad_edge=False)
    table.add_column("part")
    table.add_column("score", justify="right")
    table.add_column("worst joint")
    for part, score in sorted(result.parts.items(), key=lambda item: item[1]):
        members = [joint for joint in result.joints if _belongs(joint, part)]
        worst = min(members, key=lambda joint: result.joints[joint], default=None)
        told = f"{worst.replace('_', ' ')} {result.joints[worst]:.1f}" if worst else ""
        style = "red" if score < threshold else ""
        table.add_row(part.replace("_", " "), f"{score:.1f}", told, style=style)
    console.print(table)
    for moment in result.worst:
        console.print(
            f"at {moment.time_s:.2f} s (reference {moment.reference_time_s:.2f} s): "
            f"{moment.part.replace('_', ' ')} {moment.score:.0f}"
        )


def _belongs(joint: str, part: str) -> bool:
    from formnet.skeleton import BLAZEPOSE_33, SMPL_24

    return any(joint in skeleton.parts.get(part, ()) for skeleton in (SMPL_24, BLAZEPOSE_33))


def write_files(
    out: Path,
    first: PoseTrack,
    second: PoseTrack,
    names: tuple[str, str],
    result: Comparison,
    differences: Sequence[Difference],
    notes: Sequence[str],
    threshold: float,
) -> list[str]:
    """Writes all `FILES` into a folder, or none and raises `InputError` where one cannot be written."""
    from formnet.report.compare_video import render_comparison
    from formnet.report.comparison import write_comparison_html, write_differences_csv
    from formnet.report.plots import plot_similarity
    from formnet.storage.files import all_or_none, atomic_path

    page, table, video, plot = (out / name for name in FILES)
    picture = plot_similarity(result, threshold)
    with all_or_none():
        with atomic_path(plot) as temporary:
            temporary.write_bytes(picture)
        render_comparison(first, second, result, video, threshold)
        write_differences_csv(differences, table)
        write_comparison_html(
            names, result, differences, notes, page, threshold=threshold, video=video.name, plot=picture
        )
    return [str(path) for path in (page, table, video, plot)]
