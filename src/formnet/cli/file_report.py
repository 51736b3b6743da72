"""`formnet doctor FILE`: what a file is, what is in it, and whether it can be judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from formnet.errors import FormnetError, PoseError

if TYPE_CHECKING:
    from formnet.motion import Motion
    from formnet.pose.track import PoseTrack
    from formnet.readers.tracks import Track
    from formnet.reading import Reading

State = Literal["good", "note", "bad"]
_UNEVEN = 0.05
_PARTS = ("shoulder", "hip", "knee", "ankle", "heel", "foot_index")


@dataclass(frozen=True)
class Remark:
    """One line of the report: what was looked at, what was found, and whether that is good."""

    name: str
    text: str
    state: State = "good"


def examine(path: Path, how: Reading) -> Iterator[Remark]:
    """Everything there is to say about a file, the verdict on it last; stops where it cannot be read."""
    from formnet.reading import find_one, is_pose_file

    try:
        left_out: list[str] = []
        source = find_one(path, left_out.append)
        if source != path:
            yield Remark("folder", f"holds {source.relative_to(path)}")
        yield from _tell_notes(left_out)
        path = source
        yield from _examine_poses(path, how) if is_pose_file(path) else _examine_film(path, how)
    except FormnetError as error:
        yield Remark("judging", f"cannot be judged: {error}", "bad")


def _examine_film(path: Path, how: Reading) -> Iterator[Remark]:
    from formnet.pose.container import describe_streams
    from formnet.pose.estimator import estimate_pose
    from formnet.pose.video import probe_video
    from formnet.reading import playback_of
    from formnet.reading.checks import hide_outside

    for name, text in describe_streams(path):
        yield Remark(name, text)
    playback, notes = playback_of(path, how)
    info = probe_video(path, playback)
    turned = f", turned by {info.rotation_deg}°" if info.rotation_deg else ""
    length = f"{info.duration_s:.1f} s at {info.fps:.4g} frames a second"
    if np.isnan(info.fps):
        length = "one picture"
    elif info.duration_s == 0:
        length = f"perhaps {info.fps:.4g} frames a second"
    yield Remark("picture", f"{info.width}×{info.height}{turned}, {length}")
    track = hide_outside(estimate_pose(path, how.person, playback=playback)).with_warnings(notes)
    yield from _tell_times(track.image)
    yield from _tell_person(track)
    yield from _tell_notes(track.warnings)
    if len(track.image) < 2:
        raise PoseError(f"{path} is one picture; give a video that shows a whole repetition")
    yield from _judge(track, path)


def _examine_poses(path: Path, how: Reading) -> Iterator[Remark]:
    from formnet.readers.source import as_film
    from formnet.reading import read_poses

    track = read_poses(path, how)
    motion = track.motion
    dimensions = f"{motion.n_dimensions}D in {motion.unit}s"
    yield Remark("format", f"{track.kind}: {len(motion.skeleton)} joints ({motion.skeleton.name}), {dimensions}")
    if track.has_size:
        yield Remark("picture", f"{track.width}×{track.height}")
    if track.is_film and (people := _rank_people(path, how)):
        yield Remark("people", f"{len(people)}, seen in {', '.join(str(len(one.rows)) for one in people)} frames")
    if track.is_film:
        yield from _tell_times(motion)
    yield from _tell_person(track)
    yield from _tell_notes(track.warnings)
    yield from _judge(as_film(track), path)


def _rank_people(path: Path, how: Reading) -> list[Track]:
    """Everybody in a file of detections, the most prominent first; nobody in files that hold one person's motion."""
    from formnet.readers.keypoints.files import World, read_keypoints
    from formnet.readers.npz import holds_keypoints
    from formnet.readers.source import choose_clip
    from formnet.readers.tracks import drop_duplicates, rank_people

    if path.suffix.lower() == ".npz" and not path.is_dir() and not holds_keypoints(path):
        return []
    found = read_keypoints(path, how.size)
    if isinstance(found, World):
        return []
    chosen = choose_clip(found, how.clip, path)
    return rank_people(drop_duplicates(chosen.rows(np.argsort(chosen.frames))))


