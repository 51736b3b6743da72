"""What is known of every body without measuring it: losses on lifted joints, in sizes of the person.

Limbs do not change their length, left and right are alike, proportions are those of people, and knees, feet and face
point forwards. The last tells a body from its mirror image in depth, which looks the same in the picture.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from formnet.body.load import load_body
from formnet.lifting.observation import OBSERVED_24
from formnet.skeleton import BLAZEPOSE_33
from formnet.training.lift.turning import about_x

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
_ALLOWED_LEAN = 0.15
"""How far the weight may be from over the feet, in sizes of the person."""
_LOW_ELBOW = 0.1
"""How far below the shoulder an elbow is low, in sizes of the person."""
_PITCHES = torch.deg2rad(torch.arange(-24.0, 33.0, 3.0))
_USUAL_PITCH = math.radians(4)
"""Phones are held a little higher than the middle of whom they film."""


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
    """How far knees, feet, face, trunk and hands are behind, (B, T, 24, 3) level → scalar.

    Forwards is across hips and shoulders turned by a right angle. Trunk and hands may be a little behind. Elbows bend
    so that they point backwards, unless they are raised to the shoulders.
    """
    forwards = compute_forwards(joints)

    def behind(part: Tensor, allowed: float = 0.0) -> Tensor:
        return torch.relu(-(part * forwards).sum(dim=-1) - allowed)

    hips, knees, ankles, shoulders, elbows, wrists = (
        _pair(joints, joint) for joint in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
    )
    face = joints[..., _numbers("nose"), :] - _pair(joints, "ear").mean(dim=-2, keepdim=True)
    is_low = ((elbows - shoulders)[..., 1] > _LOW_ELBOW).float().detach()
    return (
        behind(knees - (hips + ankles) / 2).mean()
        + behind(knees - ankles, allowed=0.05).mean()
        + behind(_pair(joints, "foot_index") - _pair(joints, "heel")).mean()
        + behind(face).mean()
        + behind(shoulders - hips, allowed=0.1).mean()
        + behind(wrists - shoulders, allowed=0.4).mean()
        + (is_low * behind((shoulders + wrists) / 2 - elbows)).mean()
    )


def loss_balance(joints: Tensor) -> Tensor:
    """How far the weight is from over the feet in depth, beyond what balance allows, (B, T, 24, 3) level → scalar.

    A trunk that leans away from the camera and one that leans towards it look alike; only one of them stands.
    """
    return _off_balance(compute_lean(joints)).mean()


def _off_balance(lean: Tensor) -> Tensor:
    return torch.relu(lean[..., 2].abs() - _ALLOWED_LEAN)


def compute_lean(joints: Tensor) -> Tensor:
    """(B, T, 3) from the middle of the feet to where the weight is, roughly."""
    weight = 0.4 * _pair(joints, "shoulder") + 0.4 * _pair(joints, "hip") + 0.2 * _pair(joints, "knee")
    feet = (_pair(joints, "ankle") + _pair(joints, "foot_index")) / 2
    return (weight - feet).mean(dim=-2)


@torch.no_grad()
def estimate_pitch(joints: Tensor) -> Tensor:
    """(B,) radians by which each clip's camera looks down, read from lifted people (B, T, 24, 3).

    The turn that brings their weight over their feet and their feet level; in doubt, the usual.
    """
    turns = about_x(-_PITCHES)
    lean = torch.einsum("gij,btj->gbti", turns, compute_lean(joints))
    feet = _pair(joints, "foot_index") - _pair(joints, "heel")
    slope = torch.einsum("gij,btkj->gbtki", turns, feet)[..., 1].abs().mean(dim=(2, 3))
    unusual = (_PITCHES - _USUAL_PITCH).square()[:, None]
    return _PITCHES[(_off_balance(lean).mean(dim=2) + 0.5 * slope + 0.5 * unusual).argmin(dim=0)]


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
