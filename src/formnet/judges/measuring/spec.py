"""What the measuring network looks at, frozen and serialisable: a checkpoint carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from formnet.errors import InputError
from formnet.features.registry import feature_names
from formnet.lifting.observation import OBSERVED_24
from formnet.measures.registry import MEASURES
from formnet.preprocess.spec import BlockSpec, FeatureSpec, LimbSpec, PreprocessSpec
from formnet.skeleton import SQUAT_25, name_both_sides

_SIDED = name_both_sides("shoulder", "hip", "knee", "ankle", "heel", "foot_index")
_HEAD = ("nose", *name_both_sides("eye", "ear", "shoulder"))
_FEET = name_both_sides("knee", "ankle", "heel", "foot_index")
SOLID_JOINTS = (*_SIDED, "pelvis", "spine1", "spine2", "spine3", "neck", "head", "nose")
PICTURE_JOINTS = (*_SIDED, "nose", *name_both_sides("eye", "ear"))
SIGHTS = ("solid", "picture", "readings")
"""What a network may look at: distances of lifted joints, distances in the picture, readings of the geometry."""


def _distances_and_plumb(joints: tuple[str, ...]) -> tuple[BlockSpec, ...]:
    options = {"joints": list(joints)}
    return BlockSpec("distances", options), BlockSpec("plumb", options)


def _spec_of_picture() -> FeatureSpec:
    """Beside the distances their change from standing in head and feet, which lifters flatten."""
    return FeatureSpec(
        (
            *_distances_and_plumb(PICTURE_JOINTS),
            BlockSpec("log_ratio", {"joints": list(_HEAD)}),
            BlockSpec("plumb_change", {"joints": list(_HEAD)}),
            BlockSpec("log_ratio", {"joints": list(_FEET)}),
            BlockSpec("plumb_change", {"joints": list(_FEET), "anchor": "ankle", "reach": 0.5}),
        )
    )


def _spec_of_solid() -> PreprocessSpec:
    # Bodies need PyTorch, a stored description does not.
    from formnet.body.limbs import reference_limb_lengths

    lengths = tuple(
        (parent, child, round(length, 6))
        for (parent, child), length in reference_limb_lengths().items()
        if parent in SQUAT_25 and child in SQUAT_25
    )
    return PreprocessSpec(
        skeleton=SQUAT_25.name,
        limbs=LimbSpec("full", "clip", lengths),
        n_frames=32,
        align="bottom",
        features=FeatureSpec(_distances_and_plumb(SOLID_JOINTS)),
    )


def measurable() -> tuple[str, ...]:
    """Measures that a motion brought to a fixed number of frames can show: all but durations."""
    return tuple(name for name, measure in MEASURES.items() if measure.unit != "s")


@dataclass(frozen=True)
class MeasuringSpec:
    """From a repetition to the network's channels.

    Attributes:
        measures: what is estimated, in the network's order.
        solid: of the lifted joints, levelled: limbs at the lengths of the SMPL body, frames with the bottom in the
            middle, distances.
        picture: of the joints in the picture, in sizes of the person, over the same frames.
        sees: which of `SIGHTS` the network is given.
    """

    measures: tuple[str, ...] = field(default_factory=measurable)
    solid: PreprocessSpec = field(default_factory=_spec_of_solid)
    picture: FeatureSpec = field(default_factory=_spec_of_picture)
    sees: tuple[str, ...] = SIGHTS

    def __post_init__(self) -> None:
        unknown = [name for name in self.measures if name not in MEASURES]
        if unknown:
            raise InputError(f"there are no measures {', '.join(unknown)}; use some of {', '.join(MEASURES)}")
        if not self.sees or set(self.sees) - set(SIGHTS):
            raise InputError(f"expected sees to be some of {', '.join(SIGHTS)}, got {list(self.sees)}")

    @property
    def n_channels(self) -> int:
        """Of the distances, lifted and in the picture."""
        solid = len(feature_names(self.solid.features, SQUAT_25)) if "solid" in self.sees else 0
        return solid + (len(feature_names(self.picture, OBSERVED_24, 2)) if "picture" in self.sees else 0)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` reads them back."""
        blocks = [{"name": block.name, "options": dict(block.options)} for block in self.picture.blocks]
        return {
            "measures": list(self.measures),
            "solid": self.solid.to_dict(),
            "picture": {"blocks": blocks},
            "sees": list(self.sees),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> MeasuringSpec:
        """Raises `InputError`, `KeyError` or `TypeError` for values that are no such description."""
        blocks = tuple(BlockSpec(str(block["name"]), dict(block["options"])) for block in values["picture"]["blocks"])
        return cls(
            tuple(str(name) for name in values["measures"]),
            PreprocessSpec.from_dict(values["solid"]),
            FeatureSpec(blocks),
            tuple(str(sight) for sight in values["sees"]),
        )
