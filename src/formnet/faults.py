"""The fault vocabulary: what a verdict may say, and what a coach says about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

View = Literal["front", "side"]


@dataclass(frozen=True)
class Fault:
    """One class a repetition can be given.

    Attributes:
        name: identifier in files and JSON.
        title: as shown to people.
        advice: one coaching sentence.
        joints: what the overlay colours (joints of any joint set; absent ones are ignored).
        views: camera directions from which it can be judged; empty when every view will do.
        is_fault: False for good form.
    """

    name: str
    title: str
    advice: str
    joints: tuple[str, ...] = ()
    views: tuple[View, ...] = ()
    is_fault: bool = True


UNSURE = "unsure"
"""The label of a repetition for which no class is sure enough."""

_LEGS = ("left_hip", "left_knee", "left_ankle", "right_hip", "right_knee", "right_ankle")
_BACK = ("left_shoulder", "right_shoulder", "left_hip", "right_hip", "spine1", "spine2", "spine3", "neck", "pelvis")
_HEAD = ("head", "head_top", "nose", "left_eye", "right_eye", "left_ear", "right_ear", "neck")
_FEET = (
    "left_ankle", "left_heel", "left_foot_index", "right_ankle", "right_heel", "right_foot_index",
    "left_knee", "right_knee",
)  # fmt: skip

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("good", "Good", "Good repetition: keep this form.", is_fault=False),
        Fault("inward_knees", "Inward knees", "Push the knees out so that they follow the line of the toes.",
              _LEGS, ("front",)),
        Fault("round_back", "Round back", "Lift the chest and brace the trunk to keep the back straight.",
              _BACK, ("side",)),
        Fault("warped_back", "Warped back", "Brace the abdomen and bring the ribs down instead of arching the lower "
              "back.", _BACK, ("side",)),
        Fault("head_up", "Head up", "Look at a point on the floor ahead so that the neck stays in line with the back.",
              _HEAD, ("side",)),
        Fault("shallow", "Shallow", "Go deeper, until the hips reach the height of the knees.", _LEGS),
        Fault("knees_forward", "Knees in front of the toes", "Sit back with the hips first and keep the weight on the "
              "whole foot.", _FEET, ("side",)),
        # squat7
        Fault("bending_forward", "Bending forward", "Keep the chest up and the trunk parallel to the shins.",
              _BACK, ("side",)),
        Fault("heels_lifting", "Heels lifting", "Keep the heels on the floor and the weight over the mid-foot.",
              _FEET, ("side",)),
        Fault("knees_caving", "Knees caving in", "Push the knees out so that they follow the line of the toes.",
              _LEGS, ("front",)),
        Fault("no_depth", "No depth", "Go deeper, until the hips reach the height of the knees.", _LEGS),
        Fault("olympic_squat", "Olympic squat", "Good high-bar squat: keep this form.", is_fault=False),
        Fault("powerlifting_squat", "Powerlifting squat", "Good low-bar squat: keep this form.", is_fault=False),
        Fault("toes_lifting", "Toes lifting", "Keep the big toes on the floor and the weight over the mid-foot.",
              _FEET, ("side",)),
        # UI-PRMD, EC3D
        Fault("correct", "Correct", "Correct repetition: keep this form.", is_fault=False),
        Fault("incorrect", "Incorrect", "Compare with a correct performance to see which part differs."),
        Fault("feet_too_wide", "Feet too wide", "Bring the feet to about shoulder width.", _LEGS, ("front",)),
        Fault("front_bent", "Bent forward", "Keep the chest up and the trunk parallel to the shins.",
              _BACK, ("side",)),
        Fault(UNSURE, "Unsure", "What matters cannot be judged here: film the whole body, from head to feet, from "
              "another side.", is_fault=False),
    )
}  # fmt: skip

WASEDA_CLASSES = ("good", "inward_knees", "round_back", "warped_back", "head_up", "shallow", "knees_forward")
"""The seven classes of Ogata et al. (CVPRW 2019), in formnet's order."""


def fault_named(name: str) -> Fault:
    """The entry of a class; a class of one's own gets its name as the title."""
    title = name.replace("_", " ").capitalize()
    return FAULTS.get(name) or Fault(name, title, f"The repetition was judged {title!r}.")
