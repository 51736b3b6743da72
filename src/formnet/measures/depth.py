"""How deep the person goes."""

from formnet.measures import curves as c
from formnet.measures.base import Measure

_LEG = ("hip", "knee", "ankle")
THIGH = c.both_sides(c.thigh_deg)
HIP_OVER_KNEE = c.both_sides(c.hip_over_knee)
KNEE_FLEXION = c.both_sides(c.knee_flexion_deg)
HIP_FLEXION = c.both_sides(c.hip_flexion_deg)

MEASURES = (
    Measure(
        "thigh", "Thigh over the horizontal", "°",
        "Line from the knee to the hip joint against the horizontal, mean of both legs; 0 is parallel, negative below.",
        "bottom", "Myer et al. 2014, Back Squat Assessment, criterion 9", THIGH, ("hip", "knee"),
    ),
    Measure(
        "hip_over_knee", "Hip over knee", "shin lengths",
        "Height of the hip joint over the knee joint in lengths of the shin, mean of both legs.",
        "bottom", "powerlifting rule of depth, on joint centres", HIP_OVER_KNEE, _LEG,
    ),
    Measure(
        "knee_flexion", "Knee flexion", "°",
        "Bend between thigh and shin, mean of both legs; 0 is straight.",
        "bottom", "goniometer convention", KNEE_FLEXION, _LEG,
    ),
    Measure(
        "hip_flexion", "Hip flexion", "°",
        "Bend between trunk and thigh, mean of both sides; 0 is straight.",
        "bottom", "goniometer convention", HIP_FLEXION, ("shoulder", "hip", "knee"),
    ),
)  # fmt: skip
