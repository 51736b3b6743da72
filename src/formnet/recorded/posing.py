"""A recorded motion posed on a body of formnet's: the bones' directions are the recording's, their lengths the body's.

Depth cameras and marker sets put hips and shoulders where no body has them, so places cannot be copied. Directions can:
thighs, shanks, arms and trunk point where they were recorded to, hence knees and elbows bend as much. Then the feet are
planted (`planting`), which turns the legs by what the recording's own feet slid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.body.model import TO_WORLD, Body
from formnet.errors import InputError
from formnet.geometry.paths import interpolate_at
from formnet.lifting.fitting.points import smooth_paths
from formnet.lifting.fitting.warm_start import estimate_rotations
from formnet.motion import FloatArray, Motion
from formnet.recorded.planting import find_contacts, plant_feet
from formnet.recorded.turns import chain, place_joints, rotation_onto, unchain
from formnet.skeleton import SMPL_24, Skeleton
from formnet.synth.anatomy import describe_anatomy

LEGS = Skeleton(
    "recorded legs and shoulders",
    tuple(f"{side}_{joint}" for joint in ("shoulder", "hip", "knee", "ankle", "foot_index")
          for side in ("left", "right")),
)  # fmt: skip
"""Joints without which a recording cannot be posed."""
_TRUNK = list(SMPL_24.indices(("pelvis", "spine1", "spine2", "spine3", "neck", "head", "left_collar", "right_collar")))


@dataclass(frozen=True, eq=False)
class PosedRecording:
    """One person in motion, posed on a body.

    Attributes:
        timestamps: (T,) seconds, even.
        poses: (T, 24, 3) SMPL pose parameters, as `Body.pose` takes them.
        translation: (T, 3) the pelvis in the world (y down, the floor at 0), metres.
        joints: (T, 24, 3) SMPL joints in the world, metres.
        contacts: (T, 2) whether the left and the right foot stand.
    """

    timestamps: FloatArray
    poses: FloatArray
    translation: FloatArray
    joints: FloatArray
    contacts: np.ndarray

    @property
    def motion(self) -> Motion:
        """Its joints as a motion."""
        return Motion(self.joints, np.ones(self.joints.shape[:2]), self.timestamps, SMPL_24)


def pose_recording(motion: Motion, body: Body, betas: FloatArray, fps: float) -> PosedRecording:
    """Poses a recording (T, J, 3) in metres, y down, on the body of shape coefficients `betas` (S,).

    Args:
        motion: with a path of its own: feet that stand must not move with the pelvis.
        fps: of the answer; the recording is smoothed and sampled.

    Raises:
        InputError: no metres in 3D, too short, or shoulders or legs were never recorded.
    """
    if motion.n_dimensions != 3 or motion.unit != "metre" or len(motion) < 3:
        raise InputError(
            f"expected a recording of three frames or more in metres, got {len(motion)} in {motion.n_dimensions}D in "
            f"{motion.unit}s; give joints in space"
        )
    smooth = sample_smoothly(motion, fps)
    if absent := [name for name in LEGS.joints if name not in smooth.skeleton]:
        raise InputError(f"{', '.join(absent)} were never recorded; give recordings of the whole body")
    seen = smooth.select(LEGS)
    anatomy = describe_anatomy(body, betas)
    turns = chain(estimate_rotations(body, betas, smooth))
    _straighten_trunk(turns, anatomy.offsets[0], seen.positions * TO_WORLD)
    feet = {side: seen.positions[:, LEGS.indices((f"{side}_ankle", f"{side}_foot_index"))] * TO_WORLD
            for side in ("left", "right")}  # fmt: skip
    contacts = find_contacts(feet, 1.0 / fps)
    joints = plant_feet(anatomy, turns, feet, contacts, 1.0 / fps)
    return PosedRecording(
        smooth.timestamps - smooth.timestamps[0], unchain(turns), joints[:, 0] * TO_WORLD, joints * TO_WORLD, contacts
    )  # fmt: skip


def sample_smoothly(motion: Motion, fps: float) -> Motion:
    """The motion smoothed, gaps bridged, at an even rate, without the joints that are never seen."""
    seen = np.flatnonzero(~motion.missing.all(axis=0))
    known = motion.select(Skeleton("recorded joints", tuple(motion.skeleton.joints[number] for number in seen)))
    times_s = np.arange(motion.timestamps[0], motion.timestamps[-1] + 1e-9, 1.0 / fps)
    positions = interpolate_at(times_s, motion.timestamps, smooth_paths(known))
    return Motion(positions, np.ones(positions.shape[:2]), times_s, known.skeleton)


def _straighten_trunk(turns: FloatArray, offsets: FloatArray, seen: FloatArray) -> None:
    """Turns the trunk as one, so that the line from hips to shoulders is the recorded one; limbs keep their ways."""
    joints = place_joints(offsets, turns)
    own, wanted = (
        points[:, places("left_shoulder", "right_shoulder")].mean(axis=1)
        - points[:, places("left_hip", "right_hip")].mean(axis=1)
        for points, places in (
            (joints, lambda *names: list(SMPL_24.indices(names))),
            (seen, lambda *names: list(LEGS.indices(names))),
        )
    )
    turns[:, _TRUNK] = rotation_onto(own, wanted)[:, None] @ turns[:, _TRUNK]
