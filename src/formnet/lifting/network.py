"""The temporal lifter: joints of the picture over time → joints in metres.

Every observed joint is a token. Tokens of a frame may exchange what they know by the joint-relation extractor of
Dang et al. (IEEE TIP 2022); dilated convolutions over time (Pavllo et al., CVPR 2019) then see about two seconds.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from formnet.lifting.observation import OBSERVED_24
from formnet.lifting.placing import carry_matrix, derivation_matrix, place_lifted
from formnet.skeleton import LIFTED_32


class JointRelation(nn.Module):
    """Joint-relation extractor, (B, K, C) → (B, K, C).

    RPSTN's, from heatmaps to tokens: W = softmax over rows of M Mᵀ, here scaled by √C; Z = G₂(W G₁(M)) + M with
    learned maps G of every token.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.spread = nn.Linear(channels, channels)
        self.gather = nn.Linear(channels, channels)
        self.norm = nn.LayerNorm(channels)

    def forward(self, tokens: Tensor) -> Tensor:
        normal = self.norm(tokens)
        weights = torch.softmax(normal @ normal.transpose(1, 2) / normal.shape[-1] ** 0.5, dim=-1)
        return tokens + self.gather(weights @ self.spread(normal))


class TemporalBlock(nn.Module):
    """Residual dilated convolution over time, (B, width, T) → (B, width, T)."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation = dilation
        self.wide = nn.Conv1d(width, width, 3)
        self.narrow = nn.Conv1d(width, width, 1)
        self.norm = nn.BatchNorm1d(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, stride: int) -> Tensor:
        reach = self.dilation * stride
        padded = nn.functional.pad(x, (reach, reach), mode="replicate")
        mixed = nn.functional.conv1d(padded, self.wide.weight, self.wide.bias, dilation=reach)
        return x + self.dropout(self.narrow(torch.relu(self.norm(mixed))))


class TemporalLifter(nn.Module):
    """(B, T, 24, 2) points and (B, T, 24) confidence → (B, T, 32, 3) metres about the pelvis.

    Args:
        width: channels over time.
        token: channels of a joint.
        dilations: of the convolutions, in frames at `WORKING_FPS`.
        relation: with the joint-relation extractor.
        derived: for training without 3D, where there is nothing to learn corrections and unseen joints from: what
            is seen stays exactly where it is seen and only its depth is learnt, and joints that no source observes
            (spine, collars, …) are derived from the others by `formnet.conversion`.
        dropout: in the convolutions.
    """

    carry: Tensor
    derive: Tensor | None

    def __init__(
        self,
        width: int = 256,
        token: int = 16,
        dilations: tuple[int, ...] = (1, 2, 4, 8),
        relation: bool = True,
        derived: bool = False,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        joints = len(OBSERVED_24)
        self.embed = nn.Linear(4, token)
        self.name = nn.Parameter(nn.init.normal_(torch.empty(joints, token), std=0.1))
        self.relation = JointRelation(token) if relation else None
        self.enter = nn.Conv1d(joints * (token + 4), width, 1)
        self.blocks = nn.ModuleList([TemporalBlock(width, dilation, dropout) for dilation in dilations])
        self.leave = nn.Conv1d(width, len(LIFTED_32) * 3, 1)
        self.size = nn.Conv1d(width, 1, 1)
        nn.init.zeros_(self.size.weight)
        nn.init.zeros_(self.size.bias)  # type: ignore[arg-type]
        derive = torch.from_numpy(derivation_matrix()) if derived else None
        self.register_buffer("carry", torch.from_numpy(carry_matrix()), persistent=False)
        self.register_buffer("derive", derive, persistent=False)

    def forward(self, points: Tensor, confidence: Tensor, stride: int = 1) -> Tensor:
        """Lifts; `stride` is how many frames make one step of `WORKING_FPS`."""
        batch, frames, joints, _ = points.shape
        seen = (confidence > 0).to(points.dtype)
        given = torch.cat([points, confidence[..., None], seen[..., None]], dim=-1)
        tokens = torch.relu(self.embed(given) + self.name)
        if self.relation is not None:
            tokens = self.relation(tokens.reshape(batch * frames, joints, -1)).reshape(batch, frames, joints, -1)
        x = self.enter(torch.cat([tokens, given], dim=-1).flatten(2).transpose(1, 2))
        for block in self.blocks:
            x = block(x, stride)
        out = self.leave(x).transpose(1, 2).reshape(batch, frames, len(LIFTED_32), 3)
        log_size = self.size(x).mean(dim=2)[:, 0]
        return place_lifted(out, points, seen, log_size, self.carry, self.derive)
