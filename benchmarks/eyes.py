"""BlazePose of formnet's own beside MediaPipe's landmarker, and what two cores are worth.

    python benchmarks/eyes.py agreement [CLIP …] [--frames 90] [--eyes standard]
    python benchmarks/eyes.py speed [CLIP] [--frames 100] [--rounds 5]
    python benchmarks/eyes.py cores [CLIP …] [--rounds 3]

`agreement` follows the first frames of each clip with both and gives the median difference of joints that MediaPipe
sees, in percent of the person's height and in millimetres. Beside it stands MediaPipe against itself when one pixel
in a hundred of the first frame is changed by one grey level: the networks, and the regions that their answers give,
amplify the least change, so nothing can agree better than that.
`speed` has one stream each over the same decoded frames, in turns in one run: the bare landmark network (without
its outline, as formnet runs it), all of formnet's path, MediaPipe's.
`cores` estimates clips by `estimate_pose`, from the file, on one core and on two, in turns.
All end with one JSON object.
MediaPipe is needed for the first two: pip install 'formnet[comparison]'.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from common import run_main
from mediapipe_reference import ReferenceLandmarker, ReferencePoses

from formnet.errors import FormnetError
from formnet.pose.blazepose.landmarks import MASK_SIZE
from formnet.pose.blazepose.network import Network
from formnet.pose.blazepose.pruning import remove_output
from formnet.pose.blazepose.region import whole_picture
from formnet.pose.estimator import create_estimator
from formnet.pose.model_bundle import Eyes, PoseModel
from formnet.pose.model_file import obtain_pose_model, read_pose_model
from formnet.pose.video import Frame, read_frames

CLIPS = Path(__file__).resolve().parents[2] / "shared" / "clips"
SIDE = CLIPS / "side_bodyweight.mp4"
ESTIMATE = """
import sys, time
from formnet.pose.estimator import create_estimator, estimate_pose
estimator = create_estimator()
start = time.perf_counter()
for path in sys.argv[1:]:
    estimate_pose(path, estimator=estimator)
print(time.perf_counter() - start)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("agreement", "speed", "cores"))
    parser.add_argument("clips", type=Path, nargs="*")
    parser.add_argument("--frames", type=int, default=90)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--eyes", type=Eyes, default=Eyes.STANDARD, choices=list(Eyes))
    arguments = parser.parse_intermixed_args()
    if arguments.what == "agreement":
        real = sorted(path for path in (CLIPS / "real").glob("*") if path.suffix != ".csv")
        result = measure_agreement(arguments.clips or real or [SIDE], arguments.frames, arguments.eyes)
    elif arguments.what == "speed":
        result = measure_speed((arguments.clips or [SIDE])[0], arguments.frames, arguments.rounds)
    else:
        result = measure_cores(arguments.clips or [SIDE], arguments.rounds)
    print(json.dumps(result))


def measure_agreement(clips: Sequence[Path], n_frames: int, eyes: Eyes) -> dict[str, object]:
    """Medians of each clip, printed as they come, and their medians over all."""
    model = _load(eyes)
    estimator = create_estimator(eyes=eyes)
    rows = []
    for clip in clips:
        frames = list(itertools.islice(read_frames(clip), n_frames))
        theirs = ReferenceLandmarker(model).estimate(frames)
        again = ReferenceLandmarker(model).estimate([_disturb(frames[0]), *frames[1:]])
        try:
            track = estimator.estimate(frames)
        except FormnetError as error:
            print(f"{clip.name}: left out, {error}", file=sys.stderr)
            continue
        assert track.world is not None
        ours = ReferencePoses(track.image.positions, track.world.positions, track.image.confidence)
        row = (*compare(ours, theirs), *compare(again, theirs))
        rows.append(row)
        print("{:32s} {:6.3f} % {:6.2f} mm, itself {:6.3f} % {:6.2f} mm".format(clip.name, *row), flush=True)
    names = ("height_percent", "world_mm", "itself_height_percent", "itself_world_mm")
    medians = [round(statistics.median(column), 4) for column in zip(*rows, strict=True)]
    return {"clips": len(rows), **dict(zip(names, medians, strict=True))}


