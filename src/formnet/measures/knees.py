"""Whether the knees stay over the feet."""

from formnet.measures import curves as c
from formnet.measures.base import Measure

_LEG = ("hip", "knee", "ankle")
_FOOT = ("knee", "ankle", "foot_index")
# Obliquely from behind thighs and trunk hide the knees, and BlazePose guesses them over the feet: of 85 rendered people
# knees 10–40° inside are read as 2–6°; readings explain a quarter of the truth, those of one leg a tenth, and from
# obliquely in front 0.3. Knee width is told better, with an error half as large again as simulated joints have, but it
# does not tell knees that cave in there (AUC 0.70 of ten who do).
_UNTOLD = ("back oblique",)
_WIDTH_BEHIND = {"back oblique": 0.23}
PAST_TOES = c.both_sides(c.knee_past_toes)
INSIDE_FOOT = c.side_of_seen_knee(c.knee_inside_foot_deg)


def _of_side(side: str) -> tuple[Measure, ...]:
    inside, valgus = c.on_side(c.knee_inside_foot_deg, side), c.on_side(c.knee_valgus_deg, side)
    return (
        Measure(
            f"{side}_knee_inside_foot", f"{side.capitalize()} knee inside the foot's line", "°",
            f"Greatest lean of the {side} shin to the inside of the vertical plane through the foot as it stood.",
            "greatest", "knees follow the toes: Myer et al. 2014, criterion 5", inside, _FOOT,
            hidden_from=("front oblique", *_UNTOLD),
        ),
        Measure(
            f"{side}_knee_valgus", f"{side.capitalize()} knee, frontal-plane angle", "°",
            f"Greatest angle between {side} shin and thigh projected to the frontal plane, positive with the knee "
            "inside, while the thigh is 30° or more over the horizontal.",
            "greatest", "frontal-plane projection angle", valgus, _LEG,
        ),
    )  # fmt: skip


MEASURES = (
    Measure(
        "knee_width", "Knee width over ankle width", "ratio",
        "Distance of the knees across the body over the distance of the ankles.",
        "bottom", "knee-ankle separation ratio, no validated limit", c.knee_width, _LEG, _WIDTH_BEHIND,
    ),
    Measure(
        "knee_width_least", "Least knee width over ankle width", "ratio",
        "The least of knee width over ankle width while the person is deep, also on the way up.",
        "least", "knee-ankle separation ratio, no validated limit", c.knee_width, _LEG, _WIDTH_BEHIND, _UNTOLD,
    ),
    Measure(
        "knee_width_change", "Change of knee width", "ratio",
        "Knee width over ankle width at the bottom less the same when standing.",
        "change", "knee-ankle separation ratio against the person's own standing", c.knee_width, _LEG, _WIDTH_BEHIND,
    ),
    Measure(
        "knees_inside_feet", "Knees inside the feet's lines", "°",
        "Greatest lean of the shins to the inside of the vertical planes through the feet as they stood, mean of "
        "both legs.",
        "greatest", "knees follow the toes: Myer et al. 2014, criterion 5", INSIDE_FOOT, _FOOT,
        hidden_from=_UNTOLD,
    ),
    *_of_side("left"),
    *_of_side("right"),
    Measure(
        "knee_past_toes", "Knees past the toes", "foot lengths",
        "How far the knees are in front of the tips of the toes, mean of both legs.",
        "bottom", "Fry et al. 2003: a measure, no fault by itself", PAST_TOES, ("knee", "heel", "foot_index"),
    ),
)  # fmt: skip
