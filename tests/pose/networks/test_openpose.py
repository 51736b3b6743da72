"""OpenPose's networks: Caffe's files are read bit by bit, channels mean what OpenPose says."""

import numpy as np
import pytest
import torch

from formnet.errors import CheckpointError, InputError
from formnet.pose.estimator import create_estimator
from formnet.pose.grouping.fields import make_fields
from formnet.pose.grouping.heatmaps import make_heatmaps
from formnet.pose.networks.caffe import parse_layout, read_caffe
from formnet.pose.networks.openpose import LAYOUTS, OpenPose, load_openpose
from formnet.pose.video import Frame
from formnet.skeleton import BODY_25, COCO_18, MPI_15

COCO, MPI, BODY = LAYOUTS
# OpenPose's own tables: pairs of joints, and the two channels of each pair's field.
PAIRS = {
    "coco18": "1,2 1,5 2,3 3,4 5,6 6,7 1,8 8,9 9,10 1,11 11,12 12,13 1,0 0,14 14,16 0,15 15,17 2,16 5,17",
    "mpi15": "0,1 1,2 2,3 3,4 1,5 5,6 6,7 1,14 14,8 8,9 9,10 14,11 11,12 12,13",
    "body25": "1,8 1,2 1,5 2,3 3,4 5,6 6,7 8,9 9,10 10,11 8,12 12,13 13,14 1,0 0,15 15,17 0,16 16,18 2,17 5,18 "
              "14,19 19,20 14,21 11,22 22,23 11,24",
}  # fmt: skip
CHANNELS = {
    "coco18": "31 39 33 35 41 43 19 21 23 25 27 29 47 49 53 51 55 37 45",
    "mpi15": "16 18 20 22 24 26 28 30 32 34 36 38 40 42",
    "body25": "26 40 48 42 44 50 52 32 28 30 34 36 38 56 58 62 60 64 46 54 66 68 70 72 74 76",
}


def body(skeleton, height: float, place: tuple[float, float]) -> np.ndarray:
    """A standing person's joints in cells."""
    side = {"eye": (0.03, 0.05), "ear": (0.05, 0.07), "shoulder": (0.12, 0.2), "elbow": (0.17, 0.35),
            "wrist": (0.2, 0.48), "hip": (0.07, 0.5), "knee": (0.08, 0.72), "ankle": (0.08, 0.93),
            "foot_index": (0.13, 0.99), "small_toe": (0.17, 0.97), "heel": (0.06, 0.98)}  # fmt: skip
    middle = {"nose": 0.07, "head": 0.0, "neck": 0.19, "spine3": 0.33, "pelvis": 0.5}
    joints = []
    for joint in skeleton.joints:
        if joint in middle:
            joints.append((0.0, middle[joint]))
        else:
            which, name = joint.split("_", 1)
            x, y = side[name]
            joints.append((x if which == "left" else -x, y))
    return np.array(joints) * height + place


def maps_of(layout, people, size):
    pairs = tuple((layout.skeleton.index(a), layout.skeleton.index(b)) for a, b in layout.limbs)
    fields, _ = make_fields(people, pairs, size, 1.0)
    heat = make_heatmaps(people, size, 1.5)
    return np.concatenate([heat, 1 - heat.max(axis=0, keepdims=True), fields])


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda part: part.skeleton.name)
def test_channels_are_openposes(layout):
    name = layout.skeleton.name
    pairs = [tuple(map(int, pair.split(","))) for pair in PAIRS[name].split()]
    expected = dict(zip(map(int, CHANNELS[name].split()), pairs, strict=True))
    first = len(layout.skeleton) + 1
    own = {first + 2 * i: (layout.skeleton.index(a), layout.skeleton.index(b)) for i, (a, b) in enumerate(layout.limbs)}
    assert own == expected
    assert layout.n_channels == {"coco18": 57, "mpi15": 44, "body25": 78}[name]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda part: part.skeleton.name)
def test_people_are_found_in_pixels_of_the_picture(layout):
    """A picture of 736 × 368 is seen as it is: 92 × 46 cells of 8 pixels."""
    people = np.stack([body(layout.skeleton, 36, (30.2, 4.4)), body(layout.skeleton, 33, (52.7, 6.1))])
    maps = maps_of(layout, people, (92, 46)).astype(np.float32)
    seen = []

    def run(pictures):
        seen.append(pictures)
        return maps

    found = OpenPose(run, layout.n_channels, "made", "1").find(np.full((368, 736, 3), (255, 0, 0), np.uint8))
    assert seen[0].shape == (1, 3, 368, 736)
    np.testing.assert_allclose(seen[0][0, :, 100, 100], [-0.5, -0.5, 255 / 256 - 0.5], err_msg="blue comes first")
    assert len(found) == 2
    order = np.argsort(found.joints[:, layout.skeleton.index("neck"), 0])
    np.testing.assert_allclose(found.joints[order], 8 * people, atol=3.0)


