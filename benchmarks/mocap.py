"""Real video beside motion capture: how far angles and widths are from what markers on the body say.

    python benchmarks/mocap.py [FOLDER] [--eyes standard exact] [--lifters supervised+picture supervised] [--cache DIR]

FOLDER holds NAME_video.mp4 with NAME_sample_mocap.json (or .json.gz), as OpenCap Monocular publishes them: body origins
in metres over time. NAME_sample_mono and NAME_sample_wham are measured beside it where they are there. Each method may
be shifted in time (video and capture do not start together) so that the knees agree best. Angles are taken with the
same functions as a verdict's; the video is levelled by the person's own standing, the others have their own vertical.
Methods that look with another size of the pose model than the standard one say so: "supervised+picture, exact".

A second table holds the path of the hips: lifted joints are put on the floor as `formnet pose` does for TRC and MOT,
and the height of the middle of the hips is compared, at the same shift in time.

Ends with one JSON object of root mean square errors:
{NAME: {method: {right_knee_deg, left_knee_deg, thigh_deg, hip_deg, trunk_deg, knee_width, hips}}}, `hips` being
{height_cm, steady_cm: the same with both at the same mean height, sink_cm: how much too far the hips go down,
true_sink_cm}.
"""

from __future__ import annotations

import argparse
import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import run_main
from figures import CONSOLE, dataset_root, print_figures, require_folder, show_table

from formnet.errors import InputError
from formnet.geometry.joints import Joints
from formnet.geometry.level import rotate_motion, rotation_to_front
from formnet.lifting.lifter import create_lifter
from formnet.measures import curves
from formnet.measures.performance import Performance, make_performance
from formnet.motion import FloatArray, Motion
from formnet.pose.estimator import create_estimator, estimate_pose
from formnet.pose.model_bundle import Eyes
from formnet.preprocess.floor import place_on_floor
from formnet.preprocess.spec import PreprocessSpec, clean_motion
from formnet.skeleton import Skeleton

BODIES = {"femur": "hip", "tibia": "knee", "talus": "ankle", "humerus": "shoulder"}
"""OpenSim body → the joint at its origin."""
CAPTURED = Skeleton("captured", tuple(f"{side}_{joint}" for joint in BODIES.values() for side in ("left", "right")))
BESIDE = ("mono", "wham")
CURVES = {
    "right_knee_deg": curves.on_side(curves.knee_flexion_deg, "right"),
    "left_knee_deg": curves.on_side(curves.knee_flexion_deg, "left"),
    "thigh_deg": curves.both_sides(curves.thigh_deg),
    "hip_deg": curves.both_sides(curves.hip_flexion_deg),
    "trunk_deg": curves.trunk_lean_deg,
    "knee_width": curves.knee_width,
}
HEADINGS = ("right knee °", "left knee °", "thigh °", "hip °", "trunk °", "knee width")
FPS, MOST_SHIFT_S = 60.0, 0.5


@dataclass(frozen=True)
class Series:
    """Curves of one method on its own clock.

    Attributes:
        values: name in `CURVES` → (T,).
    """

    times_s: FloatArray
    values: dict[str, FloatArray]


