"""What a long recording costs in memory: a clip repeated until it lasts 20 minutes, from the file to the verdict.

    python benchmarks/memory.py [CLIP] [--minutes 20] [--eyes fast]

The clip's packets are repeated without encoding them anew, so that every part is decoded, followed and judged as the
first. Prints resident memory by minutes of the recording that are done, and ends with one JSON object: `start_mib`
(before the first frame), `after_mib` (minute → MiB), `judged_mib`, `growth_mib_a_minute` (a line through the second
half) and `repetitions`.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from common import run_main
from eyes import SIDE
from figures import print_figures, show_table

from formnet.pipeline import make_judge
from formnet.pose.estimator import create_estimator, estimate_pose
from formnet.pose.model_bundle import Eyes
from formnet.pose.video import probe_video

MIB = 2**20


def repeat_clip(clip: Path, out: Path, minutes: float) -> None:
    """Writes the packets of a clip's video one time after another until they last long enough."""
    with av.open(str(clip)) as source, av.open(str(out), "w") as target:
        video = source.streams.video[0]
        packets = [packet for packet in source.demux(video) if packet.dts is not None]
        step = packets[1].dts - packets[0].dts
        lasts = packets[-1].dts + step - packets[0].dts
        copied = target.add_stream_from_template(video)
        for number in range(int(np.ceil(minutes * 60 / float(lasts * video.time_base)))):
            source.seek(0)
            for packet in source.demux(video):
                if packet.dts is not None:
                    packet.pts += number * lasts
                    packet.dts += number * lasts
                    packet.stream = copied
                    target.mux(packet)


def resident_mib() -> float:
    """Memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path, nargs="?", default=SIDE, help="what is repeated")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--eyes", type=Eyes, default=Eyes.FAST, choices=list(Eyes))
    arguments = parser.parse_args()
    judge, estimator = make_judge(), create_estimator(eyes=arguments.eyes)
    after: dict[int, float] = {}
    with TemporaryDirectory() as folder:
        long = Path(folder) / f"long{arguments.clip.suffix}"
        repeat_clip(arguments.clip, long, arguments.minutes)
        fps, start = probe_video(long).fps, resident_mib()
        track = estimate_pose(
            long,
            estimator=estimator,
            on_frame=lambda done, _: after.setdefault(int(done / fps / 60), resident_mib()) and None,
        )
    repetitions, _ = judge.judge_repetitions(track)
    late = sorted(minute for minute in after if minute >= arguments.minutes / 2)
    growth = float(np.polyfit(late, [after[minute] for minute in late], 1)[0]) if len(late) > 1 else float("nan")
    show_table(
        f"{arguments.minutes:g} minutes of {arguments.clip.name}, {arguments.eyes}",
        ["minutes done", "resident MiB"],
        [[str(minute), f"{mib:.0f}"] for minute, mib in sorted(after.items())],
    )
    print_figures(
        {
            "start_mib": start,
            "after_mib": {str(minute): mib for minute, mib in sorted(after.items())},
            "judged_mib": resident_mib(),
            "growth_mib_a_minute": growth,
            "repetitions": len(repetitions),
        }
    )


if __name__ == "__main__":
    run_main(main)
