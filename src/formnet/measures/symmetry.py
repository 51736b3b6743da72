"""Left against right. Reported, not judged: asymmetry is common in trained lifters."""

from formnet.measures import curves as c
from formnet.measures.base import Measure

KNEES = c.left_minus_right(c.knee_flexion_deg)
_SOURCE = "asymmetry is common in trained lifters; reported only"

MEASURES = (
    Measure(
        "knee_difference", "Left less right knee flexion", "°", "Bend of the left knee less that of the right one.",
        "bottom", _SOURCE, KNEES, ("hip", "knee", "ankle"),
    ),
    Measure(
        "pelvis_shift", "Shift of the pelvis", "hip widths",
        "Middle of the hips beside the middle of the ankles, positive to the person's left.",
        "bottom", _SOURCE, c.pelvis_shift, ("hip", "ankle"),
    ),
    Measure(
        "pelvis_drop", "Drop of the pelvis", "°",
        "Line through the hips against the horizontal, positive with the left hip lower.",
        "bottom", "Myer et al. 2014, criterion 4", c.pelvis_drop_deg, ("hip",),
    ),
)  # fmt: skip