def read_capture(path: Path) -> Motion:
    """Body origins of one file as joints, y down; raises `InputError` when the file is none of these."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            content = json.load(file)
        times_s = np.asarray(content["time"], dtype=float)
        bodies = content["bodies"]
        joints = {
            f"{side}_{joint}": np.asarray(bodies[f"{body}_{side[0]}"]["translation"], dtype=float)
            for body, joint in BODIES.items()
            for side in ("left", "right")
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path.name} holds no body origins over time ({error}); get the file again") from None
    positions = np.stack([joints[name] for name in CAPTURED.joints], axis=1) * [1.0, -1.0, -1.0]
    return Motion(positions, np.ones(positions.shape[:2]), times_s, CAPTURED)


def measure_capture(motion: Motion) -> Series:
    """Curves of joints whose vertical is known: turned to the front, not levelled."""
    clean = clean_motion(motion, PreprocessSpec())
    across = sum(clean.joint(f"left_{joint}") - clean.joint(f"right_{joint}") for joint in ("hip", "shoulder"))
    turned = rotate_motion(clean, rotation_to_front(np.nanmean(across, axis=0)))
    times_s, last = turned.timestamps, len(turned) - 1
    return read_curves(
        Performance(
            turned, 0, last // 2, last, float(times_s[0]), float(times_s[last // 2]), float(times_s[last]),
            np.zeros(last + 1, dtype=bool), 0.0,
        )
    )  # fmt: skip


def measure_video(motion: Motion) -> Series:
    """Curves of lifted joints, levelled by all of the person's standing in the clip."""
    last = len(motion) - 1
    return read_curves(make_performance(clean_motion(motion, PreprocessSpec()), 0, last // 2, last))


def compare_hips(motion: Motion, truth: Motion, shift_s: float) -> dict[str, float]:
    """Height of the middle of the hips against the capture's, in centimetres, at a known shift in time."""
    own_s, own, true = motion.timestamps + shift_s, *(-Joints.of(one).middle("hip")[:, 1] for one in (motion, truth))
    begin, end = max(own_s[0], truth.timestamps[0]), min(own_s[-1], truth.timestamps[-1])
    times_s = np.arange(begin, end, 1 / FPS)
    heights = [np.interp(times_s, own_s, own), np.interp(times_s, truth.timestamps, true)]
    error = heights[0] - heights[1]
    # Between the highest and the lowest twentieth: single frames do not tell how far somebody sank.
    sinks = [float(np.subtract(*np.quantile(height, (0.95, 0.05)))) for height in heights]
    found = {"height_cm": np.sqrt((error**2).mean()), "steady_cm": error.std(), "sink_cm": sinks[0] - sinks[1]}
    return {name: 100.0 * float(value) for name, value in {**found, "true_sink_cm": sinks[1]}.items()}


def read_curves(performance: Performance) -> Series:
    return Series(performance.motion.timestamps, {name: curve(performance) for name, curve in CURVES.items()})


def compare(series: Series, truth: Series) -> dict[str, dict[str, float]]:
    """Name → rmse, bias, r, after the shift in time at which the knees agree best; and that shift."""
    shifts_s = np.arange(-MOST_SHIFT_S, MOST_SHIFT_S + 1e-9, 1 / FPS)
    knees = ("right_knee_deg", "left_knee_deg")

    def knee_error(shift_s: float) -> float:
        return float(np.mean([_statistics(*_on_one_clock(series, truth, knee, shift_s))["rmse"] for knee in knees]))

    errors = np.array([knee_error(shift_s) for shift_s in shifts_s])
    best_s = 0.0 if np.isnan(errors).all() else shifts_s[int(np.nanargmin(errors))]
    found = {name: _statistics(*_on_one_clock(series, truth, name, best_s)) for name in CURVES}
    return {**found, "shift": {"s": float(best_s)}}


def _on_one_clock(series: Series, truth: Series, name: str, shift_s: float) -> tuple[FloatArray, FloatArray]:
    """Both curves (n,) at common times, the series moved by `shift_s`; NaN unless most of the capture is common."""
    moved_s = series.times_s + shift_s
    begin, end = max(moved_s[0], truth.times_s[0]), min(moved_s[-1], truth.times_s[-1])
    if end - begin < 0.6 * (truth.times_s[-1] - truth.times_s[0]):
        return np.full(2, np.nan), np.full(2, np.nan)
    times_s = np.arange(begin, end, 1 / FPS)
    return np.interp(times_s, moved_s, series.values[name]), np.interp(times_s, truth.times_s, truth.values[name])


def _statistics(values: FloatArray, truth: FloatArray) -> dict[str, float]:
    seen = np.isfinite(values) & np.isfinite(truth)
    if seen.sum() < 3:
        return dict.fromkeys(("rmse", "bias", "r"), float("nan"))
    error = values[seen] - truth[seen]
    varies = values[seen].std() > 0 and truth[seen].std() > 0
    r = float(np.corrcoef(values[seen], truth[seen])[0, 1]) if varies else float("nan")
    return {"rmse": float(np.sqrt((error**2).mean())), "bias": float(error.mean()), "r": r}


def find_recordings(folder: Path) -> dict[str, dict[str, Path]]:
    """NAME → {video, mocap, mono, wham}: the files there are; raises `InputError` when no recording is whole."""
    found = {}
    for video in sorted(folder.glob("*_video.mp4")):
        name = video.name.removesuffix("_video.mp4")
        files = {
            kind: path for kind in ("mocap", *BESIDE) for path in sorted(folder.glob(f"{name}_sample_{kind}.json*"))[:1]
        }
        if "mocap" in files:
            found[name] = {"video": video, **files}
        else:
            CONSOLE.print(f"note: {video.name} has no {name}_sample_mocap.json beside it and is left out")
    if not found:
        raise InputError(f"{folder} holds no NAME_video.mp4 with NAME_sample_mocap.json; give a folder that does")
    return found


def name_method(lifter: str, eyes: Eyes) -> str:
    """How tables and figures call a lifter with a size of the pose model."""
    return lifter if eyes is Eyes.STANDARD else f"{lifter}, {eyes}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=dataset_root("opencap"), help="folder of recordings")
    parser.add_argument("--lifters", nargs="+", default=["supervised+picture", "supervised"], help="what makes them 3D")
    parser.add_argument(
        "--eyes", nargs="+", type=Eyes, choices=list(Eyes), default=[Eyes.STANDARD, Eyes.EXACT],
        help="sizes of the pose model",
    )  # fmt: skip
    parser.add_argument("--cache", type=Path, default=None, help="keep poses here")
    arguments = parser.parse_args()
    recordings = find_recordings(require_folder(arguments.folder, "a folder of NAME_video.mp4 and motion capture"))
    lifters = {name: create_lifter(name) for name in arguments.lifters}
    estimators = {eyes: create_estimator(eyes=eyes) for eyes in arguments.eyes}
    figures = {}
    for name, files in recordings.items():
        capture = read_capture(files["mocap"])
        truth = measure_capture(capture)
        tracks = {
            eyes: estimate_pose(files["video"], estimator=estimator, cache=arguments.cache)
            for eyes, estimator in estimators.items()
        }
        lifted = {
            name_method(lifter, eyes): one.lift(track)
            for eyes, track in tracks.items()
            for lifter, one in lifters.items()
        }
        beside = {kind: read_capture(files[kind]) for kind in BESIDE if kind in files}
        series = {lifter: measure_video(motion) for lifter, motion in lifted.items()}
        series |= {kind: measure_capture(motion) for kind, motion in beside.items()}
        results = {method: compare(one, truth) for method, one in series.items()}
        show_table(
            f"{name}: root mean square error (bias, r) against motion capture",
            ["method", *HEADINGS, "shift s"],
            [[method, *(_cell(result[curve]) for curve in CURVES), f"{result['shift']['s']:.2f}"]
             for method, result in results.items()],
        )  # fmt: skip
        placed = {lifter: place_on_floor(motion).motion for lifter, motion in lifted.items()} | beside
        hips = {method: compare_hips(one, capture, results[method]["shift"]["s"]) for method, one in placed.items()}
        true_sink_cm = next(iter(hips.values()))["true_sink_cm"]
        show_table(
            f"{name}: height of the hips against motion capture (they sink {true_sink_cm:.1f} cm)",
            ["method", "height rmse cm", "but for a constant cm", "sink, difference cm"],
            [[method, f"{one['height_cm']:.1f}", f"{one['steady_cm']:.1f}", f"{one['sink_cm']:+.1f}"]
             for method, one in hips.items()],
        )  # fmt: skip
        figures[name] = {
            method: {**{c: result[c]["rmse"] for c in CURVES}, "hips": hips[method]}
            for method, result in results.items()
        }
    print_figures(figures)


def _cell(numbers: dict[str, float]) -> str:
    digits = 1 if numbers["rmse"] > 1 else 2
    return f"{numbers['rmse']:.{digits}f}\n({numbers['bias']:+.{digits}f}, {numbers['r']:.2f})"


if __name__ == "__main__":
    run_main(main)
