"""The same footage in other files: whether clips keep their repetitions and findings.

    python benchmarks/same_footage.py [FOLDER] [--only NAME …] [--changes NAME …] [--scaled]

Clips (all videos of FOLDER, or those whose names hold one of `--only`) are judged as they are and after each change:
other containers and codings, rates, half the size, cropped, padded, mirrored; with `--scaled` at 320, 240, 160, 120 and
90 lines and several strengths of compression instead, whatever the limits of size say.

Prints a table of changes and one of faults. A finding has turned when one of two says it is clear and the other that it
is not there. It has changed unsaid when neither of the two says that it is close to what the other is. Ends with one
JSON object of shares: `repetitions_kept`, `bottoms_near` (within 0.1 s), `findings_same`, `findings_turned`,
`findings_unsaid`, `labels_same`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
from common import run_main
from figures import CONSOLE, print_figures, require_folder, share, show_table
from page import REPOSITORY
from rich.progress import track as progress

from formnet.errors import FormnetError, InputError
from formnet.pipeline import ClipJudge, make_judge
from formnet.pose.estimator import PoseEstimator, create_estimator, estimate_pose
from formnet.pose.video import Frame, Image, read_frames
from formnet.readers.clips import VIDEO_SUFFIXES
from formnet.reading.checks import hide_outside
from formnet.standards.finding import Finding
from formnet.verdict import RepetitionVerdict

NEAR_S = 0.1
_SAME_S = 1.0
_LATE_S = 1000.0
_TICK = Fraction(1, 15360)


@dataclass(frozen=True)
class Change:
    """What is done to the pictures, and how they are written.

    Attributes:
        rate: even frames per second; None keeps the times.
        from_s: time of the first frame.
    """

    suffix: str = ".mp4"
    picture: Callable[[Image], Image] = lambda image: image
    codec: str = "libx264"
    options: Mapping[str, str] | None = None
    rate: int | None = None
    from_s: float = 0.0


def scale(image: Image, height: int) -> Image:
    """The picture at another height, its shape kept, with even sides."""
    width = 2 * round(image.shape[1] * height / image.shape[0] / 2)
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
    return frame.reformat(width=width, height=height // 2 * 2, interpolation="AREA").to_ndarray(format="rgb24")


def crop(image: Image) -> Image:
    """Without 6 % at the left and right, 2 % above and 1 % below."""
    height, width = image.shape[:2]
    return image[round(0.02 * height) : round(0.99 * height), round(0.06 * width) : round(0.94 * width)]


def pad(image: Image) -> Image:
    """With black all around."""
    height, width = image.shape[:2]
    return np.pad(image, ((height // 10,) * 2, (width // 5,) * 2, (0, 0)))


def _compressed(crf: int) -> dict[str, str]:
    return {"crf": str(crf), "preset": "veryfast"}


CHANGES = {
    "MP4, CRF 18": Change(options=_compressed(18)),
    "MP4, CRF 28": Change(options=_compressed(28)),
    "MP4, CRF 35": Change(options=_compressed(35)),
    "MKV that begins late": Change(".mkv", options=_compressed(23), from_s=_LATE_S),
    "WebM": Change(".webm", codec="libvpx-vp9", options={"crf": "32", "b": "0", "cpu-used": "8"}),
    "AVI, H.264 with B-frames": Change(".avi", options={**_compressed(23), "bf": "3"}, rate=30),
    "AVI, MPEG-4": Change(".avi", codec="mpeg4", options={"b": "2000000"}, rate=30),
    "24 frames a second": Change(options=_compressed(23), rate=24),
    "25 frames a second": Change(options=_compressed(23), rate=25),
    "60 frames a second": Change(options=_compressed(23), rate=60),
    "half the size": Change(picture=lambda image: scale(image, image.shape[0] // 2), options=_compressed(23)),
    "cropped": Change(picture=crop, options=_compressed(23)),
    "padded": Change(picture=pad, options=_compressed(23)),
    "mirrored": Change(picture=lambda image: image[:, ::-1], options=_compressed(23)),
}
SCALED = {
    f"{lines} lines, CRF {crf}": Change(picture=partial(scale, height=lines), options=_compressed(crf))
    for lines, strengths in ((320, (23, 32, 40)), (240, (23, 32, 40)), (160, (23, 32, 40)), (120, (18, 23, 32)),
                             (90, (18, 23, 32)))
    for crf in strengths
}  # fmt: skip


def write_changed(frames: Iterable[Frame], change: Change, path: Path) -> None:
    """The frames, changed, as a video."""
    timed = ((frame.timestamp_s, change.picture(frame.image)) for frame in frames)
    with av.open(str(path), "w") as container:
        stream = None
        for number, (time_s, image) in enumerate(timed if change.rate is None else at_rate(timed, change.rate)):
            image = image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
            if stream is None:
                stream = container.add_stream(change.codec, rate=change.rate or 30, options=dict(change.options or {}))
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = "yuv420p"
                if change.rate is None:
                    stream.codec_context.time_base = _TICK
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24").reformat(format="yuv420p")
            picture.pts = number
            if change.rate is None:
                picture.pts, picture.time_base = round((time_s + change.from_s) / _TICK), _TICK
            container.mux(stream.encode(picture))
        if stream is not None:
            container.mux(stream.encode(None))


def at_rate(timed: Iterable[tuple[float, Image]], rate: int) -> Iterator[tuple[float, Image]]:
    """The picture that is shown at each step of an even rate."""
    number, shown = 0, None
    for time_s, image in timed:
        while shown is not None and number / rate < time_s - 1e-6:
            yield number / rate, shown
            number += 1
        shown = image
    if shown is not None:
        yield number / rate, shown


@dataclass(frozen=True)
class Kept:
    """A clip's repetitions after a change: the pairs that are the same squat, and how many there were before."""

    change: str
    n_before: int
    pairs: tuple[tuple[RepetitionVerdict, RepetitionVerdict], ...]

    @property
    def findings(self) -> list[tuple[Finding, Finding]]:
        """Of every fault in every pair, before and after."""
        return [both for before, after in self.pairs for both in zip(before.findings, after.findings, strict=True)]


