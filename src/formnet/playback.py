"""How a file is to be shown where it does not say so itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from formnet.errors import InputError

QuarterTurn = Literal[0, 90, 180, 270]


@dataclass(frozen=True)
class Playback:
    """What the user knows about a video and the file does not say.

    Attributes:
        turn_deg: clockwise turn that makes the pictures upright, after what the file says itself.
        slow_motion: how many times slower than life the file plays; its times are divided by it.
        is_still: of a photo with a film inside, or of an animated picture, only the first picture is wanted.

    Raises:
        InputError: another turn than a quarter, or a slow motion that is not above 0.
    """

    turn_deg: int = 0
    slow_motion: float = 1.0
    is_still: bool = False

    def __post_init__(self) -> None:
        if self.turn_deg not in get_args(QuarterTurn):
            raise InputError(f"pictures are turned by 90, 180 or 270 degrees, got {self.turn_deg}; choose one of these")
        if not 0 < self.slow_motion < 1000:
            raise InputError(
                f"slow motion is how many times slower than life a clip plays, got {self.slow_motion}; give e.g. 8 for "
                "240 frames a second played at 30"
            )


AS_IT_IS = Playback()
