"""What each kind of map is held against. All parts of a stage add up, and so do stages.

Everything unlabelled is left out: `known` (N, J, H, W) is 0 where nobody knows whether a joint is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from formnet.checks import check_fields, real, within

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class LossWeights:
    """Weights of the parts.

    Attributes:
        heatmaps: mean squared error over all cells, times the number of cells a Gaussian covers.
        cells: cross-entropy of the cells of each joint.
        fields: the squared error of fields, as of heatmaps.
        pull, push: of tags, together within and apart between people (Newell et al. 2017).
        discs, short, mid: of PersonLab; offsets in cells.
        seen, offsets: of the cells that show somebody, and their offsets in units of `REACH` cells.
        location: of VNect's maps, metres, weighted by the true Gaussians.
    """

    heatmaps: float = within(real(), 1.0)
    cells: float = within(real(), 1.0)
    fields: float = within(real(), 0.5)
    pull: float = within(real(), 0.02)
    push: float = within(real(), 0.02)
    discs: float = within(real(), 1.0)
    short: float = within(real(), 0.1)
    mid: float = within(real(), 0.05)
    seen: float = within(real(), 0.5)
    offsets: float = within(real(), 15.0)
    location: float = within(real(), 2.0)

    def __post_init__(self) -> None:
        check_fields(self, "task.fit.weights")


def compute_loss(stages: Sequence[Tensors], targets: Tensors, weights: LossWeights) -> Tensor:
    """Sum over stages and kinds of maps; see the functions below."""
    return torch.stack([_stage_loss(maps, targets, weights) for maps in stages]).sum()


def _stage_loss(maps: Tensors, targets: Tensors, weights: LossWeights) -> Tensor:
    known = targets["known"]
    parts = []
    if "heatmaps" in maps:
        parts.append(weights.heatmaps * heatmap_loss(maps["heatmaps"], targets["heatmaps"], known))
    if "likely" in maps:
        parts.append(weights.cells * cell_loss(maps["likely"], targets["likely"]))
    if "fields" in maps:
        parts.append(weights.fields * field_loss(maps["fields"], targets["fields"], targets["limbs_known"]))
    if "tags" in maps:
        pull, push = tag_loss(maps["tags"], targets["cells"])
        parts.append(weights.pull * pull + weights.push * push)
    if "discs" in maps:
        parts.append(weights.discs * disc_loss(maps["discs"], targets["discs"], known))
        parts.append(weights.short * offset_loss(maps["short"], targets["short"], targets["discs"]))
        parts.append(weights.mid * offset_loss(maps["mid"], targets["mid"], targets["on_edge"]))
    if "seen" in maps:
        parts.append(weights.seen * disc_loss(maps["seen"], targets["seen"], known.amax(dim=1, keepdim=True)))
        parts.append(weights.offsets * offset_loss(maps["offsets"], targets["offsets"], targets["votes"]))
    if "location" in maps:
        parts.append(weights.location * location_loss(maps["location"], targets["solid"], targets["heatmaps"] * known))
    return torch.stack(parts).sum()


def heatmap_loss(maps: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Squared error summed over a map's cells, mean over the maps that are known at all.

    Summed, not averaged: the mean over a map that is empty but for one peak is so small that nothing is learnt early.
    """
    error = (maps - truth) ** 2 * known
    n_known = (known.flatten(-2).amax(dim=-1) > 0).sum().clamp(min=1)
    return error.sum() / n_known


def cell_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy over the cells of each map (N, J, H, W), mean over maps whose joint is known and inside."""
    likely = torch.log_softmax(logits.float().flatten(-2), dim=-1)
    return -(likely * truth.flatten(-2)).sum() / truth.sum().clamp(min=1)


def field_loss(maps: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Squared error summed over cells and both coordinates, mean over limbs; `known` is (N, L, H, W)."""
    return heatmap_loss(maps, truth, known.repeat_interleave(2, dim=-3)) * 2


def tag_loss(tags: Tensor, cells: Tensor) -> tuple[Tensor, Tensor]:
    """Pull and push of tags (N, J, H, W) at the cells (N, P, J) of people's joints, −1 for none.

    Pull: squared distance of each joint's tag from its person's mean. Push: exp(−Δ²/2) of the means of two people.
    """
    at = cells.long()
    there = (at >= 0).float()
    values = tags.flatten(2).gather(2, at.clamp(min=0).transpose(1, 2)).transpose(1, 2)
    count = there.sum(dim=2)
    mean = (values * there).sum(dim=2) / count.clamp(min=1)
    pull = ((values - mean[..., None]) ** 2 * there).sum() / there.sum().clamp(min=1)
    present = (count > 0).float()
    pairs = present[:, :, None] * present[:, None] * (1 - torch.eye(present.shape[1], device=tags.device))
    push = (torch.exp(-((mean[:, :, None] - mean[:, None]) ** 2) / 2) * pairs).sum() / pairs.sum().clamp(min=1)
    return pull, push


def disc_loss(logits: Tensor, discs: Tensor, known: Tensor) -> Tensor:
    """Cross-entropy summed over cells in units of a disc, mean over maps."""
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, discs, weight=known, reduction="sum")
    return entropy / discs.sum().clamp(min=1)


def offset_loss(offsets: Tensor, truth: Tensor, where: Tensor) -> Tensor:
    """Mean distance by coordinate where an offset is defined; `where` (N, C, H, W) for offsets (N, 2·C, H, W)."""
    mask = where.repeat_interleave(2, dim=-3)
    return ((offsets - truth).abs() * mask).sum() / mask.sum().clamp(min=1)


def location_loss(location: Tensor, solid: Tensor, weight: Tensor) -> Tensor:
    """Squared error in metres, weighted by the true Gaussians (Mehta et al. 2017), summed over x, y, z.

    Args:
        location: (N, 3·J, H, W).
        solid: (N, J, 3), NaN where unknown.
        weight: (N, J, H, W).
    """
    maps = location.view(location.shape[0], -1, 3, *location.shape[-2:])
    known = torch.isfinite(solid).all(dim=-1)[..., None, None].float() * weight
    error = ((maps - torch.nan_to_num(solid)[..., None, None]) ** 2).sum(dim=2)
    return (error * known).sum() / known.sum().clamp(min=1e-6)
