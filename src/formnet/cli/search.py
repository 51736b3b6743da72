"""`formnet search`: the nearest poses of an index."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from formnet.cli.inputs import DEFAULT_ESTIMATOR, EstimatorOption, EyesOption
from formnet.cli.options import make_reading
from formnet.errors import PoseError


def search(
    image: Annotated[
        Path, typer.Argument(help="A picture, or its poses (AlphaPose, OpenPose, COCO, npz).", show_default=False)
    ],
    index: Annotated[Path, typer.Argument(help="An index that `formnet index` wrote.", show_default=False)],
    count: Annotated[int, typer.Option("--count", "-k", min=1, max=1_000_000, help="How many poses.")] = 5,
    metric: Annotated[str, typer.Option(help="Distance; only metrics: cosine.")] = "cosine",
    apart: Annotated[
        float, typer.Option(min=0, max=1e6, help="Seconds between poses of one source; 0 for every frame.")
    ] = 0.5,
    person: Annotated[int | None, typer.Option(help="Which person of the picture, 1 for the most prominent.")] = None,
    estimator: EstimatorOption = DEFAULT_ESTIMATOR,
    eyes: EyesOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find the nearest poses of an index, exactly.

    [bold]Examples[/bold]

      formnet search me.jpg library.npz

      formnet search me.jpg library.npz --count 10 --json
    """
    from formnet.cli.sources import load_source, print_json, print_warnings
    from formnet.scoring.search import compute_pose_vectors, read_index, search_index

    library = read_index(index)
    source = load_source(
        image, make_reading(person=person, is_still=True), estimator=estimator, eyes=eyes, quiet=as_json
    )
    vectors, frames = compute_pose_vectors(source.image)
    if not len(frames):
        raise PoseError(f"{image} does not show both arms and legs; use a picture of the whole body")
    hits = search_index(library, vectors[0], count, metric=metric, apart_s=apart)
    if as_json:
        print_json({"hits": [asdict(hit) for hit in hits], "metric": metric, "warnings": source.warnings})
        return
    print_warnings(source.warnings)
    for hit in hits:
        print(f"{hit.score:6.2f}  distance {hit.distance:.4f}  {hit.source}  frame {hit.frame} ({hit.time_s:.2f} s)")
