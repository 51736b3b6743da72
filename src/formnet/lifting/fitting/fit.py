"""Pose and shape by optimisation: one body with constant limbs that moves like the motion (after SMPLify, 2016)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation
from torch import Tensor

from formnet.body.load import load_body
from formnet.body.model import Body, axis_angle_to_matrix
from formnet.body.proportions import BETA_LIMIT
from formnet.errors import InputError
from formnet.lifting.fitting.objective import FitWeights, Objective
from formnet.lifting.fitting.points import compute_point_weights, smooth_paths
from formnet.lifting.fitting.warm_start import estimate_pose, follow_rotations
from formnet.motion import FloatArray, Motion
from formnet.skeleton import BLAZEPOSE_33, SMPL_24

Progress = Callable[[int], None]
_ITERATIONS = 60
_PORTION = 10
_LENGTH_SIGMA_M = 0.01
"""How well the median length of a limb over a clip is known."""
# Chains whose lengths tell the shape, whatever the pose.
_MEASURED = (
    ("left_hip", "right_hip"),
    ("left_shoulder", "right_shoulder"),
    *((f"{side}_{a}", f"{side}_{b}") for side in ("left", "right")
      for a, b in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"),
                   ("ankle", "foot_index"))),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class FittedBody:
    """One person laid into a clip.

    Attributes:
        betas: (S,) shape coefficients.
        poses: (T, 24, 3) axis-angle in SMPL's frame, as `Body.pose` takes it.
        translation: (T, 3) place of the pelvis in the world, metres.
        joints: (T, 24, 3) metres, in the order of `SMPL_24`: their limbs have one length throughout.
        landmarks: (T, 33, 3) metres, in the order of `BLAZEPOSE_33`.
        timestamps: (T,) seconds.
        residual_mm: mean distance from the motion's joints that were seen and used.
    """

    betas: FloatArray
    poses: FloatArray
    translation: FloatArray
    joints: FloatArray
    landmarks: FloatArray
    timestamps: FloatArray
    residual_mm: float

    def joint_motion(self) -> Motion:
        """SMPL's joints as a motion in metres."""
        return Motion(self.joints, np.ones(self.joints.shape[:2]), self.timestamps, SMPL_24)

    def landmark_motion(self) -> Motion:
        """BlazePose's landmarks as a motion in metres."""
        return Motion(self.landmarks, np.ones(self.landmarks.shape[:2]), self.timestamps, BLAZEPOSE_33)


def fit_body(
    motion: Motion,
    *,
    body: Body | None = None,
    iterations: int = _ITERATIONS,
    weights: FitWeights | None = None,
    progress: Progress | None = None,
) -> FittedBody:
    """Shape, pose and place of a body that explain a motion.

    Starts from geometry (`estimate_pose`), then improves all at once by L-BFGS through smplx's kinematics, without
    the mesh. Joints count by their confidence; limbs that nobody saw hang relaxed, gaps are bridged smoothly.

    Args:
        motion: 3D joints in metres; hips and shoulders must be seen at some time.
        body: the body fitted; the built-in one if None.
        iterations: of L-BFGS; 0 gives the start.
        progress: told the number of iterations done after each portion.

    Raises:
        InputError: for 2D joints, another unit, fewer than three frames, or hips or shoulders never seen.
    """
    if motion.n_dimensions != 3 or motion.unit != "metre":
        raise InputError(
            f"expected 3D joints in metres to fit a body to, got {motion.n_dimensions}D in {motion.unit}s; lift first"
        )
    if len(motion) < 3:
        raise InputError(f"expected three frames or more to fit a body to, got {len(motion)}; give a longer clip")
    body = load_body() if body is None else body
    mixing, trust = compute_point_weights(motion.skeleton)
    smooth = motion.replace(positions=smooth_paths(motion), confidence=np.ones(motion.confidence.shape))
    betas = estimate_shape(body, smooth)
    start = estimate_pose(body, betas, smooth)
    used = trust > 0
    problem = _Problem(
        body,
        torch.as_tensor(mixing[used], dtype=torch.float32),
        Objective(
            motion.positions[:, used], motion.confidence[:, used] * trust[used], motion.timestamps,
            weights or FitWeights(),
        ),
        smooth.positions[:, used],
        betas,
        start,
    )  # fmt: skip
    problem.improve(iterations, progress)
    return problem.result(motion.timestamps)


