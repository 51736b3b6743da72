"""Random changes of joint positions in training, before features are computed.

All functions take and return tensors (B, T, J, D) and draw from a generator, so a batch can be drawn again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from formnet.errors import InputError
from formnet.geometry.limbs import LimbTree, compute_limb_tree
from formnet.geometry.vectors import mirror_points
from formnet.skeleton import Skeleton


@dataclass(frozen=True)
class AugmentSpec:
    """How strongly a training batch is changed; 0 switches a change off.

    Attributes:
        scale_sigma: logarithmic deviation of the stretch along x, y and z, each by itself.
        shear_sigma: deviation of the off-diagonal entries of the affine map.
        rotation_deg: deviation of the turns about x and z (a tilted camera).
        turn_deg: largest turn about the vertical, uniform (180: any view).
        noise: deviation of the jitter of joints in every frame, in body sizes.
        offset: deviation of a shift of each joint that lasts the whole repetition, in body sizes.
        mirror: probability of swapping left and right.
        warp: logarithmic deviation of the speed within a repetition.
        crop: largest part cut off at start and end, each.
        limb_sigma: logarithmic deviation of limb lengths, alike on both sides.
        dropout: probability that a joint is missing in a whole repetition.
    """

    scale_sigma: float = 0.0
    shear_sigma: float = 0.0
    rotation_deg: float = 0.0
    turn_deg: float = 0.0
    noise: float = 0.0
    offset: float = 0.0
    mirror: float = 0.0
    warp: float = 0.0
    crop: float = 0.0
    limb_sigma: float = 0.0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        below = [name for name, value in vars(self).items() if not 0 <= value < 1e6]
        too_large = [name for name in ("mirror", "dropout") if getattr(self, name) > 1]
        too_large += ["crop"] if self.crop >= 0.5 else []
        if below or too_large:
            raise InputError(
                f"augmentation {', '.join(below + too_large)} is out of range; strengths are 0 or more, probabilities "
                "at most 1, crop below 0.5"
            )


def augment_positions(positions: Tensor, skeleton: Skeleton, spec: AugmentSpec, generator: Generator) -> Tensor:
    """All changes of `spec` to a batch."""
    if spec.mirror:
        positions = mirror_some(positions, skeleton, spec.mirror, generator)
    if spec.warp or spec.crop:
        positions = warp_time(positions, spec.warp, spec.crop, generator)
    if spec.limb_sigma:
        positions = vary_limbs(positions, compute_limb_tree(skeleton), spec.limb_sigma, generator)
    if spec.noise or spec.offset:
        positions = add_noise(positions, spec.noise, spec.offset, generator)
    if spec.rotation_deg or spec.turn_deg or spec.scale_sigma or spec.shear_sigma:
        positions = positions @ draw_affine(positions, spec, generator).transpose(-1, -2)[:, None]
    if spec.dropout:
        lost = _rand(positions, generator, len(positions), 1, positions.shape[2], 1) < spec.dropout
        positions = torch.where(lost, torch.nan, positions)
    return positions


def mirror_some(positions: Tensor, skeleton: Skeleton, probability: float, generator: Generator) -> Tensor:
    """Some repetitions seen in a mirror: x changes its sign and left joints swap with right ones."""
    swapped = mirror_points(positions, skeleton.mirror)
    chosen = _rand(positions, generator, len(positions), 1, 1, 1) < probability
    return torch.where(chosen, swapped, positions)


def warp_time(positions: Tensor, sigma: float, crop: float, generator: Generator, knots: int = 5) -> Tensor:
    """Speeds that vary smoothly within the repetition, between ends that are cut by up to `crop`."""
    n_batch, n_frames = positions.shape[:2]
    speed = torch.exp(sigma * _randn(positions, generator, n_batch, 1, knots))
    steps = torch.nn.functional.interpolate(speed, size=n_frames - 1, mode="linear", align_corners=True)[:, 0]
    path = torch.cat([torch.zeros_like(steps[:, :1]), torch.cumsum(steps, dim=1)], dim=1)
    ends = crop * _rand(positions, generator, n_batch, 2)
    start, stop = ends[:, :1], 1.0 - ends[:, 1:]
    at = (start + (stop - start) * path / path[:, -1:]) * (n_frames - 1)
    before = at.floor().long().clamp(0, n_frames - 2)
    weight = (at - before)[..., None, None]
    row = torch.arange(n_batch, device=positions.device)[:, None]
    return positions[row, before] * (1 - weight) + positions[row, before + 1] * weight


def vary_limbs(positions: Tensor, tree: LimbTree, sigma: float, generator: Generator) -> Tensor:
    """Every limb longer or shorter by a factor of the person, alike on both sides; directions are kept."""
    column = {joint: number for number, joint in enumerate(tree.skeleton.joints)}
    if tree.root in column:
        root = positions[:, :, column[tree.root]]
    else:
        root = positions[:, :, tree.skeleton.indices(("left_shoulder", "right_shoulder"))].mean(dim=2)
    places = {tree.root: (root, root)}
    factors: dict[str, Tensor] = {}
    moved = positions.clone()
    for parent, child in tree.order:
        kind = child.split("_", 1)[1] if child.startswith(("left_", "right_")) else child
        if kind not in factors:
            factors[kind] = torch.exp(sigma * _randn(positions, generator, len(positions), 1, 1))
        old_parent, new_parent = places[parent]
        old = positions[:, :, column[child]]
        new = new_parent + factors[kind] * (old - old_parent)
        places[child] = (old, new)
        moved[:, :, column[child]] = new
    return moved


def add_noise(positions: Tensor, sigma: float, offset: float, generator: Generator) -> Tensor:
    """Jitter in every frame and a lasting shift of every joint, in body sizes (see `body_size`)."""
    n_batch, n_frames, n_joints, n_dimensions = positions.shape
    size = body_size(positions)[:, None, None, None]
    noise = sigma * _randn(positions, generator, n_batch, n_frames, n_joints, n_dimensions) if sigma else 0.0
    shift = offset * _randn(positions, generator, n_batch, 1, n_joints, n_dimensions) if offset else 0.0
    return positions + size * (noise + shift)


def body_size(positions: Tensor) -> Tensor:
    """(B,) twice the root mean square distance of joints from their middle: about leg length for a person."""
    centred = positions - torch.nanmean(positions, dim=2, keepdim=True)
    size = 2.0 * torch.sqrt(torch.nanmean((centred**2).sum(-1).flatten(1), dim=1))
    return torch.where(torch.isfinite(size), size, 1.0)


def draw_affine(positions: Tensor, spec: AugmentSpec, generator: Generator) -> Tensor:
    """(B, D, D) linear maps: a turn, then stretch and shear along the axes of the picture."""
    n_batch, n_dimensions = len(positions), positions.shape[-1]
    eye = torch.eye(n_dimensions, dtype=positions.dtype, device=positions.device)
    stretch = torch.exp(spec.scale_sigma * _randn(positions, generator, n_batch, n_dimensions))
    shear = spec.shear_sigma * _randn(positions, generator, n_batch, n_dimensions, n_dimensions)
    affine = torch.diag_embed(stretch) + shear * (1 - eye)
    tilt = math.radians(spec.rotation_deg) * _randn(positions, generator, n_batch, 2)
    if n_dimensions == 2:
        return affine @ _rotation_2d(tilt[:, 1])
    turn = math.radians(spec.turn_deg) * (2 * _rand(positions, generator, n_batch) - 1)
    return affine @ _rotation_3d(0, tilt[:, 0]) @ _rotation_3d(2, tilt[:, 1]) @ _rotation_3d(1, turn)


def _rotation_2d(angle: Tensor) -> Tensor:
    cos, sin = torch.cos(angle), torch.sin(angle)
    return torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)


def _rotation_3d(axis: int, angle: Tensor) -> Tensor:
    first, second = (i for i in range(3) if i != axis)
    rotation = torch.eye(3, dtype=angle.dtype, device=angle.device).repeat(len(angle), 1, 1)
    rotation[:, first, first] = rotation[:, second, second] = torch.cos(angle)
    rotation[:, first, second], rotation[:, second, first] = -torch.sin(angle), torch.sin(angle)
    return rotation


def _randn(like: Tensor, generator: Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=like.dtype).to(like.device)


def _rand(like: Tensor, generator: Generator, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=generator, dtype=like.dtype).to(like.device)
