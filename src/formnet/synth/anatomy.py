"""The people of the simulator: limb vectors, feet and segment masses of many bodies at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.body.data import PARENTS
from formnet.body.model import TO_WORLD, Body
from formnet.skeleton import BLAZEPOSE_33, SMPL_24
from formnet.synth.kinematics import Array
from formnet.synth.rows import Rows

# Masses as shares of the body and centres of mass along the segment, both means of the female and male
# columns of de Leva (J. Biomech. 29, 1996, table 4). A segment is rigid with the bone of its first joint;
# the trunk's three parts hang between SMPL's spine joints, whose centres lie near the back, so the mass
# stands in front of them by a share of the trunk's length (after the sagittal offsets of Pearsall 1996).
# Joint, end of the segment, share of the way, share of the trunk's length in front, share of the mass.
_SEGMENTS: tuple[tuple[str, str, float, float, float], ...] = (
    ("pelvis", "spine1", 0.10, 0.03, 0.1182),
    ("spine1", "spine3", 0.45, 0.07, 0.1549),
    ("spine3", "neck", 0.45, 0.08, 0.1571),
    ("head", "head", 0.0, 0.04, 0.0681),
    *(
        (f"{side}_{start}", f"{side}_{end}", share, 0.0, mass)
        for side in ("left", "right")
        for start, end, share, mass in (
            ("shoulder", "elbow", 0.5763, 0.0263),
            ("elbow", "wrist", 0.4567, 0.0150),
            ("wrist", "hand", 0.75, 0.0058),
            ("hip", "knee", 0.3854, 0.1447),
            ("knee", "ankle", 0.4438, 0.0457),
            ("ankle", "foot_index", 0.45, 0.0133),
        )
    ),
)
_HEAD_CENTRE_UP = 0.10
"""Centre of the head's mass above SMPL's head joint, as a share of the trunk's length."""

SEGMENT_JOINTS = SMPL_24.indices(joint for joint, *_ in _SEGMENTS)
SEGMENT_MASSES: Array = np.array([mass for *_, mass in _SEGMENTS])
SEGMENT_MASSES /= SEGMENT_MASSES.sum()
IS_UPPER = np.array([not any(word in joint for word in ("hip", "knee", "ankle")) for joint, *_ in _SEGMENTS])
"""Segments above the hip joints."""


@dataclass(frozen=True)
class Anatomy(Rows):
    """N bodies in SMPL's frame (x left, y up, z forwards), metres.

    Attributes:
        betas: (N, S) shape coefficients.
        rest: (N, 24, 3) joints in the rest pose, the pelvis at the origin.
        offsets: (N, 24, 3) each joint from its parent.
        mass_offsets: (N, segments, 3) centre of mass of each segment from its joint, in the rest pose.
        ankle_height: (N,) ankle over the sole.
        toe_m: (N,) tip of the foot in front of the ankle, along the foot.
        heel_m: (N,) back of the heel behind the ankle.
    """

    betas: Array
    rest: Array
    offsets: Array
    mass_offsets: Array
    ankle_height: Array
    toe_m: Array
    heel_m: Array

    def __len__(self) -> int:
        return len(self.rest)

    def length(self, parent: str, child: str) -> Array:
        """Distance (N,) of two joints in the rest pose."""
        return np.linalg.norm(self.rest[:, SMPL_24.index(child)] - self.rest[:, SMPL_24.index(parent)], axis=-1)

    def vector(self, parent: str, child: str) -> Array:
        """(N, 3) from one joint to another in the rest pose."""
        return self.rest[:, SMPL_24.index(child)] - self.rest[:, SMPL_24.index(parent)]

    def bones(self, start: str, end: str) -> Array:
        """(N, 2, 3) from one joint to another in the rest pose, left and right."""
        return np.stack([self.vector(f"{side}_{start}", f"{side}_{end}") for side in ("left", "right")], axis=1)

    @property
    def hip_breadth_m(self) -> Array:
        """Breadth of the hips (N,): 1.6 times the distance of the joint centres."""
        return 1.6 * self.length("left_hip", "right_hip")


def describe_anatomy(body: Body, betas: Array) -> Anatomy:
    """Measures of the people with shape coefficients `betas` (N, S)."""
    betas = np.atleast_2d(np.asarray(betas, dtype=float))
    rest = body.joints(betas) * TO_WORLD
    marks = body.landmarks(betas) * TO_WORLD
    ankle = rest[:, SMPL_24.index("left_ankle")]
    heel, toe = (marks[:, BLAZEPOSE_33.index(f"left_{name}")] - ankle for name in ("heel", "foot_index"))
    parents = np.array(PARENTS)
    parents[0] = 0
    trunk = np.linalg.norm(rest[:, SMPL_24.index("neck")], axis=-1)
    mass_offsets = np.stack(
        [
            share * (rest[:, SMPL_24.index(end)] - rest[:, SMPL_24.index(joint)])
            + trunk[:, None] * np.array([0.0, _HEAD_CENTRE_UP if joint == "head" else 0.0, front])
            for joint, end, share, front, _ in _SEGMENTS
        ],
        axis=1,
    )
    return Anatomy(
        betas=betas,
        rest=rest,
        offsets=rest - rest[:, parents],
        mass_offsets=mass_offsets,
        ankle_height=body.pelvis_height(betas) + ankle[:, 1],
        toe_m=np.hypot(toe[:, 0], toe[:, 2]),
        heel_m=np.hypot(heel[:, 0], heel[:, 2]),
    )
