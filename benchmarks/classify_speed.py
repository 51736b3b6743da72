"""What judging costs beside pose estimation: wall time of `formnet classify` over that of the estimator alone.

    python benchmarks/classify_speed.py [CLIP] [--rounds 3]

Both run in processes of their own, in turns in one run. The estimator alone follows people through the decoded frames,
one after the other, with its start and the decoding. Ends with one JSON object.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from common import run_main

ALONE = """
import sys
from formnet.pose.estimator import create_estimator
from formnet.pose.video import read_frames
for _ in create_estimator().follow(read_frames(sys.argv[1])):
    pass
"""
JUDGED = "import sys; from formnet.cli.app import main; sys.argv[1:] = ['classify', sys.argv[1], '--json']; main()"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[2] / "shared" / "clips" / "side_bodyweight.mp4"
    parser.add_argument("clip", type=Path, nargs="?", default=default)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    seconds: dict[str, list[float]] = {"alone": [], "judged": []}
    for _ in range(arguments.rounds):
        seconds["alone"].append(wall_s(ALONE, arguments.clip))
        seconds["judged"].append(wall_s(JUDGED, arguments.clip))
        print(f"estimator alone {seconds['alone'][-1]:.2f} s, classify {seconds['judged'][-1]:.2f} s", file=sys.stderr)
    alone, judged = (statistics.median(seconds[name]) for name in ("alone", "judged"))
    print(json.dumps({"estimator_alone_s": alone, "classify_s": judged, "ratio": round(judged / alone, 3)}))


def wall_s(code: str, clip: Path) -> float:
    """Seconds that a fresh Python takes for `code` on a clip."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, str(clip)], check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    run_main(main)
