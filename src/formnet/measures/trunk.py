"""How far trunk and shins lean."""

import numpy as np

from formnet.measures import curves as c
from formnet.measures.base import Measure, RawValue
from formnet.measures.performance import Performance

_TRUNK = ("hip", "shoulder")
SHANK = c.both_sides(c.shank_lean_deg)


def _femur_over_trunk(p: Performance) -> RawValue:
    femur = np.nanmean([p.length(f"{side}_hip", f"{side}_knee") for side in ("left", "right")])
    return RawValue(float(femur / p.length("hip", "shoulder")), p.bottom_s)


MEASURES = (
    Measure(
        "trunk_lean", "Trunk lean", "°",
        "Line from the middle of the hips to that of the shoulders against the vertical, positive forwards.",
        "bottom", "Myer et al. 2014, criterion 2", c.trunk_lean_deg, _TRUNK,
    ),
    Measure(
        "trunk_minus_shank", "Trunk lean beyond the shins'", "°",
        "Trunk lean less the lean of the shins; 0 is parallel.",
        "bottom", "Myer et al. 2014, criterion 3", c.trunk_minus_shank_deg, (*_TRUNK, "knee", "ankle"),
    ),
    Measure(
        "trunk_lean_change", "Change of trunk lean", "°",
        "Trunk lean at the bottom less the lean when standing.",
        "change", "trunk lean against the person's own standing", c.trunk_lean_deg, _TRUNK,
    ),
    Measure(
        "trunk_lean_greatest", "Greatest trunk lean", "°",
        "Greatest lean of the trunk against the vertical that is held while the person is deep, on the way down or up.",
        "greatest", "trunks fold on the way up as often as at the bottom", c.trunk_lean_deg, _TRUNK,
    ),
    Measure(
        "trunk_minus_shank_greatest", "Greatest trunk lean beyond the shins'", "°",
        "Greatest trunk lean less the lean of the shins that is held while the person is deep.",
        "greatest", "Myer et al. 2014, criterion 3", c.trunk_minus_shank_deg, (*_TRUNK, "knee", "ankle"),
    ),
    Measure(
        "trunk_lean_change_greatest", "Greatest change of trunk lean", "°",
        "Greatest trunk lean that is held while the person is deep, less the lean when standing.",
        "greatest change", "trunk lean against the person's own standing", c.trunk_lean_deg, _TRUNK,
    ),
    Measure(
        "shank_lean", "Shin lean", "°",
        "Line from the ankle to the knee against the vertical, mean of both legs, positive forwards.",
        "bottom", "weight-bearing dorsiflexion", SHANK, ("knee", "ankle"),
    ),
    Measure(
        "femur_over_trunk", "Thigh over trunk length", "ratio",
        "Length of the thigh over that of the trunk: long thighs lean more.",
        "whole", "proportions that explain lean", _femur_over_trunk, ("hip", "knee", "shoulder"),
    ),
)  # fmt: skip