def compare(ours: ReferencePoses, theirs: ReferencePoses) -> tuple[float, float]:
    """Median differences of the joints both have and the second sees: percent of the height, millimetres."""
    seen = (theirs.confidence > 0.5) & np.isfinite(ours.image[..., 0])
    height_px = np.nanpercentile(np.ptp(theirs.image[..., 1], axis=1), 95)
    off_px = np.linalg.norm(ours.image - theirs.image, axis=-1)[seen]
    off_m = np.linalg.norm(ours.world - theirs.world, axis=-1)[seen]
    return float(np.median(off_px) / height_px * 100), float(np.median(off_m) * 1000)


def _disturb(frame: Frame) -> Frame:
    image = frame.image.copy()
    image[::10, ::10] ^= 1
    return Frame(frame.timestamp_s, image)


def measure_speed(clip: Path, n_frames: int, rounds: int) -> dict[str, object]:
    """Milliseconds a frame, the least of the rounds, and ratios over MediaPipe's standard landmarker.

    Processor time is the steadier one where the machine has other work.
    """
    frames = list(itertools.islice(read_frames(clip), n_frames))
    # Name → what makes ready and gives what is timed.
    ways: dict[str, Callable[[], Callable[[], object]]] = {}
    for eyes in Eyes:
        model = _load(eyes)
        estimator = create_estimator(eyes=eyes)
        ways[f"network {eyes}"] = _bare(model, frames)
        ways[f"formnet {eyes}"] = lambda own=estimator: lambda: list(own.follow(frames))
        ways[f"mediapipe {eyes}"] = lambda same=model: functools.partial(ReferenceLandmarker(same).estimate, frames)
    wall, processor = (dict.fromkeys(ways, float("inf")) for _ in range(2))
    for _ in range(rounds):
        for name, way in ways.items():
            run = way()
            start_s, start_processor_s = time.perf_counter(), time.process_time()
            run()
            wall[name] = min(wall[name], (time.perf_counter() - start_s) / len(frames) * 1000)
            processor[name] = min(processor[name], (time.process_time() - start_processor_s) / len(frames) * 1000)
        print({name: round(ms, 1) for name, ms in wall.items()}, file=sys.stderr, flush=True)
    result: dict[str, object] = {}
    for kind, best in (("wall", wall), ("processor", processor)):
        result[f"{kind}_ms"] = {name: round(ms, 2) for name, ms in best.items()}
        result[f"{kind}_over_mediapipe_standard"] = {
            str(eyes): round(best[f"formnet {eyes}"] / best["mediapipe standard"], 3) for eyes in Eyes
        }
    return result


def _bare(model: PoseModel, frames: Sequence[Frame]) -> Callable[[], Callable[[], object]]:
    network = Network(remove_output(model.landmarks, MASK_SIZE, model.source), model.source)
    height, width = frames[0].image.shape[:2]
    crop = whole_picture(width, height).crop(frames[0].image, network.side_px, repeats_border=True)
    return lambda: lambda: [network.run(crop, 1 / 255, 0.0) for _ in frames]


def measure_cores(clips: Sequence[Path], rounds: int) -> dict[str, object]:
    """Seconds on one core and on two, medians; each estimation in a process of its own, without its start."""
    seconds: dict[int, list[float]] = {1: [], 2: []}
    cores = sorted(os.sched_getaffinity(0))
    for _ in range(rounds):
        for n_cores, measured in seconds.items():
            done = subprocess.run(
                [sys.executable, "-c", ESTIMATE, *map(str, clips)],
                check=True, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
                preexec_fn=lambda n=n_cores: os.sched_setaffinity(0, cores[:n]),
            )  # fmt: skip
            measured.append(float(done.stdout))
        print({n: round(s[-1], 2) for n, s in seconds.items()}, file=sys.stderr, flush=True)
    one, two = (statistics.median(seconds[n]) for n in (1, 2))
    return {"one_core_s": round(one, 2), "two_cores_s": round(two, 2), "times_faster": round(one / two, 3)}


def _load(eyes: Eyes) -> PoseModel:
    return read_pose_model(obtain_pose_model(eyes=eyes))


if __name__ == "__main__":
    run_main(main)
