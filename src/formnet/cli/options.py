"""Options that several subcommands share, and what they come to."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from formnet.checks import say_value
from formnet.errors import InputError
from formnet.reading import Reading, Turn

Fps = Annotated[
    float | None,
    typer.Option(help="Frames per second of keypoint files that do not say it; default: 30, and it is said."),
]
Size = Annotated[
    str | None,
    typer.Option(
        help="Width and height of the picture in pixels, for keypoints that are shares of it.", metavar="WIDTHxHEIGHT"
    ),
]
Rotate = Annotated[
    str | None,
    typer.Option(help="Turn the video clockwise by 90, 180 or 270 degrees, or auto: as the person stands."),
]
Clip = Annotated[
    str | None,
    typer.Option(
        "--clip", help="Which of several clips in one keypoint file: the beginning of its name.", metavar="NAME"
    ),
]
SlowMotion = Annotated[
    float | None,
    typer.Option(help="How many times slower than life the clip plays, e.g. 8 for 240 frames a second shown at 30."),
]


def make_group(help: str) -> typer.Typer:
    """A command with subcommands of its own."""
    return typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        help=help,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def make_reading(
    *,
    person: int | None = None,
    fps: float | None = None,
    size: str | None = None,
    rotate: str | None = None,
    clip: str | None = None,
    slow_motion: float | None = None,
    is_still: bool = False,
) -> Reading:
    """What the options say about a source.

    Raises:
        InputError: a size or turn that is none.
    """
    if person is not None and person < 1:
        raise InputError(f"--person must be 1 for the most prominent person or more, got {say_value(person)}")
    if fps is not None and not 0 < fps < 10_000:
        raise InputError(f"the frame rate must be above 0, got {fps}; give the frames per second with --fps")
    if slow_motion is not None and not 0 < slow_motion < 1000:
        raise InputError(f"--slow-motion must be above 0, got {slow_motion}; give e.g. 8")
    return Reading(person, fps, _parse_size(size), _parse_turn(rotate), clip, slow_motion, is_still)


def _parse_size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"\s*(\d{1,5})\s*[x×*,: ]\s*(\d{1,5})\s*", text)
    if match is None or not int(match[1]) or not int(match[2]):
        raise InputError(f"--size must be the picture's width and height such as 1280x720, got {say_value(text)}")
    return int(match[1]), int(match[2])


def _parse_turn(text: str | None) -> Turn:
    if text is None or text.strip().lower() == "auto":
        return 0 if text is None else "auto"
    try:
        turn_deg = int(text) % 360
    except ValueError:
        turn_deg = -1
    if turn_deg not in (0, 90, 180, 270):
        raise InputError(f"--rotate must be 90, 180, 270 or auto, got {say_value(text)}")
    return turn_deg