def pair(change: str, before: Sequence[RepetitionVerdict], after: Sequence[RepetitionVerdict]) -> Kept:
    """Repetitions whose bottoms lie within a second of each other, the nearest first, each once."""
    left, pairs = list(after), []
    for one in before:
        near = min(left, key=lambda other: abs(other.bottom_s - one.bottom_s), default=None)
        if near is not None and abs(near.bottom_s - one.bottom_s) < _SAME_S:
            left.remove(near)
            pairs.append((one, near))
    return Kept(change, len(before), tuple(pairs))


def judge_film(path: Path, judge: ClipJudge, estimator: PoseEstimator) -> tuple[RepetitionVerdict, ...]:
    """The repetitions of a clip, none where it is refused."""
    try:
        return judge.judge(hide_outside(estimate_pose(path, estimator=estimator)), path.name).repetitions
    except FormnetError:
        return ()


def measure(clips: Sequence[Path], changes: Mapping[str, Change]) -> list[Kept]:
    """Every clip after every change, against the clip itself."""
    judge, estimator, kept = make_judge(), create_estimator(), []
    for clip in progress(clips, "judging", console=CONSOLE):
        before = judge_film(clip, judge, estimator)
        frames = list(read_frames(clip, max_side=1280)) if before else []
        for name, change in changes.items() if before else ():
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"a = b [1]{change.suffix}"
                write_changed(frames, change, path)
                kept.append(pair(name, before, judge_film(path, judge, estimator)))
    return kept


def compute_figures(kept: Sequence[Kept]) -> dict[str, float]:
    """The shares of the JSON object."""
    pairs = [each for one in kept for each in one.pairs]
    findings = [each for one in kept for each in one.findings]
    n_before = sum(one.n_before for one in kept)
    return {
        "repetitions_kept": len(pairs) / n_before if n_before else float("nan"),
        "bottoms_near": share(abs(before.bottom_s - after.bottom_s) <= NEAR_S for before, after in pairs),
        "findings_same": share(before.state == after.state for before, after in findings),
        "findings_turned": share(is_turned(*both) for both in findings),
        "findings_unsaid": share(is_unsaid(*both) for both in findings),
        "labels_same": share(before.label == after.label for before, after in pairs),
    }


def is_turned(before: Finding, after: Finding) -> bool:
    """Clear in one, not there in the other."""
    return {before.state, after.state} == {"clear", "none"}


def is_unsaid(before: Finding, after: Finding) -> bool:
    """Another state, of which neither says that it is close; one that cannot be judged says why."""
    is_said = before.close_to == after.state or after.close_to == before.state
    return before.state != after.state and not is_said and "not judgeable" not in (before.state, after.state)


def show(kept: Sequence[Kept]) -> None:
    """A line for each change, and one for each fault."""
    rows = []
    for name in dict.fromkeys(one.change for one in kept):
        alike = [one for one in kept if one.change == name]
        figures = compute_figures(alike)
        errors_s = [abs(before.bottom_s - after.bottom_s) for one in alike for before, after in one.pairs]
        rows.append([
            name, f"{sum(len(one.pairs) for one in alike)}/{sum(one.n_before for one in alike)}",
            f"{sum(error > NEAR_S for error in errors_s)}", f"{max(errors_s, default=0.0):.2f}",
            *(f"{figures[f'findings_{name}']:.1%}" for name in ("same", "turned", "unsaid")),
        ])  # fmt: skip
    columns = ["change", "kept", f"over {NEAR_S} s", "farthest s", "findings same", "turned", "unsaid"]
    show_table("changes", columns, rows)
    findings = [each for one in kept for each in one.findings]
    rows = []
    for fault in dict.fromkeys(before.fault for before, _ in findings):
        alike = [both for both in findings if both[0].fault == fault]
        shares = (
            share(before.state == after.state for before, after in alike),
            *(share(differs(*both) for both in alike) for differs in (is_turned, is_unsaid)),
        )
        rows.append([fault, f"{len(alike)}", *(f"{value:.1%}" for value in shares)])
    show_table("findings", ["fault", "pairs", "same", "turned", "unsaid"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = REPOSITORY.parent / "shared" / "clips" / "real"
    parser.add_argument("folder", type=Path, nargs="?", default=default, help="folder of clips")
    parser.add_argument("--only", nargs="+", default=[], help="only clips whose names hold one of these")
    parser.add_argument("--changes", nargs="+", default=[], help="only changes whose names hold one of these")
    parser.add_argument("--scaled", action="store_true", help="smaller and more compressed instead")
    arguments = parser.parse_args()
    folder = require_folder(arguments.folder, "a folder of clips")
    clips = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in VIDEO_SUFFIXES]
    clips = [path for path in clips if not arguments.only or any(part in path.name for part in arguments.only)]
    changes = {
        name: change
        for name, change in (SCALED if arguments.scaled else CHANGES).items()
        if not arguments.changes or any(part in name for part in arguments.changes)
    }
    if not clips or not changes:
        raise InputError(f"nothing to do: {len(clips)} clips, {len(changes)} changes; name parts of what there is")
    kept = measure(clips, changes)
    show(kept)
    print_figures(compute_figures(kept))


if __name__ == "__main__":
    run_main(main)
