"""Bending and hollowing of the back, and the head, each against the person's own standing."""

from formnet.measures import curves as c
from formnet.measures.base import Measure

MEASURES = (
    Measure(
        "back_bending", "Bending of the back", "°",
        "Bend between the lower and the upper half of the spine beyond that when standing; positive rounded, "
        "negative hollow.",
        "change", "lifted spine, from the side of a film its outline; trained lifters bend 13–26° in every squat",
        c.back_bend_deg, ("pelvis", "spine2", "neck"),
    ),
    Measure(
        "head_extension", "Head against the trunk", "°",
        "Tipping back of neck and head against the trunk beyond that when standing.",
        "change", "Myer et al. 2014, criterion 1", c.head_extension_deg, ("shoulder", "hip", "head_top"),
    ),
)  # fmt: skip
