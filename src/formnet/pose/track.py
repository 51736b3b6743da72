"""What pose estimation of a clip gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from formnet.errors import PoseError
from formnet.motion import Motion
from formnet.playback import AS_IT_IS, Playback
from formnet.pose.depth import combine_image_and_depth


@dataclass(frozen=True, eq=False)
class PoseTrack:
    """One person through one clip.

    Attributes:
        image: (T, J, 2) in pixels of the upright picture; joints may lie outside of it.
        world: (T, J, 3) in metres with the middle of the hips as origin; on the same times. None where the source
            knows joints in the picture only.
        width, height: of the upright picture.
        warnings: one sentence each.
        playback: how the video was shown, for drawing on its pictures.
    """

    image: Motion
    world: Motion | None
    width: int
    height: int
    warnings: tuple[str, ...] = ()
    playback: Playback = AS_IT_IS

    def __repr__(self) -> str:
        depth = "with depth" if self.world is not None else "in the picture only"
        return f"PoseTrack({self.image!r} in {self.width}×{self.height}, {depth})"

    @property
    def solid(self) -> Motion:
        """(T, J, 3) metres, the middle of the hips as origin.

        Across the picture from the joints in the picture, in depth from `world` (see `formnet.pose.depth`).
        Raises `PoseError` without `world`, or when trunk and legs are never seen together.
        """
        return combine_image_and_depth(self.image, self.require_world())

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
        """The same track with further warnings."""
        return replace(self, warnings=(*self.warnings, *warnings))
