"""Who is who in a keypoint file: rows of single frames joined to people, people ranked over the whole clip."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from formnet.errors import PoseError
from formnet.motion import FloatArray
from formnet.readers.detections import Detections

COMPANY_SHARE = 0.1
"""A second person in more than this share of the frames is company, less is a stray detection."""
_DUPLICATE_STEP = 0.08
# A row continues a person when its joints moved less than this share of the body's size; a person who was not seen for
# some frames may have moved farther.
_MAX_STEP = 0.35
_MAX_STEP_PER_LOST_FRAME = 0.05
_MAX_STEP_AFTER_GAP = 1.0
_TRUSTED_ID_STEP = 1.5
_MAX_LEAPS = 0.05


@dataclass(eq=False)
class Track:
    """One person: row numbers by frame, and the number that the file gives them (−1: none)."""

    rows: dict[int, int] = field(default_factory=dict)
    identity: int = -1

    @property
    def last_frame(self) -> int:
        return next(reversed(self.rows))


def select_person(detections: Detections, person: int | None, source: str) -> tuple[Detections, tuple[str, ...]]:
    """One row for each frame: the person asked for, or the only one there is.

    People are followed by the numbers that the file gives them where it has any, else by the least movement of their
    joints, through frames that miss them, and ranked by their size summed over the whole clip.

    Args:
        person: 1 for the most prominent, 2 for the next, …; None when there is one.

    Returns:
        the rows of that person by rising frame number, and what was dropped (one sentence each).

    Raises:
        PoseError: two people and none chosen, or no person of that number.
    """
    detections = drop_duplicates(detections.rows(np.argsort(detections.frames, kind="stable")))
    frames, counts = np.unique(detections.frames, return_counts=True)
    people = rank_people(detections)
    if person is None:
        require_one_person(detections, source)
    elif not 1 <= person <= len(people):
        raise PoseError(
            f"{source} has no person {person}; people are numbered from 1 to {len(people)}, the most prominent first"
        )
    if counts.max() == 1 and len(people) == 1:
        return detections, ()
    taken = np.array(sorted(people[(person or 1) - 1].rows.values()), dtype=np.intp)
    left_out = np.setdiff1d(np.arange(len(detections)), taken)
    n_others = len(np.unique(detections.frames[left_out]))
    note = f"{n_others} of {len(frames)} frames show another person, who was left out"
    return detections.rows(taken), (note,) if n_others else ()


def require_one_person(detections: Detections, source: str) -> None:
    """Raises `PoseError` when a second person is in more than a tenth of the frames."""
    counts = np.unique(drop_duplicates(detections).frames, return_counts=True)[1]
    crowded = int((counts > 1).sum())
    if crowded > COMPANY_SHARE * len(counts) and not _are_strays(detections):
        raise PoseError(
            f"{source} shows {counts.max()} people in {crowded} of {len(counts)} frames; choose one with --person 1 "
            "(1 is the most prominent, 2 the next)"
        )


def _are_strays(detections: Detections) -> bool:
    """Whether nobody but one person lasts: the others are detections here and there that follow nobody."""
    if not detections.is_film:
        return False
    people = rank_people(drop_duplicates(detections.rows(np.argsort(detections.frames, kind="stable"))))
    return len(people) == 1 and len(people[0].rows) >= (1 - COMPANY_SHARE) * len(np.unique(detections.frames))


def drop_duplicates(detections: Detections) -> Detections:
    """Detections without rows that show a body of the same frame a second time; the surer one stays.

    Two people whom the file numbers are no duplicates while they only cross: those overlap most of the time.
    """
    crowded = [frame for frame, count in Counter(detections.frames.tolist()).items() if count > 1]
    sizes = body_sizes(detections.keypoints)
    sure = detections.keypoints[..., 2].mean(axis=1)
    identities = detections.tracks
    met: Counter[tuple[int, int]] = Counter()
    twins: list[tuple[int, int]] = []
    for frame in crowded:
        rows = np.flatnonzero(detections.frames == frame)
        for row, other in itertools.combinations(rows[np.argsort(-sure[rows], kind="stable")].tolist(), 2):
            met[_pair(identities, row, other)] += 1
            if _step(detections.keypoints, row, other) < _DUPLICATE_STEP * max(sizes[row], sizes[other]):
                twins.append((row, other))
    overlaps = Counter(_pair(identities, row, other) for row, other in twins)
    dropped: set[int] = set()
    for row, other in twins:
        pair = _pair(identities, row, other)
        is_crossing = -1 not in pair and pair[0] != pair[1] and overlaps[pair] < 0.5 * met[pair]
        if row not in dropped and not is_crossing:
            dropped.add(other)
    return detections.rows(np.array([row for row in range(len(detections)) if row not in dropped], dtype=np.intp))


def _pair(identities: NDArray[np.int64], row: int, other: int) -> tuple[int, int]:
    first, second = sorted((int(identities[row]), int(identities[other])))
    return first, second


def rank_people(detections: Detections) -> list[Track]:
    """People in rows sorted by frame, the most prominent first.

    Those seen in less than a tenth of the frames are left out where anybody is seen longer. Pictures that are no film
    are ranked one by one; where no frame shows two people, all show the same one.
    """
    if len(np.unique(detections.frames)) == len(detections):
        return [Track(dict(zip(detections.frames.tolist(), range(len(detections)), strict=True)))]
    sizes = body_sizes(detections.keypoints)
    tracks = _follow(detections, sizes) if detections.is_film else _rank_pictures(detections, sizes)
    n_frames = len(np.unique(detections.frames))
    lasting = [track for track in tracks if len(track.rows) >= COMPANY_SHARE * n_frames]
    lasting = lasting or [max(tracks, key=lambda track: len(track.rows))]
    return sorted(lasting, key=lambda track: -float((sizes[list(track.rows.values())] ** 2).sum()))


def body_sizes(keypoints: FloatArray) -> FloatArray:
    """(N,) diagonal of the box around the joints of each row (N, J, 3); at least a tiny number."""
    places = keypoints[..., :2]
    low, high = np.nanmin(places, axis=1), np.nanmax(places, axis=1)
    return np.maximum(np.linalg.norm(high - low, axis=-1), 1e-9)


def _rank_pictures(detections: Detections, sizes: FloatArray) -> list[Track]:
    tracks: list[Track] = []
    for frame in np.unique(detections.frames):
        rows = np.flatnonzero(detections.frames == frame)
        for rank, row in enumerate(rows[np.argsort(-sizes[rows], kind="stable")]):
            if rank == len(tracks):
                tracks.append(Track())
            tracks[rank].rows[int(frame)] = int(row)
    return tracks


def _follow(detections: Detections, sizes: FloatArray) -> list[Track]:
    tracks: list[Track] = []
    identities = _trusted_identities(detections)
    frames, starts = np.unique(detections.frames, return_index=True)
    stops = np.append(starts[1:], len(detections))
    for frame, start, stop in zip(frames.tolist(), starts.tolist(), stops.tolist(), strict=True):
        pairs = sorted(
            (cost, number, row)
            for number, track in enumerate(tracks)
            for row in range(start, stop)
            if (cost := _cost(track, row, frame, identities, detections.keypoints, sizes)) is not None
        )
        continued: set[int] = set()
        taken: set[int] = set()
        for _, number, row in pairs:
            if number not in continued and row not in taken:
                _extend(tracks[number], frame, row, identities)
                continued.add(number)
                taken.add(row)
        for row in range(start, stop):
            if row not in taken:
                tracks.append(Track())
                _extend(tracks[-1], frame, row, identities)
    return tracks


def _extend(track: Track, frame: int, row: int, identities: NDArray[np.int64]) -> None:
    track.rows[frame] = row
    track.identity = int(identities[row]) if identities[row] >= 0 else track.identity


def _trusted_identities(detections: Detections) -> NDArray[np.int64]:
    """(N,) the file's own numbers of people, all −1 where they tell nobody apart."""
    identities = detections.tracks
    known = identities >= 0
    pairs = list(zip(detections.frames[known].tolist(), identities[known].tolist(), strict=True))
    if len(set(identities[known].tolist())) < 2 or len(set(pairs)) < len(pairs):
        return np.full(len(detections), -1, dtype=np.int64)
    return np.full(len(detections), -1, dtype=np.int64) if _leap(detections, identities) else identities