def test_a_tall_picture_is_padded_not_squeezed():
    layout, sizes = LAYOUTS[0], []

    def run(pictures):
        sizes.append(pictures.shape)
        size = pictures.shape[3] // 8, pictures.shape[2] // 8
        people = body(layout.skeleton, 36, (size[0] / 2, 4.4))[None]
        return maps_of(layout, people, size).astype(np.float32)

    found = OpenPose(run, layout.n_channels, "made", "1").find(np.zeros((900, 500, 3), np.uint8))
    assert sizes[0][2] == 368
    assert sizes[0][3] % 16 == 0
    scale = 368 / 900
    neck = found.joints[0, layout.skeleton.index("neck")]
    np.testing.assert_allclose(neck, [250, 8 * (36 * 0.19 + 4.4) / scale], atol=8)


def test_unknown_networks_are_refused():
    with pytest.raises(CheckpointError, match=r"gives 12 maps, which no network of OpenPose does: 57 \(coco18\)"):
        OpenPose(lambda pictures: pictures, 12, "other", "1")


def test_missing_files_say_where_they_come_from(tmp_path, monkeypatch):
    monkeypatch.setenv("FORMNET_OPENPOSE", str(tmp_path))
    with pytest.raises(InputError, match=r"there is no network of OpenPose in .*CMU-Perceptual-Computing-Lab/openpose"):
        create_estimator("opencv-openpose")
    with pytest.raises(CheckpointError, match="is not there; get pose_iter_584000"):
        create_estimator(str(tmp_path / "pose.caffemodel"))
    (tmp_path / "pose.caffemodel").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"needs its \.prototxt beside it, but there is none"):
        create_estimator("opencv-openpose")


