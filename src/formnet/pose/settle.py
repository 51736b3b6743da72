"""From the people of single frames to the track of one person: who is meant, how they are called, how they move."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from formnet.errors import InputError, PoseError
from formnet.motion import Motion
from formnet.pose.model_bundle import Eyes
from formnet.pose.people import People, Person, SeenPeople, compute_prominence
from formnet.pose.smoothing import IN_METRES, IN_PICTURE, smooth_places, smooth_visibility
from formnet.pose.track import PoseTrack
from formnet.skeleton import Skeleton

MIN_COVERAGE = 0.5
MIN_STRETCH_S = 3.0
"""A clip is used when half of its frames show the person, or when 3 s on end do: that is one slow repetition."""
_TOLD_COVERAGE = 0.98
_MAX_GAP_S = 0.5


def settle(
    seen: Iterable[SeenPeople],
    skeleton: Skeleton,
    *,
    person: int | None = None,
    source: str = "the video",
    eyes: Eyes | None = None,
) -> PoseTrack:
    """Chooses one person and smooths how they move.

    Args:
        seen: people in the frames of a clip, times strictly increasing, not smoothed.
        skeleton: joints of the detections.
        person: 1 for the most prominent person, 2 for the next, …; None for the most prominent.
        source: how to call the clip in errors.
        eyes: which size of BlazePose saw them.

    Returns:
        Image and world joints on the frames' times; confidence = visibility × presence; frames without the person
        are NaN.

    Raises:
        PoseError: when too few frames show a person, or there are fewer people than `person`.
        InputError: when there are no frames.
    """
    people = People()
    times_s: list[float] = []
    width = height = 0
    for number, frame in enumerate(seen):
        people.add(number, frame.people)
        times_s.append(frame.timestamp_s)
        width, height = frame.width, frame.height
    if not times_s:
        raise InputError(f"{source} has no frames; give a clip with at least one")
    ranked = people.ranked(len(times_s), width, height)
    wanted = person or 1
    if not ranked:
        raise PoseError(
            f"no person was found in {source}; film the whole body, upright and well lit, from 2–4 metres away"
        )
    if wanted > len(ranked):
        n_people = "1 person was" if len(ranked) == 1 else f"{len(ranked)} people were"
        raise PoseError(f"{n_people} found in {source}, not {wanted}; choose a person from 1 to {len(ranked)}")
    track = _make_track(ranked[wanted - 1], np.array(times_s), width, height, skeleton)
    who = "a person" if wanted == 1 else f"person {wanted}"
    others = [] if person is not None else _others_warning(ranked, len(times_s), width, height)
    return replace(track, eyes=eyes).with_warnings(_check_coverage(track, source, who) + others)


def _make_track(person: Person, times_s: np.ndarray, width: int, height: int, skeleton: Skeleton) -> PoseTrack:
    frames = np.array(list(person.detections))
    detections = list(person.detections.values())
    seen_s = times_s[frames]
    in_picture = np.array([d.image for d in detections])
    sizes_px = np.array([d.size_px for d in detections])
    visibility = smooth_visibility(np.array([d.visibility for d in detections]), seen_s)

    shape = (len(times_s), len(skeleton))
    image, confidence = np.full((*shape, 2), np.nan), np.zeros(shape)
    image[frames] = smooth_places(in_picture, seen_s, sizes_px, IN_PICTURE)
    confidence[frames] = visibility * np.array([d.presence for d in detections])
    in_metres = [d.world for d in detections if d.world is not None]
    world: Motion | None = None
    if len(in_metres) == len(detections):
        solid, places = np.full((*shape, 3), np.nan), np.array(in_metres)
        solid[frames] = smooth_places(places, seen_s, np.ptp(places[..., :2], axis=1).mean(axis=1), IN_METRES)
        world = Motion(solid, confidence, times_s, skeleton, "metre")
    backs = {float(times_s[frame]): d.back for frame, d in person.detections.items() if d.back is not None}
    return PoseTrack(Motion(image, confidence, times_s, skeleton, "pixel"), world, width, height, backs=backs)


def _check_coverage(track: PoseTrack, source: str, who: str) -> list[str]:
    """Warnings about frames without the person; raises `PoseError` when too few show one."""
    coverage = track.coverage
    if coverage < MIN_COVERAGE and _longest_stretch_s(track) < MIN_STRETCH_S:
        raise PoseError(
            f"{who} was found in only {coverage:.0%} of the frames of {source}; film the whole body, well lit, from "
            "2–4 metres away"
        )
    return [f"no person was found in {1 - coverage:.0%} of the frames"] if coverage < _TOLD_COVERAGE else []


def _longest_stretch_s(track: PoseTrack) -> float:
    """Longest time in which the person is never lost for more than half a second."""
    seen = track.image.timestamps[~track.image.missing.all(axis=1)]
    pieces = np.split(seen, np.flatnonzero(np.diff(seen) > _MAX_GAP_S) + 1)
    return max(float(piece[-1] - piece[0]) for piece in pieces)


def _others_warning(ranked: list[Person], n_frames: int, width: int, height: int) -> list[str]:
    if len(ranked) < 2:
        return []
    n_people = "two" if len(ranked) == 2 else str(len(ranked))
    followed, *others = (compute_prominence(p, width, height) for p in ranked)
    who = "most prominent one" if followed >= max(others) else "one who moves"
    is_next_there = len(ranked[1].detections) >= MIN_COVERAGE * n_frames
    choice = ", --person 2 picks the next" if is_next_there else "; the next is not there for most of the time"
    return [f"there are {n_people} people in the picture: the {who} is followed{choice}"]
