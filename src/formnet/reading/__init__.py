"""Anything that shows a person, read: the one door of every command, and of programs, to videos, pictures and poses."""

from formnet.reading.checks import check_track
from formnet.reading.door import (
    Reading,
    Turn,
    is_pose_file,
    playback_of,
    read_poses,
    read_source,
    read_track,
)
from formnet.reading.find import find_one, find_sources

__all__ = [
    "Reading",
    "Turn",
    "check_track",
    "find_one",
    "find_sources",
    "is_pose_file",
    "playback_of",
    "read_poses",
    "read_source",
    "read_track",
]
