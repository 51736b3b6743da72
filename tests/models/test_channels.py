"""A member of an ensemble that looks at some channels only."""

from __future__ import annotations

import pytest
import torch

from formnet.errors import InputError
from formnet.models.build import build_network


def test_a_network_ignores_the_channels_it_is_not_shown() -> None:
    network = build_network({"name": "resnet1d", "width": 8, "n_layers": 1, "channels": [-3, None]}, 10, 4).eval()
    features = torch.randn(2, 10, 16)
    changed = features.clone()
    changed[:, :7] += 5
    torch.testing.assert_close(network(features), network(changed))
    changed[:, 8] += 5
    assert not torch.allclose(network(features), network(changed))


def test_no_channels_at_all_is_refused() -> None:
    with pytest.raises(InputError, match="leave none of 10"):
        build_network({"name": "resnet1d", "channels": [12, None]}, 10, 4)
