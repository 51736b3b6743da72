"""The ResNet in NumPy says what the one that was trained says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from formnet.models.forward import take_resnet
from formnet.models.resnet1d import ResNet1d
from formnet.storage.modules import arrays_of
from formnet.storage.weights import StoredWeights
from tests.random_weights import randomise


@pytest.mark.parametrize(("width", "n_layers", "frames"), [(8, 1, 16), (16, 3, 33), (4, 4, 1), (32, 2, 64)])
def test_both_say_the_same(width: int, n_layers: int, frames: int) -> None:
    network = ResNet1d(5, 3, width, n_layers, dropout=0.5).eval()
    randomise(network)
    weights = StoredWeights({f"body.{name}": array for name, array in arrays_of(network).items()}, Path("mine"))
    forward = take_resnet(weights, "body", 5, 3, width, n_layers)
    weights.finish()
    x = torch.randn(4, frames, 5, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = network(x.transpose(1, 2))
    np.testing.assert_allclose(forward(x.numpy()), expected, atol=1e-5, rtol=1e-5)