# A network in Caffe's files: one 3×3 convolution, PReLU, pooling by 2 three times, 1×1 convolution, all in sequence.
LAYOUT = """
name: "small"  # as OpenPose's begin
input: "image"
input_dim: 1
layer { name: "conv1" type: "Convolution" bottom: "image" top: "conv1"
        convolution_param { num_output: 4 pad: 1 kernel_size: 3 } }
layer { name: "act" type: "PReLU" bottom: "conv1" top: "conv1" }
layer { name: "p1" type: "Pooling" bottom: "conv1" top: "p1" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "p2" type: "Pooling" bottom: "p1" top: "p2" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "p3" type: "Pooling" bottom: "p2" top: "p3" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "heads" type: "Convolution" bottom: "p3" top: "heads"
        convolution_param { num_output: 29 kernel_size: 1 } }
layer { name: "relu" type: "ReLU" bottom: "p3" top: "other" }
layer { name: "heads2" type: "Convolution" bottom: "other" top: "heads2"
        convolution_param { num_output: 28 kernel_size: 1 bias_term: false } }
layer { name: "all" type: "Concat" bottom: "heads" bottom: "heads2" top: "net_output" concat_param { axis: 1 } }
"""


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def message(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def blob(array: np.ndarray, *, old: bool = False) -> bytes:
    data = array.astype("<f4").tobytes()
    if old:
        sizes = [1] * (4 - array.ndim) + list(array.shape)
        head = b"".join(varint(n << 3) + varint(size) for n, size in enumerate(sizes, start=1))
        return head + b"".join(varint(5 << 3 | 5) + data[i : i + 4] for i in range(0, len(data), 4))
    return message(7, message(1, b"".join(varint(size) for size in array.shape))) + message(5, data)


@pytest.fixture
def weights():
    rng = np.random.default_rng(0)
    return {"conv1": [rng.normal(size=(4, 3, 3, 3)), rng.normal(size=4)], "act": [rng.normal(size=4)],
            "heads": [rng.normal(size=(29, 4, 1, 1)), rng.normal(size=29)],
            "heads2": [rng.normal(size=(28, 4, 1, 1))]}  # fmt: skip


def caffe_files(folder, weights, *, old=False, layout=LAYOUT):
    field, name_field, blob_field = (2, 4, 6) if old else (100, 1, 7)
    layers = [
        message(
            field, message(name_field, name.encode()) + b"".join(message(blob_field, blob(a, old=old)) for a in arrays)
        )
        for name, arrays in weights.items()
    ]
    (folder / "pose.prototxt").write_text(layout)
    (folder / "pose.caffemodel").write_bytes(message(1, b"small") + b"".join(layers))
    return folder / "pose.caffemodel"


@pytest.mark.parametrize("old", [False, True])
def test_caffe_files_compute_what_they_describe(tmp_path, weights, old):
    path = caffe_files(tmp_path, weights, old=old)
    network = read_caffe(tmp_path / "pose.prototxt", path)
    pictures = torch.randn(1, 3, 37, 44)
    w = {name: [torch.from_numpy(a).float() for a in arrays] for name, arrays in weights.items()}
    f = torch.nn.functional
    x = f.prelu(f.conv2d(pictures, *w["conv1"], padding=1), w["act"][0])
    for _ in range(3):
        x = f.max_pool2d(x, 2, 2, ceil_mode=True)
    expected = torch.cat([f.conv2d(x, *w["heads"]), f.conv2d(torch.relu(x), w["heads2"][0])], dim=1)
    assert expected.shape == (1, 57, 5, 6)
    torch.testing.assert_close(network(pictures), expected)


def test_a_caffe_network_is_an_estimator(tmp_path, weights):
    estimator = create_estimator(str(caffe_files(tmp_path, weights)))
    assert estimator.skeleton == COCO_18
    seen = next(iter(estimator.follow([Frame(0.0, np.zeros((96, 96, 3), np.uint8))])))
    assert (seen.width, seen.height) == (96, 96)


def test_onnx_runs_in_opencv(tmp_path, weights):
    pytest.importorskip("onnx", reason="formnet[onnx] is not installed")
    from onnx import TensorProto, helper, numpy_helper, save

    rng = np.random.default_rng(0)
    kernel = numpy_helper.from_array(rng.normal(size=(44, 3, 8, 8)).astype(np.float32), "kernel")
    node = helper.make_node("Conv", ["image", "kernel"], ["maps"], kernel_shape=[8, 8], strides=[8, 8])
    inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "h", "w"])]
    outputs = [helper.make_tensor_value_info("maps", TensorProto.FLOAT, [1, 44, "hm", "wm"])]
    graph = helper.make_graph([node], "small", inputs, outputs, [kernel])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), tmp_path / "mpi.onnx")
    estimator = load_openpose(tmp_path / "mpi.onnx")
    assert estimator.skeleton == MPI_15
    picture = rng.normal(size=(1, 3, 64, 32)).astype(np.float32)
    weight = torch.from_numpy(numpy_helper.to_array(kernel).copy())
    expected = torch.nn.functional.conv2d(torch.from_numpy(picture), weight, stride=8)[0].numpy()
    np.testing.assert_allclose(estimator._run(picture), expected, atol=1e-4)
    (tmp_path / "broken.onnx").write_bytes(b"no network")
    with pytest.raises(CheckpointError, match="OpenCV cannot read"):
        load_openpose(tmp_path / "broken.onnx")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text.replace("PReLU", "LSTM"), "is a LSTM, which formnet does not know; convert the network"),
        (lambda text: text.replace("num_output: 4", "num_output: 5"), "weights of another size"),
        (lambda text: text.replace('name: "heads"', 'name: "heads9"'), "has no weights"),
        (lambda text: text.replace("pool: MAX", "pool: AVE"), "pools by AVE; formnet knows MAX only"),
        (lambda text: text + "}", "cannot be read"),
        (lambda text: text.rstrip()[:-1], "cannot be read"),
        (lambda text: "name: 'nothing'", "describes no layers"),
    ],
)
def test_caffe_files_that_do_not_fit(tmp_path, weights, change, sentence):
    path = caffe_files(tmp_path, weights, layout=change(LAYOUT))
    with pytest.raises(CheckpointError, match=sentence):
        read_caffe(tmp_path / "pose.prototxt", path)


@pytest.mark.parametrize("cut", [3, 40, 200, -1])
def test_truncated_weights_are_one_sentence(tmp_path, weights, cut):
    path = caffe_files(tmp_path, weights)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(CheckpointError):
        read_caffe(tmp_path / "pose.prototxt", path)


def test_layouts_nest_and_repeat():
    block = parse_layout("a: 1 b { c: \"x y\" c: 'z' } b: { } # { never read\n d: -0.5")
    assert block == {"a": ["1"], "b": [{"c": ["x y", "z"]}, {}], "d": ["-0.5"]}


def test_body_25_has_its_feet():
    assert {("left_ankle", "left_heel"), ("right_foot_index", "right_small_toe")} <= set(BODY.limbs)
    assert BODY.skeleton == BODY_25
