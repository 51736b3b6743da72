"""The row of the paper's network: a 1D ResNet on plain joint distances (Ogata et al., CVPRW 2019).

In a setting that two processor cores can afford, which is not the paper's: every repetition resampled to 64 frames from
first to last (paper: 300), half width (128 channels instead of 256), 30 epochs of Adadelta in batches of 32, no
augmentation, no normalisation of single limbs, and the last epoch taken without looking at any held-out row.
Probabilities are those of the softmax, not calibrated.

Distances are divided by the clip's own mean distance at the start and standardised by channel. The paper's poses are in
metres of one body model, but lengths of triangulated sets are arbitrary: without the division the network stays at
chance (0.14) even on the random split of squat7.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from formnet.evaluation.benchmark import Method
from formnet.features.distances import compute_distances
from formnet.geometry.paths import interpolate_gaps, resample_frames
from formnet.judges.methods import register_method
from formnet.judges.network.classifier import Classifier
from formnet.judges.parts.series import require_rows
from formnet.judges.parts.threads import one_thread
from formnet.models.resnet1d import ResNet1d
from formnet.motion import Motion
from formnet.readers.table import RepetitionTable

N_FRAMES, START_FRAMES, WIDTH, EPOCHS, BATCH = 64, 3, 128, 30, 32
TITLE = f"paper's TDM network ({N_FRAMES} frames, half width, {EPOCHS} epochs)"


class PaperNetwork:
    """See the module's text."""

    def __init__(self, epochs: int = EPOCHS, width: int = WIDTH) -> None:
        self.epochs, self.width = epochs, width

    @one_thread()
    def fit(self, table: RepetitionTable, seed: int = 0) -> PaperNetwork:
        """Trains; the seed decides weights and order."""
        require_rows(table)
        generator = torch.Generator().manual_seed(seed)
        features, labels = compute_inputs(table.motions), torch.from_numpy(np.array(table.labels))
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            network = ResNet1d(features.shape[-1], len(table.classes), width=self.width)
        self._model = Classifier(network, features.shape[-1])
        self._model.fit_scale(features)
        optimiser = torch.optim.Adadelta(self._model.parameters())
        self._model.train()
        for _ in range(self.epochs):
            for rows in torch.randperm(len(features), generator=generator).split(BATCH):
                # Batch normalisation cannot learn from one row.
                if len(rows) < 2:
                    continue
                optimiser.zero_grad()
                torch.nn.functional.cross_entropy(self._model(features[rows]), labels[rows]).backward()
                optimiser.step()
        self._model.eval()
        self.n_classes = len(table.classes)
        return self

    def probabilities(self, motions: Sequence[Motion]) -> np.ndarray:
        with torch.inference_mode():
            return self._model.probabilities(compute_inputs(motions)).double().numpy()

    def describe(self) -> dict[str, Any]:
        return {"learner": "paper", "epochs": self.epochs, "width": self.width}


def compute_inputs(motions: Sequence[Motion]) -> torch.Tensor:
    """(N, N_FRAMES, J·(J−1)/2) distances of joints in sizes of the person; missing joints are interpolated in time."""
    clips = []
    for motion in motions:
        filled = interpolate_gaps(motion.positions.reshape(len(motion), -1), unseen=0.0)
        positions = resample_frames(filled, N_FRAMES).reshape(N_FRAMES, *motion.positions.shape[1:])
        distances = compute_distances(positions)
        clips.append(distances / max(float(distances[:START_FRAMES].mean()), 1e-9))
    return torch.from_numpy(np.stack(clips)).float()


def register() -> None:
    """Adds the row to every benchmark, as `paper`."""
    modules = ("networks", "formnet.models.resnet1d", "formnet.judges.network.classifier", "formnet.features.distances")
    register_method(Method("paper", TITLE, PaperNetwork, modules=modules))
