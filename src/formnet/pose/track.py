"""One person's poses through one clip, estimated from a film or read from a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from formnet.errors import PoseError
from formnet.motion import FloatArray, Motion
from formnet.playback import AS_IT_IS, Playback
from formnet.pose.depth import combine_image_and_depth
from formnet.pose.model_bundle import Eyes


@dataclass(frozen=True, eq=False)
class PoseTrack:
    """One person through one clip.

    Attributes:
        image: (T, J, 2) in pixels of the upright picture; joints may lie outside of it. Where a file knows joints in 3D
            only, those seen from the front, in its unit (see `is_in_picture`).
        world: (T, J, 3) on the same times; None where the source knows joints in the picture only. An estimator's are
            in metres with the middle of the hips as origin.
        width, height: of the upright picture; where it is not known, of what the joints span (`has_size` False).
        warnings: one sentence each.
        playback: how the video was shown, for drawing on its pictures.
        path: where the poses came from; None for what was made by a program.
        kind: the format ("alphapose", "openpose", "trc", …), or "video" or "image" for what an estimator saw.
        lifted: (T, J, 3) what a lifter made of it, where one was asked for.
        boxes: (T, 4) x, y, width, height of the person in the picture; NaN where not known. None for files without.
        numbers: (T,) the source's own frame numbers; None counts from 0.
        picture: a video or picture file that shows the frames, for drawing.
        is_film: False for pictures that do not follow each other.
        has_size: the size of the picture is known.
        has_own_times: the source says its times; no rate was needed.
        eyes: size of the BlazePose that saw the person; None for other sources, or where it is not known.
        backs: time in seconds → outline of the back (see `formnet.pose.outline.trace_back`) where it was looked at:
            standing and at the bottom, from the side. Empty for sources without pictures.
    """

    image: Motion
    world: Motion | None
    width: int
    height: int
    warnings: tuple[str, ...] = ()
    playback: Playback = AS_IT_IS
    path: Path | None = None
    kind: str = "video"
    lifted: Motion | None = None
    boxes: FloatArray | None = None
    numbers: NDArray[np.int64] | None = None
    picture: Path | None = None
    is_film: bool = True
    has_size: bool = True
    has_own_times: bool = True
    eyes: Eyes | None = None
    backs: Mapping[float, FloatArray] = field(default_factory=dict)

    def __repr__(self) -> str:
        depth = "with depth" if self.world is not None else "in the picture only"
        whence = "" if self.path is None else f"{self.path}, {self.kind}: "
        return f"PoseTrack({whence}{self.image!r} in {self.width}×{self.height}, {depth})"

    @property
    def name(self) -> str:
        """The file's path for messages, "the clip" where there is none."""
        return "the clip" if self.path is None else str(self.path)

    @property
    def is_in_picture(self) -> bool:
        """Whether it is known where joints are in the picture."""
        return self.image.unit == "pixel"

    @cached_property
    def motion(self) -> Motion:
        """The best motion there is: lifted, else 3D as the source has it, else in the picture.

        Raises:
            PoseError: an estimator's depth, and trunk and legs are never seen together.
        """
        if self.lifted is not None:
            return self.lifted
        if self.world is None:
            return self.image
        return self.solid if self.kind in ("video", "image") else self.world

    @property
    def frame_numbers(self) -> NDArray[np.int64]:
        """(T,) the source's own numbers."""
        return np.arange(len(self.image)) if self.numbers is None else self.numbers

    @property
    def solid(self) -> Motion:
        """(T, J, 3) metres, the middle of the hips as origin.

        Across the picture from the joints in the picture, in depth from `world` (see `formnet.pose.depth`).
        Raises `PoseError` without `world`, or when trunk and legs are never seen together.
        """
        return combine_image_and_depth(self.image, self.require_world(), self.name)

    def require_world(self) -> Motion:
        """`world`; raises `PoseError` where the source has none."""
        if self.world is None:
            raise PoseError(
                "these poses are in the picture only and have no depth; choose --lifter supervised, which finds it"
            )
        return self.world

    @property
    def coverage(self) -> float:
        """Share of the frames that show the person, 0–1."""
        return float(1.0 - self.image.missing.all(axis=1).mean())

    def rescaled(self, width: int, height: int) -> PoseTrack:
        """The same track in pixels of a picture of another size."""
        if (width, height) == (self.width, self.height):
            return self
        scale = [width / self.width, height / self.height]
        return replace(self, image=self.image.replace(positions=self.image.positions * scale),
                       width=width, height=height)  # fmt: skip

    def with_warnings(self, warnings: Iterable[str]) -> PoseTrack:
        """The same track with further warnings; itself where there are none."""
        further = tuple(warnings)
        return replace(self, warnings=(*self.warnings, *further)) if further else self