def estimate_shape(body: Body, motion: Motion) -> FloatArray:
    """Shape coefficients (S,) from the median lengths of the limbs that are seen, pulled to the average person."""
    mixing, _ = compute_point_weights(motion.skeleton)
    pairs = [
        motion.skeleton.indices(pair)
        for pair in _MEASURED
        if all(name in motion.skeleton and not motion.missing[:, motion.skeleton.index(name)].all() for name in pair)
    ]
    if not pairs:
        return np.zeros(len(body.shape_names))
    first, second = np.array(pairs).T
    seen = np.median(np.linalg.norm(motion.positions[:, first] - motion.positions[:, second], axis=-1), axis=0)

    def misfit(betas: FloatArray) -> FloatArray:
        places = mixing @ np.concatenate([body.joints(betas), body.landmarks(betas)])
        lengths = np.linalg.norm(places[first] - places[second], axis=-1)
        return np.concatenate([(lengths - seen) / _LENGTH_SIGMA_M, betas])

    return np.clip(least_squares(misfit, np.zeros(len(body.shape_names))).x, -BETA_LIMIT, BETA_LIMIT)


class _Problem:
    """The unknowns of a fit and how they make the body.

    The pelvis is turned away from its start by a small rotation vector, so that no clip comes near the half turn
    where rotation vectors jump; all other joints are rotation vectors of their own.
    """

    def __init__(
        self, body: Body, mixing: Tensor, objective: Objective, goal: FloatArray, betas: FloatArray, start: FloatArray
    ) -> None:
        self.body, self.mixing, self.objective = body, mixing, objective
        angles = follow_rotations(Rotation.from_matrix(start).as_rotvec())
        angles[:, 0] = 0.0
        self.facing = torch.as_tensor(start[:, 0], dtype=torch.float32)
        self.angles = torch.tensor(angles, dtype=torch.float32, requires_grad=True)
        self.betas = torch.tensor(betas, dtype=torch.float32, requires_grad=True)
        self.place = torch.zeros(len(start), 3)
        with torch.no_grad():
            points = self.forward()[2]
        # The start is at the best place for its pose.
        self.place = torch.tensor(np.nanmean(goal - points.numpy(), axis=1), dtype=torch.float32, requires_grad=True)

    def forward(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        rotations = axis_angle_to_matrix(self.angles)
        rotations = torch.cat([(self.facing @ rotations[:, 0])[:, None], rotations[:, 1:]], dim=1)
        joints, landmarks = (
            points[0] for points in self.body.pose_joints_torch(self.betas[None], rotations[None], self.place[None])
        )
        return joints, landmarks, self.mixing @ torch.cat([joints, landmarks], dim=1), rotations

    def improve(self, iterations: int, progress: Progress | None) -> None:
        optimiser = torch.optim.LBFGS(
            [self.angles, self.betas, self.place], history_size=20, line_search_fn="strong_wolfe",
            tolerance_change=1e-6, tolerance_grad=1e-6,
        )  # fmt: skip

        def closure() -> Tensor:
            optimiser.zero_grad()
            _, _, points, rotations = self.forward()
            loss = self.objective(points, self.angles, rotations, self.place, self.betas)
            loss.backward()
            return loss

        for done in range(0, iterations, _PORTION):
            portion = min(_PORTION, iterations - done)
            optimiser.param_groups[0].update(max_iter=portion, max_eval=2 * portion)
            optimiser.step(closure)
            if progress is not None:
                progress(portion)

    def result(self, timestamps: FloatArray) -> FittedBody:
        with torch.no_grad():
            # Limbs are measured on the body, whose shape space has an end.
            self.betas.clamp_(-BETA_LIMIT, BETA_LIMIT)
            joints, landmarks, points, rotations = self.forward()
        seen = self.objective.confidence > 0
        residual = torch.linalg.norm(points - self.objective.targets, dim=-1)[seen].mean()
        poses = self.angles.detach().double().numpy().copy()
        poses[:, 0] = follow_rotations(Rotation.from_matrix(rotations[:, 0].double().numpy()).as_rotvec())
        return FittedBody(
            betas=self.betas.detach().double().numpy(),
            poses=poses,
            translation=self.place.detach().double().numpy(),
            joints=joints.double().numpy(),
            landmarks=landmarks.double().numpy(),
            timestamps=timestamps,
            residual_mm=1000 * float(residual),
        )
