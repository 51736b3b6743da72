from __future__ import annotations

import math

import pytest
import torch

from formnet.errors import InputError
from formnet.judges.network.classifier import Classifier
from formnet.models.build import build_network
from formnet.models.ensemble import Ensemble
from formnet.models.resnet1d import ResNet1d

RESNET = {"name": "resnet1d", "width": 8, "n_layers": 2}


def test_lengths_and_size_of_the_paper() -> None:
    network = ResNet1d(171, 7).eval()
    lengths = []
    for layer in (network.stem, *network.layers, network.pool):
        layer.register_forward_hook(lambda module, inputs, output: lengths.append(output.shape[-1]))
    assert network(torch.zeros(2, 171, 300)).shape == (2, 7)
    assert lengths == [150, 75, 38, 19, 10, 1]
    n_weights = sum(p.numel() for p in network.parameters())
    assert n_weights == 2_767_623
    assert [m.kernel_size[0] for m in network.layers[0].modules() if isinstance(m, torch.nn.Conv1d)] == [3, 3, 3, 1]


def test_no_relu_after_the_sum() -> None:
    torch.manual_seed(0)
    layer = ResNet1d(4, 2, width=8).layers[0].eval()
    assert (layer(torch.randn(4, 8, 16)) < 0).any()


@pytest.mark.parametrize(("width", "n_layers", "n_frames"), [(8, 1, 16), (16, 3, 64), (4, 4, 33)])
def test_width_depth_and_length_are_free(width: int, n_layers: int, n_frames: int) -> None:
    assert ResNet1d(5, 3, width, n_layers)(torch.zeros(2, 5, n_frames)).shape == (2, 3)


def test_ensemble_is_the_mean_of_probabilities() -> None:
    torch.manual_seed(0)
    members = [ResNet1d(5, 3, 8, 1).eval() for _ in range(3)]
    x = torch.randn(4, 5, 16)
    mean = torch.stack([torch.softmax(member(x), -1) for member in members]).mean(0)
    found = torch.softmax(Ensemble(5, 3, members)(x), -1)
    torch.testing.assert_close(found, mean)


def test_networks_are_built_by_name_and_nothing_is_imported() -> None:
    assert isinstance(build_network(RESNET, 5, 3), ResNet1d)
    nested = build_network({"name": "ensemble", "members": [RESNET, RESNET]}, 5, 3)
    assert nested(torch.zeros(1, 5, 16)).shape == (1, 3)
    with pytest.raises(InputError, match=r"unknown network 'os\.system'; use one of ensemble, resnet1d"):
        build_network({"name": "os.system", "command": "true"}, 5, 3)
    with pytest.raises(InputError, match="wide"):
        build_network({**RESNET, "wide": 3}, 5, 3)


def test_scale_is_fitted_without_missing_values_and_missing_becomes_the_mean() -> None:
    features = torch.randn(50, 10, 3) * torch.tensor([1.0, 5.0, 0.0]) + torch.tensor([0.0, 3.0, 2.0])
    features[:, 4, 1] = torch.nan
    classifier = Classifier(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.LazyLinear(2)), 3)
    classifier.fit_scale(features)
    seen = features[..., 1][~features[..., 1].isnan()]
    assert classifier.mean[1] == pytest.approx(float(seen.mean()), abs=1e-4)
    assert classifier.deviation[1] == pytest.approx(float(seen.std()), rel=1e-2)
    assert classifier.deviation[2] == 1  # never changes
    filled = torch.where(features.isnan(), classifier.mean, features)
    torch.testing.assert_close(classifier(features), classifier(filled))


def test_temperature_softens_and_keeps_the_order() -> None:
    classifier = Classifier(ResNet1d(3, 4, 8, 1), 3).eval()
    x = torch.randn(6, 16, 3)
    sharp = classifier.probabilities(x)
    classifier.temperature.fill_(5.0)
    soft = classifier.probabilities(x)
    assert (soft.max(-1).values <= sharp.max(-1).values).all()
    assert (soft.argmax(-1) == sharp.argmax(-1)).all()
    assert math.isclose(float(soft.detach().sum()), 6, rel_tol=1e-5)
