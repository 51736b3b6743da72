"""Every network: shapes, gradients everywhere, one batch learnt by heart, stored and exported with the same numbers."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from formnet.errors import CheckpointError, InputError
from formnet.pose.networks.crop import Crop, crop_around, crop_whole
from formnet.pose.networks.description import PoseNetwork, PoseNetworkSpec, load_pose_network, save_pose_network
from formnet.pose.networks.export import export_onnx
from formnet.pose.networks.predict import find_in_clip, find_in_crops
from formnet.pose.networks.rpstn import MapRelation, NonLocal, correlate
from formnet.skeleton import Skeleton
from formnet.storage.weights import seal
from formnet.training.pose.losses import LossWeights, compute_loss
from formnet.training.pose.views import NO_AUGMENT, place_people

JOINTS = Skeleton("arm and leg", ("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"))
SMALL = {"skeleton": JOINTS, "size": (32, 48), "widths": (8, 16), "blocks": (1, 1), "width": 16, "sigma": 1.0}
SPECS = {
    "deconv": PoseNetworkSpec(**SMALL),
    "hourglass": PoseNetworkSpec(**{**SMALL, "size": (32, 64)}, kind="hourglass", stages=2, depth=2),
    "vnect": PoseNetworkSpec(**SMALL, method="location"),
    "fields": PoseNetworkSpec(**SMALL, method="fields", stages=2),
    "tags": PoseNetworkSpec(**SMALL, method="tags"),
    "personlab": PoseNetworkSpec(**SMALL, method="personlab"),
    "offsets": PoseNetworkSpec(**SMALL, method="offsets", lateral=True),
    "rpstn": PoseNetworkSpec(**SMALL, kind="rpstn", frames=3),
    "rpstn nonlocal": PoseNetworkSpec(**SMALL, kind="rpstn", frames=3, relation="nonlocal"),
    "rpstn plain": PoseNetworkSpec(**SMALL, kind="rpstn", frames=3, relation="none", propagate=False),
}
every_spec = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)


def batch_for(spec: PoseNetworkSpec, seed: int = 0) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Two samples of noise with people in known places, with T in front of everything for RPSTN."""
    rng = np.random.default_rng(seed)
    grouping, rows = spec.make_grouping(), []
    for _ in range(2 * (spec.frames if spec.kind == "rpstn" else 1)):
        people = 2 if spec.finds_several else 1
        joints = rng.uniform(1, np.array(spec.map_size) - 1, (people, len(JOINTS), 2))
        row = dict(grouping.make_maps(joints, spec.map_size))
        row["known"] = np.ones((len(JOINTS), *spec.map_size[::-1]), np.float32)
        if spec.method == "fields":
            row["limbs_known"] = np.ones((len(grouping.limbs), *spec.map_size[::-1]), np.float32)
        row["solid"] = rng.normal(size=(len(JOINTS), 3)).astype(np.float32)
        rows.append(row)
    targets = {name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]}
    pictures = torch.from_numpy(rng.normal(size=(len(rows), 3, *spec.size[::-1])).astype(np.float32))
    if spec.kind == "rpstn":
        pictures, *parts = (x.view(2, spec.frames, *x.shape[1:]) for x in (pictures, *targets.values()))
        targets = dict(zip(targets, parts, strict=True))
    return pictures, targets


