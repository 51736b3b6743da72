"""A trained network as a judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from formnet.features.registry import compute_channels
from formnet.judges.network.classifier import Classifier
from formnet.judges.protocol import Arrays
from formnet.motion import FloatArray, Motion
from formnet.preprocess.spec import FeatureSpec
from formnet.skeleton import Skeleton

BATCH_SIZE = 64


@dataclass(frozen=True, eq=False)
class NetworkJudge:
    """See `StoredJudge`; its motions are repetitions that were preprocessed as the network's own were.

    Attributes:
        classifier: in evaluation mode.
        features, skeleton: what the network sees of a repetition, and whose joints these are.
        network: plain description of the network.
    """

    classifier: Classifier
    features: FeatureSpec
    skeleton: Skeleton
    n_classes: int
    network: Mapping[str, Any] = field(default_factory=dict)
    unsure_below: float = 0.0

    def probabilities(self, motions: Sequence[Motion]) -> FloatArray:
        """(N, C), calibrated; all motions have the same number of frames."""
        parts = [np.zeros((0, self.n_classes))]
        with torch.inference_mode():
            for start in range(0, len(motions), BATCH_SIZE):
                positions = np.stack([motion.positions for motion in motions[start : start + BATCH_SIZE]])
                batch = torch.from_numpy(positions.astype(np.float32))
                features = compute_channels(batch, self.skeleton, self.features).values.float()
                parts.append(self.classifier.probabilities(features).double().numpy())
        return np.concatenate(parts)

    def describe(self) -> dict[str, Any]:
        return dict(self.network)

    def arrays(self) -> Arrays:
        return {name: tensor.detach().cpu().numpy() for name, tensor in self.classifier.state_dict().items()}
