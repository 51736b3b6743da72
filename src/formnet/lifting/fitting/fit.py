"""Pose and shape by optimisation: one body with constant limbs that moves like the motion (after SMPLify, 2016)."""

from __future__ import annotations

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
from formnet.lifting.fitting.objective import Objective
from formnet.lifting.fitting.points import compute_point_weights, compute_roughness_bands, smooth_paths
from formnet.lifting.fitting.precondition import Whitening
from formnet.lifting.fitting.warm_start import estimate_rotations, follow_rotations
from formnet.motion import FloatArray, Motion
from formnet.skeleton import SMPL_24

_ITERATIONS = 30
_SMALL = 0.05
_LEAST_PULL = 1.0
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
    """

    betas: FloatArray
    poses: FloatArray
    translation: FloatArray
    joints: FloatArray
    landmarks: FloatArray


def fit_body(motion: Motion, *, iterations: int = _ITERATIONS) -> FittedBody:
    """Shape, pose and place of the built-in body that explain a motion.

    Starts from geometry (`estimate_rotations`), then improves all at once by L-BFGS through smplx's kinematics, without
    the mesh. Joints count by their confidence; limbs that nobody saw hang relaxed, gaps are bridged smoothly.

    Args:
        motion: 3D joints in metres; hips and shoulders must be seen at some time.
        iterations: of L-BFGS; 0 gives the start.

    Raises:
        InputError: for 2D joints, another unit, fewer than three frames, or hips or shoulders never seen.
    """
    if motion.n_dimensions != 3 or motion.unit != "metre":
        raise InputError(
            f"expected 3D joints in metres to fit a body to, got {motion.n_dimensions}D in {motion.unit}s; lift first"
        )
    if len(motion) < 3:
        raise InputError(f"expected three frames or more to fit a body to, got {len(motion)}; give a longer clip")
    body = load_body()
    mixing, trust = compute_point_weights(motion.skeleton)
    smooth = motion.replace(positions=smooth_paths(motion), confidence=np.ones(motion.confidence.shape))
    betas = estimate_shape(body, smooth, motion.confidence.mean(axis=0))
    start = estimate_rotations(body, betas, smooth)
    used = trust > 0
    problem = _Problem(
        body,
        torch.as_tensor(mixing[used], dtype=torch.float32),
        Objective(motion.positions[:, used], motion.confidence[:, used] * trust[used], motion.timestamps),
        smooth.positions[:, used],
        betas,
        start,
    )  # fmt: skip
    problem.improve(iterations, compute_roughness_bands(motion.timestamps))
    return problem.result()


def estimate_shape(body: Body, motion: Motion, confidence: FloatArray | None = None) -> FloatArray:
    """Shape coefficients (S,) from the median lengths of the limbs that are seen, pulled to the average person.

    Args:
        confidence: (J,) how much each joint counts; all alike if None.
    """
    mixing, _ = compute_point_weights(motion.skeleton)
    pairs = [
        motion.skeleton.indices(pair)
        for pair in _MEASURED
        if all(name in motion.skeleton and not motion.missing[:, motion.skeleton.index(name)].all() for name in pair)
    ]
    if not pairs:
        return np.zeros(len(body.shape_names))
    first, second = np.array(pairs).T
    sure = np.ones(len(motion.skeleton)) if confidence is None else confidence
    sigma = _LENGTH_SIGMA_M / np.maximum(np.minimum(sure[first], sure[second]), 1e-3)
    seen = np.median(np.linalg.norm(motion.positions[:, first] - motion.positions[:, second], axis=-1), axis=0)

    def misfit(betas: FloatArray) -> FloatArray:
        places = mixing @ np.concatenate([body.joints(betas), body.landmarks(betas)])
        lengths = np.linalg.norm(places[first] - places[second], axis=-1)
        return np.concatenate([(lengths - seen) / sigma, betas])

    return np.clip(least_squares(misfit, np.zeros(len(body.shape_names))).x, -BETA_LIMIT, BETA_LIMIT)


class _Problem:
    """The unknowns of a fit and how they make the body.

    The pelvis is turned away from its start by a small rotation vector, so that no clip comes near the half turn
    where rotation vectors jump; all other joints are rotation vectors of their own. What the optimiser moves are
    steps away from the start in round unknowns, see `precondition`.
    """

    def __init__(
        self, body: Body, mixing: Tensor, objective: Objective, goal: FloatArray, betas: FloatArray, start: FloatArray
    ) -> None:
        self.body, self.mixing, self.objective = body, mixing, objective
        angles = follow_rotations(Rotation.from_matrix(start).as_rotvec())
        angles[:, 0] = 0.0
        self.facing, self.angles, self.betas = (
            torch.as_tensor(array, dtype=torch.float32) for array in (start[:, 0], angles, betas)
        )
        self.place = torch.zeros(len(start), 3)
        # The start is at the best place for its pose.
        offset = goal - self._forward(self.angles, self.place, self.betas, self.facing)[2].numpy()
        self.place = torch.as_tensor(np.nanmean(offset, axis=1), dtype=torch.float32)

    def improve(self, iterations: int, roughness: FloatArray) -> None:
        """Moves the unknowns; `roughness` is what `compute_roughness_bands` gives."""
        n_frames = len(self.angles)
        whiten, betas_step = self._round_unknowns(roughness)
        # Half the curvature of a squared term, and the objective is a mean over frames.
        unit = (n_frames / 2) ** 0.5
        steps = torch.zeros(n_frames, len(SMPL_24) + 1, 3, requires_grad=True)
        betas_steps = torch.zeros(len(self.betas), requires_grad=True)
        optimiser = torch.optim.LBFGS(
            [steps, betas_steps], max_iter=iterations, max_eval=2 * iterations, history_size=20,
            line_search_fn="strong_wolfe", tolerance_change=1e-9, tolerance_grad=1e-7,
        )  # fmt: skip

        def unknowns() -> tuple[Tensor, Tensor, Tensor]:
            moved = unit * whiten(steps)
            return self.angles + moved[:, 1:], self.place + moved[:, 0], self.betas + unit * betas_step * betas_steps

        def closure() -> Tensor:
            optimiser.zero_grad()
            angles, place, betas = unknowns()
            _, _, points, rotations = self._forward(angles, place, betas, self.facing)
            loss = self.objective(points, angles, rotations, place, betas)
            loss.backward()
            return loss

        optimiser.step(closure)
        with torch.no_grad():
            self.angles, self.place, self.betas = unknowns()

    def _forward(
        self, angles: Tensor, place: Tensor, betas: Tensor, facing: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Joints (T, 24, 3), landmarks (T, 33, 3), points (T, J, 3) and rotations (T, 24, 3, 3)."""
        rotations = axis_angle_to_matrix(angles)
        rotations = torch.cat([(facing @ rotations[:, 0])[:, None], rotations[:, 1:]], dim=1)
        joints, landmarks = (
            points[0] for points in self.body.pose_joints_torch(betas[None], rotations[None], place[None])
        )
        return joints, landmarks, self.mixing @ torch.cat([joints, landmarks], dim=1), rotations

    def _round_unknowns(self, roughness: FloatArray) -> tuple[Whitening, Tensor]:
        """Place and joints in round unknowns (T, 25, 3), and the step (S,) of each shape coefficient.

        How far the points go with each joint is tried out on the middle frame.
        """
        weights, frame = self.objective.weights, len(self.angles) // 2
        count = self.objective.confidence.mean(dim=0)[:, None]
        n_turns = 3 * len(SMPL_24)
        tried = self.angles[frame].repeat(n_turns + 1, 1, 1)
        tried[1:] += _SMALL * torch.eye(n_turns).reshape(n_turns, len(SMPL_24), 3)
        still, facing = torch.zeros(n_turns + 1, 3), self.facing[frame].expand(n_turns + 1, 3, 3)
        turned = self._forward(tried, still, self.betas, facing)[2]
        lever = (count * ((turned[1:] - turned[0]) / _SMALL) ** 2).sum((1, 2)).reshape(-1, 3).mean(1)
        grown = torch.stack(
            [self._forward(tried[:1], still[:1], self.betas + _SMALL * one, facing[:1])[2][0]
             for one in torch.eye(len(self.betas))]
        )  # fmt: skip
        growth = (count * ((grown - turned[0]) / _SMALL) ** 2).sum((1, 2))
        observed = weights.observed_m**2
        pull = torch.cat([count.sum()[None] / observed, lever / observed + self.objective.pull**2 + _LEAST_PULL])
        smooth = np.array([weights.translation_m_s2**-2.0] + [weights.rotation_rad_s2**-2.0] * len(SMPL_24))
        whiten = Whitening(roughness, pull.double().numpy(), smooth)
        return whiten, (len(self.angles) * growth / observed + weights.shape**-2.0).rsqrt()

    def result(self) -> FittedBody:
        with torch.no_grad():
            # Limbs are measured on the body, whose shape space has an end.
            betas = self.betas.clamp(-BETA_LIMIT, BETA_LIMIT)
            joints, landmarks, _, rotations = self._forward(self.angles, self.place, betas, self.facing)
        poses = self.angles.double().numpy().copy()
        poses[:, 0] = follow_rotations(Rotation.from_matrix(rotations[:, 0].double().numpy()).as_rotvec())
        return FittedBody(
            betas=betas.double().numpy(),
            poses=poses,
            translation=self.place.double().numpy(),
            joints=joints.double().numpy(),
            landmarks=landmarks.double().numpy(),
        )
