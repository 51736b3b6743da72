"""What is known of every body without measuring it: losses on lifted joints, in sizes of the person.

Limbs do not change their length, left and right are alike, proportions are those of people, and knees, feet and face
point forwards. The last tells a body from its mirror image in depth, which looks the same in the picture.
"""

from __future__ import annotations

import torch
from torch import Tensor

from formnet.body.load import load_body
from formnet.lifting.observation import OBSERVED_24
from formnet.skeleton import BLAZEPOSE_33

_LIMBS = tuple(
    (f"{side}_{upper}", f"{side}_{lower}")
    for upper, lower in (
        ("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"),
        ("heel", "foot_index"), ("shoulder", "hip"), ("ear", "shoulder"),
    )
    for side in ("left", "right")
)  # fmt: skip
_LONG_ENDS = ("elbow", "wrist", "knee", "ankle", "hip")
_ACROSS = (("left_hip", "right_hip"), ("left_shoulder", "right_shoulder"), ("left_ear", "right_ear"))
_RIGID = len(_LIMBS) - 4
"""Limbs before this one are bones; the trunk and the neck bend, their lengths may change a little."""
_LONG = [number for number, (_, lower) in enumerate(_LIMBS) if lower.split("_")[1] in _LONG_ENDS]
"""Limbs so long that errors of their joints hardly change their direction."""


def _numbers(*joints: str) -> list[int]:
    return [OBSERVED_24.index(joint) for joint in joints]


_UPPER, _LOWER = (_numbers(*ends) for ends in zip(*_LIMBS, *_ACROSS, strict=True))


def compute_lengths(joints: Tensor) -> Tensor:
    """(B, T, 24, 3) → (B, T, limbs): limbs in left, right pairs, then what lies across the body."""
    return (joints[..., _UPPER, :] - joints[..., _LOWER, :]).norm(dim=-1)


def reference_lengths() -> Tensor:
    """(limbs,) lengths of the average body, metres."""
    rest = load_body().landmarks(torch.zeros(len(load_body().shape_names)).numpy())
    names = [BLAZEPOSE_33.index(name) for name in OBSERVED_24.joints if name in BLAZEPOSE_33]
    full = torch.full((len(OBSERVED_24), 3), float("nan"))
    full[[OBSERVED_24.index(BLAZEPOSE_33.joints[number]) for number in names]] = torch.tensor(rest[names]).float()
    return compute_lengths(full[None, None])[0, 0]


def loss_lengths(joints: Tensor, reference: Tensor) -> Tensor:
    """How far limbs are from being of one length, alike on both sides, and of a person's proportions.

    Sizes of people differ, their proportions little: lengths are compared in sizes of each clip's own person, so that
    nothing is gained by shrinking.
    """
    lengths = compute_lengths(joints)
    size = (lengths.mean(dim=1, keepdim=True) * reference).sum(dim=-1, keepdim=True) / (reference**2).sum()
    lengths = lengths / size.clamp_min(0.05)
    typical = lengths.mean(dim=1, keepdim=True)
    changing = ((lengths - typical).abs() / reference)[..., :_RIGID].mean()
    pairs = (typical / reference)[..., : len(_LIMBS)].unflatten(-1, (-1, 2))
    uneven = (pairs[..., 0] - pairs[..., 1]).abs().mean()
    odd = ((typical - reference).abs() / reference).mean()
    return changing + uneven + odd


def loss_foreshortening(joints: Tensor, reference: Tensor) -> Tensor:
    """How far limbs' depths are from what their shortening in the picture tells, (B, T, 24, 3) → scalar.

    Under weak perspective a limb of length L that is seen with length l reaches ±√(L² - l²) in depth (Taylor, CVIU
    2000). Lengths come from the average body in the size of each clip's person, which the least shortened limbs tell.
    Unlike a loss on lengths it pulls flat limbs out of the picture's plane as strongly as others.
    """
    limbs = (joints[..., _UPPER, :] - joints[..., _LOWER, :])[..., _LONG, :]
    wanted = reference[_LONG]
    seen = limbs[..., :2].norm(dim=-1).detach()
    size = torch.quantile((seen / wanted).flatten(1), 0.85, dim=1)[:, None, None]
    depth = torch.sqrt(torch.relu((size * wanted) ** 2 - seen**2))
    return (limbs[..., 2].abs() - depth).abs().mean()


def loss_forwards(joints: Tensor) -> Tensor:
    """How far knees, feet, face, trunk and hands are behind, (B, T, 24, 3) → scalar.

    Forwards is across hips and shoulders turned by a right angle. Trunk and hands may be a little behind.
    """
    forwards = compute_forwards(joints)

    def behind(part: Tensor, allowed: float = 0.0) -> Tensor:
        return torch.relu(-(part * forwards).sum(dim=-1) - allowed).mean()

    knees = _pair(joints, "knee")
    hips, shoulders, nose = _pair(joints, "hip"), _pair(joints, "shoulder"), joints[..., _numbers("nose"), :]
    return (
        behind(knees - (hips + _pair(joints, "ankle")) / 2)
        + behind(_pair(joints, "foot_index") - _pair(joints, "heel"))
        + behind(nose - _pair(joints, "ear").mean(dim=-2, keepdim=True))
        + behind(shoulders - hips, allowed=0.1)
        + behind(_pair(joints, "wrist") - shoulders, allowed=0.4)
    )


def loss_balance(joints: Tensor, allowed: float = 0.25) -> Tensor:
    """How far the weight is from over the feet in depth, beyond `allowed` sizes, (B, T, 24, 3) → scalar.

    A trunk that leans away from the camera and one that leans towards it look alike; only one of them stands.
    """
    weight = 0.4 * _pair(joints, "shoulder") + 0.4 * _pair(joints, "hip") + 0.2 * _pair(joints, "knee")
    feet = (_pair(joints, "ankle") + _pair(joints, "foot_index")) / 2
    return torch.relu((weight - feet).mean(dim=-2)[..., 2].abs() - allowed).mean()


def compute_forwards(joints: Tensor) -> Tensor:
    """(B, T, 1, 3) level unit vectors; axes x right, y down, z away from the camera.

    Level, since the trunk has to be told apart from one that leans the other way.
    """
    hips, shoulders = _pair(joints, "hip"), _pair(joints, "shoulder")
    across = (hips + shoulders)[..., :1, :] - (hips + shoulders)[..., 1:, :]
    forwards = torch.stack([across[..., 2], torch.zeros_like(across[..., 0]), -across[..., 0]], dim=-1)
    return forwards / (forwards.norm(dim=-1, keepdim=True) + 1e-3)


def _pair(joints: Tensor, joint: str) -> Tensor:
    """(…, 2, 3) left and right joint of that name."""
    return joints[..., _numbers(f"left_{joint}", f"right_{joint}"), :]
