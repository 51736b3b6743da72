"""Posing a body in SMPL's format: the whole mesh, or only joints and landmarks, fast.

Rotations are given in SMPL's frame (x left, y up, z forwards). What comes out stands in formnet's world:
metres, y down, floor at y = 0, the person at rest facing -z. One fixed half turn about x leads from the
first to the second, so left stays +x.
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass

import numpy as np
import torch
from smplx import SMPL
from smplx.lbs import batch_rigid_transform, batch_rodrigues
from smplx.utils import Struct

from formnet.body.data import PARENTS, BodyData
from formnet.body.proportions import BETA_LIMIT
from formnet.skeleton import BLAZEPOSE_33, SMPL_24

TO_WORLD = np.array([1.0, -1.0, -1.0])
"""Signs that turn SMPL's axes into formnet's."""

_CHUNK_FRAMES = 16
# smplx wants these names to append vertices as extra joints; formnet takes none of them.
_NO_EXTRA_JOINTS = dict.fromkeys(("nose", "reye", "leye", "rear", "lear"), 0)


@dataclass(frozen=True)
class PosedBody:
    """A body in motion, in formnet's world frame.

    Attributes:
        vertices: (T, V, 3) metres.
        joints: (T, 24, 3) metres, in the order of `SMPL_24`.
        landmarks: (T, 33, 3) metres, in the order of `BLAZEPOSE_33`, taken from the mesh.
    """

    vertices: np.ndarray
    joints: np.ndarray
    landmarks: np.ndarray

    def __len__(self) -> int:
        return len(self.vertices)


class Body:
    """A body in SMPL's format with its shape space.

    Shape coefficients `betas` (S,) count standard deviations; zeros are the average person.
    """

    def __init__(self, data: BodyData) -> None:
        self._data = data
        self._smpl = _smpl_module(data)
        self._parents = torch.tensor(PARENTS)
        self._landmark_vertex, self._landmark_bone, self._landmark_is_joint = _landmark_rows(data)
        # Rest places of joints and landmarks for any shape, without touching the mesh.
        rest = np.concatenate([data.joint_regressor @ data.template, data.template[self._landmark_vertex]])
        directions = np.concatenate(
            [
                np.einsum("jv,vcs->jcs", data.joint_regressor, data.shape_directions),
                data.shape_directions[self._landmark_vertex],
            ]
        )
        self._rest = torch.tensor(rest, dtype=torch.float32)
        self._rest_directions = torch.tensor(directions, dtype=torch.float32)

    @property
    def faces(self) -> np.ndarray:
        """Triangles (F, 3), counter-clockwise seen from outside."""
        return self._data.faces

    @property
    def regions(self) -> np.ndarray:
        """Region of each vertex (V,), an index into `formnet.body.regions.REGIONS`."""
        return self._data.regions

    @property
    def shape_names(self) -> tuple[str, ...]:
        """What each of the S shape coefficients changes."""
        return self._data.shape_names

    @property
    def data(self) -> BodyData:
        """The arrays this body is made of."""
        return self._data

    def sample_betas(self, rng: np.random.Generator, people: int = 1, spread: float = 1.0) -> np.ndarray:
        """Shape coefficients (people, S) of random people: normal, cut off at `BETA_LIMIT`."""
        return np.clip(rng.normal(scale=spread, size=(people, len(self.shape_names))), -BETA_LIMIT, BETA_LIMIT)

    def joints(self, betas: np.ndarray) -> np.ndarray:
        """Joints (..., 24, 3) in the rest pose, world axes, pelvis at the origin; `betas` is (..., S)."""
        return self._rest_places(betas)[..., : len(SMPL_24), :]

    def landmarks(self, betas: np.ndarray) -> np.ndarray:
        """BlazePose landmarks (..., 33, 3) in the rest pose, world axes, pelvis at the origin."""
        places = self._rest_places(betas)
        return np.where(
            self._landmark_is_joint[:, None], places[..., self._landmark_bone, :], places[..., len(SMPL_24) :, :]
        )

    def pelvis_height(self, betas: np.ndarray) -> np.ndarray:
        """Height (...) in metres of the pelvis over the floor when the person stands in the rest pose."""
        betas = np.atleast_1d(np.asarray(betas, dtype=float))
        shaped = self._data.template + np.einsum("vcs,...s->...vc", self._data.shape_directions, betas)
        pelvis = np.einsum("v,...vc->...c", self._data.joint_regressor[0], shaped)
        return pelvis[..., 1] - shaped[..., 1].min(axis=-1)

    def pose(self, betas: np.ndarray, body_pose: np.ndarray, translation: np.ndarray) -> PosedBody:
        """The mesh in motion.

        Args:
            betas: (S,) shape of the person.
            body_pose: (T, 24, 3) axis-angle in SMPL's frame, the pelvis' global rotation first.
            translation: (T, 3) place of the pelvis joint in the world, metres.
        """
        pose = torch.as_tensor(np.asarray(body_pose), dtype=torch.float32).reshape(-1, len(SMPL_24), 3)
        shape = torch.as_tensor(np.asarray(betas), dtype=torch.float32).reshape(1, -1)
        place = np.asarray(translation, dtype=np.float32).reshape(-1, 1, 3)
        vertices = np.empty((len(pose), len(self._data.template), 3), np.float32)
        joints = np.empty((len(pose), len(SMPL_24), 3), np.float32)
        signs = TO_WORLD.astype(np.float32)
        # smplx keeps a 4x4 matrix for every vertex of every frame: a few frames at a time fit the cache.
        for start in range(0, len(pose), _CHUNK_FRAMES):
            part = slice(start, start + _CHUNK_FRAMES)
            with torch.inference_mode():
                out = self._smpl(
                    betas=shape.expand(len(pose[part]), -1),
                    global_orient=pose[part, 0],
                    body_pose=pose[part, 1:].flatten(1),
                )
            pelvis = out.joints[:, :1].numpy()
            vertices[part] = (out.vertices.numpy() - pelvis) * signs + place[part]
            joints[part] = (out.joints[:, : len(SMPL_24)].numpy() - pelvis) * signs + place[part]
        landmarks = np.where(
            self._landmark_is_joint[:, None], joints[:, self._landmark_bone], vertices[:, self._landmark_vertex]
        )
        return PosedBody(vertices, joints, landmarks)

    def pose_joints(
        self, betas: np.ndarray, body_pose: np.ndarray, translation: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Joints and landmarks in motion, without the mesh; many people at once.

        Args:
            betas: (N, S) or (S,).
            body_pose: (N, T, 24, 3) or (T, 24, 3) axis-angle as for `pose`.
            translation: (N, T, 3) or (T, 3) place of the pelvis joint in the world, metres.

        Returns:
            Joints (N, T, 24, 3) and BlazePose landmarks (N, T, 33, 3) in the world, float32; without N
            if the pose came without it.
        """
        pose = torch.as_tensor(np.asarray(body_pose), dtype=torch.float32)
        lead = pose.shape[:-2]
        people = pose.reshape(-1, *pose.shape[-3:])
        shape = torch.as_tensor(np.asarray(betas), dtype=torch.float32).reshape(-1, self._rest_directions.shape[-1])
        place = torch.as_tensor(np.array(translation, np.float32)).reshape(*people.shape[:2], 3)
        with torch.inference_mode():
            joints, landmarks = self.pose_joints_torch(shape, axis_angle_to_matrix(people), place)
        return (
            joints.numpy().reshape(*lead, len(SMPL_24), 3),
            landmarks.numpy().reshape(*lead, len(BLAZEPOSE_33), 3),
        )

    def pose_joints_torch(
        self, betas: torch.Tensor, rotations: torch.Tensor, translation: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """`pose_joints` for many people on tensors, with gradients.

        Args:
            betas: (N, S), or (1, S) for one shape that all share.
            rotations: (N, T, 24, 3, 3) each bone's in its parent's frame, see `axis_angle_to_matrix`.
            translation: (N, T, 3) place of the pelvis joint in the world, metres.

        Returns:
            Joints (N, T, 24, 3) and BlazePose landmarks (N, T, 33, 3) in the world.
        """
        n_people, n_frames = rotations.shape[:2]
        rest = self._rest + torch.einsum("jcs,ns->njc", self._rest_directions, betas)
        rest = rest[:, None].expand(n_people, n_frames, -1, -1).reshape(-1, rest.shape[1], 3)
        joints, transforms = batch_rigid_transform(
            rotations.reshape(-1, len(SMPL_24), 3, 3), rest[:, : len(SMPL_24)], self._parents
        )
        bones = transforms[:, self._landmark_bone]
        surface = (bones[..., :3, :3] @ rest[:, len(SMPL_24) :, :, None])[..., 0] + bones[..., :3, 3]
        is_joint = torch.as_tensor(self._landmark_is_joint)[:, None]
        landmarks = torch.where(is_joint, joints[:, self._landmark_bone], surface)
        shift = translation.reshape(-1, 1, 3)
        signs = torch.as_tensor(TO_WORLD, dtype=joints.dtype)
        world = [(points - joints[:, :1]) * signs + shift for points in (joints, landmarks)]
        return tuple(points.reshape(n_people, n_frames, -1, 3) for points in world)

    def _rest_places(self, betas: np.ndarray) -> np.ndarray:
        rest, directions = self._rest.double().numpy(), self._rest_directions.double().numpy()
        places = rest + np.einsum("jcs,...s->...jc", directions, np.asarray(betas, dtype=float))
        return (places - places[..., :1, :]) * TO_WORLD


def axis_angle_to_matrix(axis_angle: torch.Tensor) -> torch.Tensor:
    """Rotation matrices (..., 3, 3) of rotation vectors (..., 3) in radians, with gradients also at zero."""
    return batch_rodrigues(axis_angle.reshape(-1, 3)).reshape(*axis_angle.shape[:-1], 3, 3)


def _smpl_module(data: BodyData) -> SMPL:
    vertices = len(data.template)
    pose_directions = np.zeros((vertices, 3, 207), np.float32) if data.pose_directions is None else data.pose_directions
    struct = Struct(
        v_template=data.template,
        shapedirs=data.shape_directions,
        posedirs=pose_directions,
        J_regressor=data.joint_regressor,
        kintree_table=np.array([PARENTS, range(len(PARENTS))]),
        weights=data.skin_weights,
        f=data.faces,
    )
    # smplx prints a warning about fewer than 300 shape coefficients, which is what we want.
    with contextlib.redirect_stdout(io.StringIO()):
        module = SMPL(
            model_path="",
            data_struct=struct,
            num_betas=data.shape_directions.shape[2],
            vertex_ids=_NO_EXTRA_JOINTS,
            use_hands=False,
            use_feet_keypoints=False,
            create_betas=False,
            create_global_orient=False,
            create_body_pose=False,
            create_transl=False,
        )
    return module.eval().requires_grad_(False)


def _landmark_rows(data: BodyData) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How the 33 landmarks hang on the body.

    Returns:
        The vertex of each (33,), 0 for those that are joints; the bone it follows (33,); whether it is a
        joint centre (33,).
    """
    vertices = np.zeros(len(BLAZEPOSE_33), dtype=np.int64)
    bones = np.zeros(len(BLAZEPOSE_33), dtype=np.int64)
    is_joint = np.zeros(len(BLAZEPOSE_33), dtype=bool)
    for number, name in enumerate(BLAZEPOSE_33.joints):
        vertices[number] = data.landmark_vertices.get(name, 0)
        is_joint[number] = name not in data.landmark_vertices
        weights = data.skin_weights[vertices[number]]
        bones[number] = SMPL_24.index(name) if is_joint[number] else int(np.argmax(weights))
    return vertices, bones, is_joint