def _tell_times(motion: Motion) -> Iterator[Remark]:
    times_s = motion.timestamps
    if len(times_s) < 2:
        return
    steps_s = np.diff(times_s)
    usual_s = float(np.median(steps_s))
    even = bool((np.abs(steps_s / usual_s - 1) < _UNEVEN).mean() > 1 - _UNEVEN)
    kind = "even" if even else f"variable, {steps_s.min() * 1000:.0f}–{steps_s.max() * 1000:.0f} ms apart"
    # Containers that count milliseconds have steps of 33 and 34.
    rate = 1 / float(steps_s[np.abs(steps_s / usual_s - 1) < _UNEVEN].mean())
    yield Remark("times", f"{len(times_s)} frames in {motion.duration_s:.1f} s, {rate:.4g} a second, {kind}")


def _tell_person(track: PoseTrack) -> Iterator[Remark]:
    from formnet.pose.upright import compute_picture_lean_deg
    from formnet.preprocess.visibility import compute_height_px, find_unseen_legs, share_of_shown

    image = track.image
    height = f", {compute_height_px(image):.0f} pixels tall" if image.unit == "pixel" else ""
    lean_deg = compute_picture_lean_deg(image)
    stands = "not clear how they stand" if np.isnan(lean_deg) else f"{abs(lean_deg):.0f}° from upright"
    yield Remark("person", f"seen in {track.coverage:.0%} of the frames{height}, {stands}")
    if track.coverage < 1:
        lost = np.atleast_1d(image.missing.all(axis=1))
        longest_s = _longest_s(lost, image.timestamps)
        yield Remark("gaps", f"{int(lost.sum())} frames without them, for {longest_s:.1f} s at most", "note")
    joints = []
    for joint in _PARTS:
        columns = [image.skeleton.index(name) for name in (f"left_{joint}", f"right_{joint}") if name in image.skeleton]
        if columns:
            there = ~image.missing[:, columns]
            sure = float(image.confidence[:, columns][there].mean()) if there.any() else 0.0
            joints.append(f"{joint.replace('_index', '')} {there.mean():.0%} ({sure:.2f})")
    yield Remark("joints", "there (confidence): " + ", ".join(joints))
    if image.unit == "pixel":
        unseen = find_unseen_legs(image, (track.width, track.height))
        shares = {joint: share_of_shown(mask, image) for joint, mask in unseen.items()}
        if any(share > 0 for share in shares.values()):
            shown = ", ".join(f"{joint}s {share:.0%}" for joint, share in shares.items() if share > 0)
            yield Remark("legs", f"on neither side seen in: {shown} of the frames", "note")


def _longest_s(mask: np.ndarray, times_s: np.ndarray) -> float:
    from formnet.geometry.paths import find_runs

    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    return max((float(times_s[stop - 1] - times_s[start]) + step_s for start, stop in find_runs(mask)), default=0.0)


def _tell_notes(notes: Iterable[str]) -> Iterator[Remark]:
    for note in dict.fromkeys(notes):
        yield Remark("note", note, "note")


def _judge(track: PoseTrack, path: Path) -> Iterator[Remark]:
    """What judging says that was not said of the track before, and whether it can be judged."""
    from formnet.pipeline import make_judge
    from formnet.reading import check_track

    checked = check_track(replace(track, warnings=()), str(path))
    verdict = make_judge().judge(replace(checked, warnings=()), str(path))
    yield from _tell_notes((*checked.warnings, *verdict.warnings))
    bottoms = ", ".join(f"{repetition.bottom_s:.1f}" for repetition in verdict.repetitions)
    n = len(verdict.repetitions)
    yield Remark("judging", f"can be judged: {n} repetition{'' if n == 1 else 's'}, lowest at {bottoms} s")
