"""Whether the whole foot stays on the floor, and how the feet stand."""

from formnet.measures import curves as c
from formnet.measures.base import Measure

_FOOT = ("heel", "foot_index")
# From behind the foot hides its own toes: in ten clips of flat feet the heels seem to rise by 0.10 ± 0.12 of a foot,
# where simulated people say that this view is as good as any.
_BEHIND = {"back oblique": 0.15, "back": 0.15}
PITCH, TOES = c.nearer_side(c.foot_pitch), c.nearer_side(c.toes_over_heel)
HEIGHT = c.nearer_side(c.heel_height)

MEASURES = (
    Measure(
        "heel_rise", "Rise of the heels", "foot lengths",
        "Greatest height of the heels over the toes beyond that when standing, mean of the feet that are seen.",
        "greatest change", "Myer et al. 2014, criterion 7", PITCH, _FOOT,
        _BEHIND, is_still=True,
    ),
    Measure(
        "heel_height", "Height of the heels", "shin lengths",
        "Greatest height of the heels over the toes, mean of the feet that are seen, whatever it was when standing.",
        "greatest", "heels that are up from the start, or a standing foot seen sloped", HEIGHT,
        ("heel", "foot_index", "knee", "ankle"), is_still=True,
    ),
    Measure(
        "toe_rise", "Rise of the toes", "foot lengths",
        "Greatest height of the toes over the heels beyond that when standing, mean of the feet that are seen.",
        "greatest change", "Myer et al. 2014, criterion 7", TOES, _FOOT, _BEHIND, is_still=True,
    ),
    Measure(
        "stance_width", "Stance width", "hip widths", "Distance of the ankles over that of the hip joints.",
        "bottom", "description of the stance", c.stance_width, ("hip", "ankle"),
    ),
    *(
        Measure(
            f"{side}_toe_out", f"{side.capitalize()} foot turned out", "°",
            f"Direction of the {side} foot against straight ahead, positive outwards.",
            "bottom", "description of the stance", c.on_side(c.toe_out_deg, side), _FOOT,
        )
        for side in ("left", "right")
    ),
)  # fmt: skip
