"""From names of pictures to frame numbers: which part of a name counts the frames, and whether it is one film."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from formnet.motion import MAX_EVEN_FRAMES
from formnet.readers.keypoints.stamps import read_stamps_us

MIN_FILM = 10
"""Fewer pictures whose names belong together are no film beside others."""
_SUFFIX = re.compile(r"(_keypoints|\.predictions|\.openpifpaf)?(\.[A-Za-z]\w{0,4})$")
_HASH = re.compile(r"\.rf\.[0-9A-Za-z]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")
"""What services that keep pictures put into their names: Roboflow's, and others'."""
_MAX_STEP = 15
"""Films that are thinned more than this show no movement any more: larger steps are milliseconds or the like."""
_MAX_GAPS = 0.2


@dataclass(frozen=True, eq=False)
class FrameNumbers:
    """Frames of rows.

    Attributes:
        numbers: (N,) frame number of each row.
        clips: (N,) number of the film that a row belongs to, index into `clip_names`; −1 for a stray picture.
        clip_names: what the names of each film have in common.
        is_film: False for pictures whose names do not belong together.
        stamps: (N,) the numbers in the names where they step too far to count frames, such as milliseconds.
    """

    numbers: NDArray[np.int64]
    clips: NDArray[np.int64]
    clip_names: tuple[str, ...]
    is_film: bool = True
    stamps: NDArray[np.float64] | None = None


def number_frames(keys: Sequence[int | str]) -> FrameNumbers:
    """Frame numbers of the names or numbers of pictures.

    Names that differ in one number belong to one film and that number counts its frames (`cam01.0031.json`,
    `frame00125_cam2.json`); names that differ otherwise belong to several films where each has ten or more, else
    they are single pictures, numbered in order of appearance. The number of a single picture called TKD_6.png is 0,
    that of 6.jpg is 6.
    """
    if all(isinstance(key, int) for key in keys):
        numbers = np.array(keys, dtype=np.int64)
        if len(numbers) and numbers.min() > MAX_EVEN_FRAMES:
            # Numbers of pictures in a data set, such as PoseTrack's, of which no clip has as many.
            numbers -= numbers.min()
        return FrameNumbers(numbers, np.zeros(len(keys), np.int64), ("",))
    names = list(dict.fromkeys(map(str, keys)))
    films = _find_films(names)
    if len(films) > 1:
        long = {label: members for label, members in films.items() if len(members) >= MIN_FILM}
        if sum(map(len, long.values())) < 0.5 * len(names):
            return number_pictures(keys)
        if long:
            films = long
    number_of: dict[str, int] = {}
    stamp_of: dict[str, int] = {}
    clip_of: dict[str, int] = {}
    for clip, members in enumerate(films.values()):
        ranked = np.unique(list(members.values()))
        if len(ranked) > 2 and np.median(np.diff(ranked)) > _MAX_STEP:
            stamp_of |= members
            members = {name: int(np.searchsorted(ranked, number)) for name, number in members.items()}
        number_of |= members
        clip_of |= dict.fromkeys(members, clip)
    return FrameNumbers(
        np.array([number_of.get(str(key), 0) for key in keys], dtype=np.int64),
        np.array([clip_of.get(str(key), -1) for key in keys], dtype=np.int64),
        tuple(films),
        stamps=np.array([stamp_of.get(str(key), np.nan) for key in keys]) if stamp_of else None,
    )


def number_pictures(keys: Sequence[int | str]) -> FrameNumbers:
    """Pictures that are no film, numbered in order of appearance."""
    order = {name: number for number, name in enumerate(dict.fromkeys(map(str, keys)))}
    numbers = np.array([order[str(key)] for key in keys], dtype=np.int64)
    return FrameNumbers(numbers, np.zeros(len(keys), np.int64), ("",), is_film=False)


def has_gaps(frames: FrameNumbers) -> bool:
    """Whether names say little about order: strays beside them, or numbers that mostly do not follow each other."""
    steps = np.diff(np.unique(frames.numbers[frames.clips == 0]))
    return bool((frames.clips < 0).any() or (len(steps) and np.mean(steps > 1) > _MAX_GAPS))


def _find_films(names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Label of each film → name → frame number."""
    patterns: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
    for name in names:
        path = PurePosixPath(name.replace("\\", "/"))
        stem = _HASH.sub("", _SUFFIX.sub("", path.name))
        parts = re.split(r"(\d+)", stem)
        folder = str(path.parent) if str(path.parent) != "." else ""
        patterns[(folder, *parts[::2])].append((name, tuple(parts[1::2])))
    films: dict[str, dict[str, int]] = {}
    for (folder, *text), members in patterns.items():
        stamps_us = read_stamps_us([digits for _, digits in members], text)
        split = _split_by_number(members, text)
        if stamps_us is not None:
            split = {next(iter(split)): {name: int(us) for (name, _), us in zip(members, stamps_us, strict=True)}}
        for fixed, numbered in split.items():
            label = "/".join(part for part in (folder, fixed) if part)
            films[label if label not in films else f"{label} ({len(films)})"] = numbered
    return films


def _split_by_number(members: list[tuple[str, tuple[str, ...]]], text: list[str]) -> dict[str, dict[str, int]]:
    """The films of names that differ in their numbers only, by the text around the number that counts."""
    values = np.array([[int(digits[:18]) for digits in numbers] for _, numbers in members], dtype=np.int64)
    values = values.reshape(len(members), -1)
    if values.shape[1] == 0:
        return {text[0]: {name: number for number, (name, _) in enumerate(members)}}
    n_distinct = np.array([len(np.unique(column)) for column in values.T])
    if len(members) == 1:
        is_number = text == ["", ""]
        return {_label(text, values[0], -1): {members[0][0]: int(values[0, 0]) if is_number else 0}}
    counting = len(n_distinct) - 1 - int(np.argmax(n_distinct[::-1]))
    others = np.delete(values, counting, axis=1)
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for row, fixed in enumerate(others):
        groups[tuple(fixed)].append(row)
    if len(groups) > 1 and _run_together([set(values[rows, counting].tolist()) for rows in groups.values()]):
        ranks = np.lexsort(values.T[::-1])
        return {_label(text, values[0], counting): {members[row][0]: rank for rank, row in enumerate(ranks)}}
    films = {}
    for rows in groups.values():
        numbers = values[rows, counting]
        label = _label(text, values[rows[0]], counting)
        films[label] = {members[row][0]: int(number) for row, number in zip(rows, numbers, strict=True)}
    return films


def _run_together(counts: list[set[int]]) -> bool:
    """Whether two numbers count together, as the seconds and milliseconds of a time of day do: cameras that film side
    by side count the same frames, one second after the other does not."""
    shared = len(counts[0] & counts[1]) / min(len(counts[0]), len(counts[1]))
    return shared < 0.5 or len(counts) > sum(map(len, counts)) / 2


def _label(text: list[str], values: NDArray[np.int64], counting: int) -> str:
    """The names with a star in the place of the number that counts."""
    parts = [text[0]]
    for column, after in enumerate(text[1:]):
        parts += ["*" if column == counting % len(values) else str(values[column]), after]
    return "".join(parts)
