"""The lifter that judges, in NumPy, says what the one that was trained says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from formnet.errors import CheckpointError
from formnet.geometry.vectors import mirror_points
from formnet.lifting.forward import LifterNetwork, take_lifter
from formnet.lifting.network import TemporalLifter
from formnet.lifting.observation import OBSERVED_24
from formnet.lifting.temporal import NetworkLifter, load_lifter, load_shipped_lifter, save_lifter
from formnet.skeleton import LIFTED_32
from formnet.storage.files import compute_sha256
from formnet.storage.modules import arrays_of, build_with_weights
from formnet.storage.weights import StoredWeights, read_weights, seal, shipped_path
from tests.random_weights import randomise

SMALL = LifterNetwork(width=16, token=4, dilations=(1, 2))
PLACE = Path("mine.safetensors")


def see(batch: int, frames: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Points and confidence, a fifth of the joints hidden."""
    rng = np.random.default_rng(0)
    sure = np.where(rng.random((batch, frames, 24)) < 0.2, 0, rng.random((batch, frames, 24))).astype(np.float32)
    return rng.normal(size=(batch, frames, 24, 2)).astype(np.float32) * (sure > 0)[..., None], sure


def ask(
    network: TemporalLifter, points: NDArray[np.float32], sure: NDArray[np.float32], stride: int = 1
) -> torch.Tensor:
    with torch.inference_mode():
        return network(torch.from_numpy(points), torch.from_numpy(sure), stride)


def trained(options: LifterNetwork) -> TemporalLifter:
    network = options.build().eval()
    randomise(network)
    return network


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"width": 24, "token": 1},
        {"dilations": (1, 2, 4, 8)},
        {"dilations": (5,)},
        {"relation": False},
        {"derived": True},
        {"derived": True, "relation": False},
    ],
    ids=str,
)
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize(("batch", "frames"), [(2, 40), (1, 1)])
def test_both_lifters_say_the_same(change: dict, stride: int, batch: int, frames: int) -> None:
    options = replace(SMALL, **change)
    network = trained(options)
    said = take_lifter(StoredWeights(arrays_of(network), PLACE), options)(*see(batch, frames), stride)
    assert said.dtype == np.float32
    np.testing.assert_allclose(said, ask(network, *see(batch, frames), stride), atol=1e-5)


@pytest.mark.parametrize("name", ["supervised", "unsupervised"])
def test_so_do_the_shipped_ones_with_their_mirror_images(name: str) -> None:
    lifter = load_shipped_lifter(name)
    content, arrays, path = read_weights(shipped_path(f"lifter_{name}.safetensors"))
    network = build_with_weights(LifterNetwork(**content["network"]).build, arrays, path)
    points, sure = see(2, 60)
    turned = mirror_points(points, OBSERVED_24.mirror), np.ascontiguousarray(sure[:, :, OBSERVED_24.mirror])
    straight, mirrored = ask(network, points, sure, 2), ask(network, *turned, 2)
    expected = (straight + mirror_points(mirrored, LIFTED_32.mirror)) / 2
    np.testing.assert_allclose(lifter.lift_points(points, sure, 30.0), expected, atol=1e-5)


def test_a_description_that_its_weights_do_not_fit_is_refused() -> None:
    arrays = arrays_of(trained(SMALL))
    for options, said in (
        (replace(SMALL, width=4096), r"expected \[4096, 192, 1\], got \[16, 192, 1\]"),
        (replace(SMALL, dilations=(1,)), r"blocks\.1\.narrow\.bias: expected none, got \[16\]"),
        (replace(SMALL, dilations=(1, 2, 4)), r"blocks\.2\.wide\.weight: expected \[16, 16, 3\], got none"),
    ):
        with pytest.raises(CheckpointError, match=said):
            take_lifter(StoredWeights(arrays, PLACE), options)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_weights_that_are_no_numbers_are_refused(value: float) -> None:
    arrays = {name: array.astype(float) for name, array in arrays_of(trained(SMALL)).items()}
    arrays["blocks.1.norm.running_mean"][3] = value
    with pytest.raises(CheckpointError, match=r"mine\.safetensors holds weights that are no numbers"):
        take_lifter(StoredWeights(arrays, PLACE), SMALL)


def test_a_kind_of_numbers_that_numpy_lacks_is_refused_in_one_sentence(tmp_path: Path) -> None:
    arrays = arrays_of(trained(SMALL))
    path = save_lifter(tmp_path / "theirs.safetensors", arrays, SMALL, {})
    save_file({name: torch.as_tensor(array).bfloat16() for name, array in arrays.items()}, path)
    content = json.loads(path.with_suffix(".json").read_text())
    del content["fingerprint"]
    path.with_suffix(".json").write_text(json.dumps(seal({**content, "sha256": compute_sha256(path)})))
    with pytest.raises(
        CheckpointError, match=r"theirs\.safetensors is no readable safetensors file .*; get the model again"
    ):
        load_lifter(path)


def test_a_variance_below_nothing_is_no_reason_to_warn() -> None:
    arrays = dict(arrays_of(trained(SMALL)))
    arrays["blocks.0.norm.running_var"] = np.full(16, -1.0, dtype=np.float32)
    with np.errstate(all="raise"):
        lifter = NetworkLifter("theirs", take_lifter(StoredWeights(arrays, PLACE), SMALL), {})
        assert np.isnan(lifter.lift_points(*see(1, 8), 30.0)).any()