def _leap(detections: Detections, identities: NDArray[np.int64]) -> bool:
    """Whether people of one number leap from frame to frame: then the numbers count rows and follow nobody."""
    sizes = body_sizes(detections.keypoints)
    steps = []
    for identity in np.unique(identities[identities >= 0]):
        rows = np.flatnonzero(identities == identity)
        for before, after in itertools.pairwise(rows.tolist()):
            if detections.frames[after] == detections.frames[before] + 1:
                steps.append(_step(detections.keypoints, before, after) / max(sizes[before], sizes[after]))
    return bool(steps) and float(np.mean(np.array(steps) > _MAX_STEP)) > _MAX_LEAPS


def _cost(
    track: Track, row: int, frame: int, identities: NDArray[np.int64], keypoints: FloatArray, sizes: FloatArray
) -> float | None:
    """How far a row is from continuing a person; None where it cannot be them."""
    last = track.rows[track.last_frame]
    step = _step(keypoints, row, last) / max(float(sizes[row]), float(sizes[last]))
    is_same = track.identity >= 0 and identities[row] == track.identity
    is_other = track.identity >= 0 and identities[row] >= 0 and not is_same
    lost = frame - track.last_frame - 1
    limit = min(_MAX_STEP + _MAX_STEP_PER_LOST_FRAME * lost, _MAX_STEP_AFTER_GAP)
    if is_same:
        # The same number goes first, unless the body would have to leap.
        return step - 10.0 if step < limit + _TRUSTED_ID_STEP else None
    if is_other:
        # Trackers change numbers after a gap, never while they see both.
        return step + 10.0 if lost > 0 and step < _MAX_STEP else None
    return step if step < limit else None


def _step(keypoints: FloatArray, row: int, other: int) -> float:
    """Median distance of the joints that both rows have; infinite where they share none."""
    apart = np.linalg.norm(keypoints[row, :, :2] - keypoints[other, :, :2], axis=-1)
    apart = apart[np.isfinite(apart)]
    return float(np.median(apart)) if len(apart) else float("inf")
