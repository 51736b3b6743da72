"""`formnet compare`: a performance against a reference."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from formnet.cli.compare_answers import FILES, describe_comparison, print_report, write_files
from formnet.cli.inputs import DEFAULT_ESTIMATOR, EstimatorOption, EyesOption, Force, open_folder
from formnet.cli.options import Clip, Fps, Rotate, Size, SlowMotion, make_reading
from formnet.errors import FormnetError, InputError
from formnet.storage.outputs import fresh_answers

if TYPE_CHECKING:
    from formnet.pipeline.differences import Difference
    from formnet.pose.track import PoseTrack


def compare(
    clip: Annotated[
        Path, typer.Argument(help="The performance: video, AlphaPose/OpenPose/COCO poses or npz.", show_default=False)
    ],
    reference: Annotated[
        Path, typer.Argument(help="The model performance, from any source as well.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Folder for report.html, differences.csv, compare.mp4 (in step) and similarity.png."
        ),
    ] = None,
    also: Annotated[
        list[Path] | None, typer.Option("--also", help="A further reference; all are averaged. May be repeated.")
    ] = None,
    threshold: Annotated[
        float, typer.Option(help="Parts that score below this are drawn red and marked (0–100).")
    ] = 70.0,
    method: Annotated[str, typer.Option(help="Alignment: dtw, dtw-joint, needleman-wunsch or diagonal.")] = "dtw",
    metric: Annotated[
        str, typer.Option(help="What is compared: limbs, cosine, weighted-l1, weighted-l2 or euclidean.")
    ] = "limbs",
    weight: Annotated[
        list[str] | None,
        typer.Option(
            help="A body part that counts more or less than 1, e.g. trunk=3. May be repeated.", metavar="PART=W"
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(help="A body part that does not count, e.g. left_arm. May be repeated.", metavar="PART"),
    ] = None,
    band: Annotated[
        float | None, typer.Option(help="DTW: greatest shift in time as a share of the reference, 0–1.")
    ] = None,
    view: Annotated[str, typer.Option(help="Camera differences removed in 3D: full, vertical or none.")] = "full",
    limbs: Annotated[
        str, typer.Option(help="Limb lengths before scoring (3D): raw, smpl as the classifier sees them, or unit.")
    ] = "raw",
    flat: Annotated[bool, typer.Option("--flat", help="Compare in the picture (2D) also when 3D is known.")] = False,
    lifter: Annotated[
        str | None,
        typer.Option(
            help="How joints get depth: picture, world, supervised, unsupervised, with +smpl to fit a body, or a file "
            "of train.py task=lift; default: videos get the estimator's, keypoint files stay 2D."
        ),
    ] = None,
    repair_mirror: Annotated[
        bool, typer.Option("--repair-mirror", help="Turn the clip over when its mirror image fits clearly better.")
    ] = False,
    max_gap: Annotated[float, typer.Option(help="Seconds the person may be out of the picture.")] = 0.5,
    smooth: Annotated[
        str,
        typer.Option(help="Low-pass filter in Hz (4–8 suits people), none, kalman, extended-kalman or one-euro."),
    ] = "6",
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Score without joints that are never seen.")
    ] = False,
    person: Annotated[int | None, typer.Option(help="Which person of the clip, 1 for the most prominent.")] = None,
    reference_person: Annotated[int | None, typer.Option(help="Which person of the reference.")] = None,
    fps: Fps = None,
    size: Size = None,
    clip_name: Clip = None,
    reference_clip: Annotated[
        str | None, typer.Option(help="Which of several clips in the reference's keypoint file.", metavar="NAME")
    ] = None,
    rotate: Rotate = None,
    slow_motion: SlowMotion = None,
    compat: Annotated[
        bool, typer.Option("--compat", help="Scoring-Your-Video's DTW on AlphaPose files, to its last digit.")
    ] = False,
    estimator: EstimatorOption = DEFAULT_ESTIMATOR,
    eyes: EyesOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    force: Force = False,
) -> None:
    """Compare a performance with a reference, part by part.

    The score is 0–100, higher is better, and does not depend on pace, place, body size or, in 3D, the camera.

    [bold]Examples[/bold]

      formnet compare mine.mp4 coach.mp4

      formnet compare mine.mp4 coach.mp4 --out report --threshold 80

      formnet compare mine.mp4 coach.mp4 --weight trunk=3 --without left_arm --without right_arm

      formnet compare mine.json coach.json --json

      formnet compare mine.mp4 coach1.mp4 --also coach2.mp4 --also coach3.mp4

      formnet compare mine.json coach.mp4 --lifter supervised

      formnet compare alphapose-mine.json alphapose-coach.json --compat
    """
    from formnet.cli.sources import check_share, choose_motions, load_source, print_json, print_warnings
    from formnet.pipeline.differences import choose_differences
    from formnet.preprocess.smoothers import parse_smoothing
    from formnet.scoring.compare import CompareOptions, compare_motions
    from formnet.scoring.parts import parse_part_weights
    from formnet.scoring.prepare import PrepareOptions
    from formnet.scoring.references import average_references

    check_share(threshold, "--threshold")
    if compat:
        _compare_compat(clip, reference, as_json=as_json, out=out)
        return
    smoother, cutoff_hz = parse_smoothing(smooth)
    options = CompareOptions(
        method=method,
        metric=metric,
        view=view,  # type: ignore[arg-type]
        limbs=limbs,  # type: ignore[arg-type]
        repair_mirror=repair_mirror,
        band=band,
        part_weights=parse_part_weights(weight or (), without or ()),
        prepare=PrepareOptions(max_gap, cutoff_hz, allow_missing, smoother),
    )
    _check_options(options)
    targets = open_folder(out, FILES, (clip, reference, *(also or ())), force=force)
    mine = make_reading(person=person, fps=fps, size=size, rotate=rotate, clip=clip_name, slow_motion=slow_motion)
    # A turn in degrees is that of the clip; how people stand is looked for in both.
    as_they_stand = rotate if rotate is not None and rotate.strip().lower() == "auto" else None
    theirs = make_reading(person=reference_person, fps=fps, size=size, rotate=as_they_stand, clip=reference_clip)
    load = partial(load_source, lifter=lifter, estimator=estimator, eyes=eyes, quiet=as_json)
    first, second = load(clip, mine), load(reference, theirs)
    a, b, is_flat = choose_motions(first, second, flat=flat)
    if also:
        alone = make_reading(fps=fps, size=size, rotate=as_they_stand)
        others = [load(path, alone) for path in also]
        is_flat = is_flat or any(other.motion.n_dimensions == 2 for other in others)
        a, b = (first.image, second.image) if is_flat else (first.motion, second.motion)
        b = average_references([b, *(other.image if is_flat else other.motion for other in others)], options.prepare)
    with fresh_answers(*targets):
        result = compare_motions(a, b, options)
        measured, notes = _compare_measures(first, second)
        warnings = (*first.warnings, *second.warnings, *result.warnings, *notes)
        names = (str(clip), str(reference))
        files = write_files(out, first, second, names, result, measured, warnings, threshold) if out else []
    differences = choose_differences(measured)
    if as_json:
        print_json(
            {
                **describe_comparison(result, threshold),
                "differences": [difference.to_dict() for difference in differences],
                "dimensions": 2 if is_flat else 3,
                "files": files,
                "warnings": warnings,
            }
        )
        return
    print_warnings(warnings)
    print_report(result, threshold)
    for difference in differences:
        print(difference.describe())
    for file in files:
        print(file)


def _compare_measures(first: PoseTrack, second: PoseTrack) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
    """What was measured in the squats of both, and a note where there is nothing to measure or another movement."""
    from formnet.pipeline import make_judge
    from formnet.pipeline.differences import compare_measures, name_other_movement

    judge = make_judge()
    try:
        ours, theirs = (judge.judge_repetitions(source)[0] for source in (first, second))
    except FormnetError:
        return (), ("no squat could be measured in both; the score compares movements as they are",)
    if ours and theirs:
        return compare_measures(ours, theirs), ()
    note = name_other_movement(*(judge.find_squats(source)[1] for source in (first, second)))
    return (), (f"{note}; the score compares movements as they are",)


def _check_options(options: Any) -> None:
    """Refuses unknown names before anything slow is done."""
    from typing import get_args

    from formnet.preprocess.gaps import MAX_GAP_S
    from formnet.scoring.prepare import LimbLengths
    from formnet.scoring.registry import alignment_named, similarity_named
    from formnet.scoring.view import ViewAlignment

    alignment_named(options.method, similarity_named(options.metric))
    if options.view not in get_args(ViewAlignment):
        raise InputError(f"--view must be one of {', '.join(get_args(ViewAlignment))}, got {options.view!r}")
    if options.limbs not in get_args(LimbLengths):
        raise InputError(f"--limbs must be one of {', '.join(get_args(LimbLengths))}, got {options.limbs!r}")
    if options.band is not None and not 0 <= options.band <= 1:
        raise InputError(f"--band must be a share of 0–1, got {options.band}")
    if not 0 <= options.prepare.max_gap_s <= MAX_GAP_S:
        raise InputError(f"--max-gap must be 0–{MAX_GAP_S:g} s, got {options.prepare.max_gap_s}")


def _compare_compat(clip: Path, reference: Path, *, as_json: bool, out: Path | None) -> None:
    from formnet.cli.sources import load_compat, print_json, print_parts
    from formnet.scoring.compat import score_dtw_compat

    if out is not None:
        raise InputError("--compat gives figures only; leave --out or --compat away")
    score = score_dtw_compat(load_compat(clip), load_compat(reference))
    if as_json:
        print_json(
            {"total": score.total, "parts": score.parts, "joints": score.joints, "method": "dtw", "compat": True,
             "higher_is_better": True}
        )  # fmt: skip
        return
    print(f"total {score.total:.4f}")
    print_parts(score.parts)