@pytest.fixture(autouse=True)
def _one_thread():
    """Threads only wait for each other in networks as small as these."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@every_spec
def test_shapes_are_a_quarter_and_gradients_reach_every_weight(spec):
    torch.manual_seed(0)
    network, (pictures, targets) = spec.build(), batch_for(spec)
    stages = network(pictures)
    assert len(stages) == (spec.stages if spec.kind != "rpstn" else 1)
    for maps in stages:
        assert {name: part.shape[-3] for name, part in maps.items()} == spec.make_grouping().channels
        assert all(part.shape[-2:] == spec.map_size[::-1] for part in maps.values())
        assert all(part.shape[:-3] == pictures.shape[:-3] for part in maps.values())
    compute_loss(stages, targets, LossWeights()).backward()
    lost = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]
    # Batch normalisation takes away what a bias before it adds.
    assert [name for name in lost if not name.endswith("bias")] == []


@every_spec
def test_learns_one_batch_by_heart(spec):
    torch.manual_seed(1)
    network, (pictures, targets) = spec.build().train(), batch_for(spec, 1)
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    first = last = float(compute_loss(network(pictures), targets, LossWeights()).detach())
    for _ in range(250):
        loss = compute_loss(network(pictures), targets, LossWeights())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        last = float(loss.detach())
        if last < 0.3 * first:
            break
    assert last < 0.3 * first


def test_relation_is_the_formula_row_by_row():
    torch.manual_seed(0)
    relate, maps = MapRelation(4).double(), torch.rand(1, 4, 5, 6).double()
    flat = maps[0].reshape(4, -1).detach().numpy()
    inner = [x.detach().numpy() for x in (relate.inner.weight[:, :, 0, 0], relate.inner.bias)]
    outer = [x.detach().numpy() for x in (relate.outer.weight[:, :, 0, 0], relate.outer.bias)]
    mixed = np.zeros_like(flat)
    embedded = inner[0] @ flat + inner[1][:, None]
    for row in range(4):
        alike = np.array([flat[row] @ flat[other] for other in range(4)])
        weights = np.exp(alike - alike.max()) / np.exp(alike - alike.max()).sum()
        mixed[row] = sum(weight * embedded[other] for other, weight in enumerate(weights))
    expected = (outer[0] @ mixed + outer[1][:, None]).reshape(4, 5, 6) + maps[0].numpy()
    np.testing.assert_allclose(relate(maps)[0].detach().numpy(), expected, atol=1e-12)


def test_non_local_attends_over_places():
    torch.manual_seed(0)
    block, maps = NonLocal(4), torch.rand(1, 4, 3, 3)
    attention = torch.softmax(block.query(maps).flatten(2).transpose(1, 2) @ block.key(maps).flatten(2), dim=-1)[0]
    value = block.value(maps).flatten(2)[0]
    place = 4
    mixed = sum(attention[place, other] * value[:, other] for other in range(9))
    expected = block.outer.weight[:, :, 0, 0] @ mixed + block.outer.bias + maps[0, :, 1, 1]
    torch.testing.assert_close(block(maps)[0, :, 1, 1], expected)


def test_dynamic_kernels_are_each_samples_own():
    rng = np.random.default_rng(0)
    features, kernels = rng.normal(size=(2, 3, 6, 5)), rng.normal(size=(2, 3, 7, 7))
    slow, padded = np.zeros_like(features), np.pad(features, ((0, 0), (0, 0), (3, 3), (3, 3)))
    for n, c, y, x in np.ndindex(*features.shape):
        slow[n, c, y, x] = (padded[n, c, y : y + 7, x : x + 7] * kernels[n, c]).sum()
    fast = correlate(torch.from_numpy(features), torch.from_numpy(kernels))
    np.testing.assert_allclose(fast.numpy(), slow, atol=1e-10)


@pytest.mark.parametrize("propagate", [True, False])
def test_only_a_propagating_network_remembers_the_frame_before(propagate):
    torch.manual_seed(0)
    spec = PoseNetworkSpec(**SMALL, kind="rpstn", frames=3, propagate=propagate)
    network, frames = spec.build().eval(), torch.randn(1, 3, 3, 48, 32)
    other = frames.clone()
    other[:, 0] += torch.randn(3, 48, 32)
    changed = (network(frames)[0]["heatmaps"] - network(other)[0]["heatmaps"]).abs().amax(dim=(0, 2, 3, 4))
    assert changed[0] > 0
    assert (changed[1] > 0) == propagate


@every_spec
def test_stored_network_gives_nearly_the_same_maps(spec, tmp_path):
    torch.manual_seed(0)
    network, (pictures, _) = spec.build().eval(), batch_for(spec)
    path = save_pose_network(tmp_path / "pose", spec, network, {"metrics": {"test/pck": 0.5}})
    again = load_pose_network(path)
    assert again.spec == spec
    for name, part in PoseNetwork(spec, network).maps(pictures).items():
        torch.testing.assert_close(again.maps(pictures)[name], part, atol=2e-2, rtol=2e-2)


def test_trainings_in_16_bits_can_look_at_their_maps():
    spec = SPECS["deconv"]
    network, (pictures, _) = PoseNetwork(spec, spec.build().eval()), batch_for(spec)
    with torch.autocast("cpu", torch.bfloat16):
        assert network.maps(pictures)["heatmaps"].numpy().dtype == np.float32


@pytest.fixture(scope="module")
def one_registry():
    """PyTorch makes its table of all operators anew for every export, which takes a third of the time."""
    pytest.importorskip("onnxscript", reason="formnet[onnx] is not installed")
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    table = ONNXRegistry.from_torchlib()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ONNXRegistry, "from_torchlib", lambda *_, **__: table)
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("one_registry")
@every_spec
def test_onnx_gives_the_same_numbers(spec, tmp_path):
    # An export takes time for every layer and frame; what comes again is the same.
    spec = replace(spec, frames=min(spec.frames, 2), depth=min(spec.depth, 1), size=SMALL["size"])
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    torch.manual_seed(0)
    network = PoseNetwork(spec, spec.build().eval())
    path = export_onnx(network, tmp_path / "pose.onnx")
    session = runtime.InferenceSession(str(path))
    leading = (1, spec.frames) if spec.kind == "rpstn" else (3,)
    pictures = torch.randn(*leading, 3, *spec.size[::-1])
    answers = dict(zip([o.name for o in session.get_outputs()], session.run(None, {"pictures": pictures.numpy()}),
                       strict=True))  # fmt: skip
    own = network.maps(pictures)
    assert answers.keys() == own.keys()
    for kind, part in own.items():
        np.testing.assert_allclose(answers[kind], part.numpy(), atol=2e-5)
    assert json.loads(session.get_modelmeta().custom_metadata_map["formnet"])["kind"] == spec.kind


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"kind": "vit"}, "kind must be one of deconv, hourglass, rpstn, got 'vit'"),
        ({"size": (30, 48)}, "size must be multiples of 8, got 30×48"),
        ({"kind": "rpstn", "method": "tags"}, "RPSTN finds heatmaps; set method=heatmaps"),
        ({"stages": 0}, "task.network.stages to be a whole number of 1…16, got 0"),
    ],
)
def test_impossible_networks_are_named(values, sentence):
    with pytest.raises(InputError, match=sentence):
        PoseNetworkSpec(**{**SMALL, **values})


def test_files_that_are_no_network(tmp_path):
    with pytest.raises(CheckpointError, match="is missing"):
        load_pose_network(tmp_path / "none.safetensors")
    spec = SPECS["deconv"]
    path = save_pose_network(tmp_path / "pose", spec, spec.build(), {})
    sidecar = path.with_suffix(".json")
    content = json.loads(sidecar.read_text())
    for change, sentence in (
        ({"format": "formnet-lifter"}, "is no pose network; make one with python train.py task=pose"),
        ({"format_version": 99}, "newer formnet"),
        ({"network": {**content["network"], "width": 4}}, "do not fit"),
        ({"network": {"kind": "deconv"}}, "cannot be built"),
    ):
        sidecar.write_text(json.dumps(seal({**content, **change})))
        with pytest.raises(CheckpointError, match=sentence):
            load_pose_network(path)


def test_crops_lead_there_and_back_and_show_what_they_should():
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[40:44, 20:24] = 255
    crop = Crop((30.0, 35.0), 40.0, (32, 48), turn_deg=30.0)
    place = crop.from_picture(np.array([22.0, 42.0]))
    np.testing.assert_allclose(crop.to_picture(place), [22.0, 42.0])
    rows, columns = np.nonzero(crop.cut(picture)[..., 0] > 100)
    np.testing.assert_allclose([columns.mean() + 0.5, rows.mean() + 0.5], place, atol=0.4)
    np.testing.assert_allclose(crop_whole(80, 60, (32, 48)).from_picture(np.array([[0.0, 30], [80, 30]])),
                               [[0, 24], [32, 24]])  # fmt: skip


def test_large_pictures_are_averaged_not_skipped():
    stripes = np.zeros((600, 600, 3), np.uint8)
    stripes[:, ::2] = 200
    small = crop_whole(600, 600, (32, 32)).cut(stripes)
    assert np.ptp(small[4:-4, 4:-4].astype(int)) < 12
    assert abs(float(small[4:-4, 4:-4].mean()) - 100) < 3


class _Painted(torch.nn.Module):
    """A faultless network for pictures whose left hip is red on the left of a green right one, or mirrored.

    It calls the spot on the left of the picture the right hip, as a network does that sees somebody from the front.
    """

    def forward(self, pictures):
        flat = pictures.flatten(0, -4)
        red, green = (torch.nn.functional.avg_pool2d(flat[:, c : c + 1].clamp(min=0), 4) for c in (0, 1))
        x = torch.arange(red.shape[-1]).float()
        place = [(spot * x).sum(dim=(1, 2, 3)) / spot.sum(dim=(1, 2, 3)).clamp(min=1e-6) for spot in (red, green)]
        is_left = (place[0] < place[1])[:, None, None, None]
        maps = torch.zeros(len(flat), len(JOINTS), *red.shape[-2:])
        maps[:, 1:2], maps[:, 0:1] = torch.where(is_left, red, green), torch.where(is_left, green, red)
        maps = maps / maps.amax(dim=(-2, -1), keepdim=True).clamp(min=1e-6)
        return [{"heatmaps": maps.view(*pictures.shape[:-3], *maps.shape[1:])}]


@pytest.mark.parametrize("flip", [True, False])
@pytest.mark.parametrize("kind", ["deconv", "rpstn"])
def test_joints_come_back_in_pixels_of_the_picture(kind, flip):
    """The flip test would swap or smear the sides if maps were not mirrored back."""
    picture = np.zeros((96, 96, 3), np.uint8)
    picture[38:42, 28:36, 0], picture[60:68, 60:68, 1] = 255, 255
    network = PoseNetwork(PoseNetworkSpec(**{**SMALL, "refine": "none"}, kind=kind), _Painted())
    crop = crop_around(np.array([16.0, 0, 80, 96]), (32, 48), margin=1.0)
    find = find_in_clip if kind == "rpstn" else find_in_crops
    for people in find(network, [picture] * 2, [crop] * 2, flip=flip):
        np.testing.assert_allclose(people.joints[0, :2], [[64, 64], [32, 40]], atol=4.1)
        assert people.confidence[0, :2].min() > 0.8


def test_people_are_mirrored_with_their_sides():
    from formnet.readers.pictures.base import LabelledPerson

    joints = np.array([[10.0, 20], [20, 20], [10, 30], [20, 30], [10, 40], [20, 40]])
    person = LabelledPerson(
        joints, np.arange(6) % 3, np.array([0.0, 0, 32, 48]), 1.0, solid=np.arange(18.0).reshape(6, 3)
    )
    crop = crop_whole(32, 48, (32, 48))
    straight, turned = (place_people([person], crop, JOINTS, m) for m in (False, True))
    np.testing.assert_allclose(straight[0][0], joints)
    np.testing.assert_allclose(turned[0][0, 0], [32 - 20, 20])
    assert turned[1][0, 0] == person.flags[1]
    np.testing.assert_allclose(turned[2][0, 0], person.solid[1] * (-1, 1, 1))
    assert NO_AUGMENT.flip is False
