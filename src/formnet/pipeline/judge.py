"""What every judge does, and what is common to their verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from formnet.errors import PoseError, add_noticed
from formnet.pose.track import PoseTrack
from formnet.verdict import ClipVerdict, RepetitionVerdict


class ClipJudge(Protocol):
    """Stands between a pose in the picture and a verdict."""

    def judge(self, track: PoseTrack, source: str) -> ClipVerdict:
        """The verdict on an estimated pose; `source` names the clip. Raises `PoseError` without any repetition."""

    def judge_repetitions(self, track: PoseTrack) -> tuple[tuple[RepetitionVerdict, ...], tuple[str, ...]]:
        """The verdict on every repetition, maybe none, and warnings."""

    def describe(self) -> dict[str, Any]:
        """Provenance for a verdict."""


@dataclass(frozen=True, eq=False)
class JudgedClip:
    """A verdict with the pose it rests on, which overlay and report draw.

    Attributes:
        picture: the video that shows it; None where the pose came from a file of joints.
    """

    verdict: ClipVerdict
    track: PoseTrack
    picture: Path | None


def clip_verdict(
    track: PoseTrack, source: str, repetitions: tuple[RepetitionVerdict, ...], warnings: tuple[str, ...]
) -> ClipVerdict:
    """Puts a clip's verdict together; raises `PoseError` when there is no repetition, with the reason and a remedy."""
    if not repetitions:
        reason = "; ".join(warnings) or "the person never goes down and up again"
        is_cut = not warnings or "in the middle of it" in reason
        remedy = "; film at least one from standing to standing" if is_cut else ""
        sentence = f"{source} shows no whole repetition of a squat: {reason}{remedy}"
        raise PoseError(add_noticed(sentence, track.warnings))
    times_s = track.image.timestamps
    fps = (len(times_s) - 1) / (times_s[-1] - times_s[0])
    return ClipVerdict(source, float(fps), track.image.duration_s, repetitions, (*track.warnings, *warnings))
