"""task.start: a network begins with what another has learnt, wherever layers are the same."""

from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from formnet.errors import CheckpointError, InputError
from formnet.pose.networks.description import PoseNetworkSpec, save_pose_network
from formnet.skeleton import Skeleton
from formnet.training.pose.build import build_pose_options
from formnet.training.pose.warm_start import take_over

CONFIG = Path(__file__).resolve().parents[3] / "configs" / "task" / "pose.yaml"
JOINTS = Skeleton("legs", ("left_hip", "right_hip", "left_knee", "right_knee"))
SMALL = {"skeleton": JOINTS, "size": (32, 48), "widths": (8, 16), "blocks": (1, 1), "width": 16}


def save_former(folder: Path) -> tuple[torch.nn.Module, Path]:
    """A network whose head says something, and the file of its weights."""
    torch.manual_seed(0)
    spec = PoseNetworkSpec(**SMALL)
    former = spec.build()
    torch.nn.init.normal_(former.heads[0].weight)
    return former, save_pose_network(folder / "former", spec, former, {})


def test_a_network_of_another_kind_takes_over_the_encoder_and_keeps_the_rest(tmp_path):
    torch.manual_seed(0)
    former = PoseNetworkSpec(**SMALL).build()
    path = save_pose_network(tmp_path / "former", PoseNetworkSpec(**SMALL), former, {})
    several = PoseNetworkSpec(**SMALL, method="tags").build()
    head = several.heads[0].weight.clone()
    share = take_over(several, path)
    assert 0.25 < share < 1
    for name, tensor in former.stem.state_dict().items():
        torch.testing.assert_close(several.stem.state_dict()[name], tensor, atol=2e-3, rtol=2e-3)
    assert torch.equal(several.heads[0].weight, head)


def test_lateral_connections_change_nothing_in_the_beginning(tmp_path):
    former, path = save_former(tmp_path)
    pyramid = PoseNetworkSpec(**SMALL, lateral=True).build()
    assert take_over(pyramid, path) > 0.9
    pictures = torch.randn(2, 3, 48, 32)
    with torch.no_grad():
        found, expected = (net.eval()(pictures)[0]["heatmaps"] for net in (pyramid, former))
        assert (found - expected).abs().mean() < 0.01 * expected.std()
        torch.nn.init.normal_(pyramid.stem.lateral[0].weight)
        assert (pyramid(pictures)[0]["heatmaps"] - expected).abs().mean() > 0.1 * expected.std()


def test_a_video_network_finds_in_every_frame_what_its_start_finds_there(tmp_path):
    former, path = save_former(tmp_path)
    video = PoseNetworkSpec(**SMALL, kind="rpstn", frames=3).build()
    assert take_over(video, path) > 0.25
    frames = torch.randn(1, 3, 3, 48, 32)
    video.normalise = torch.nn.Identity()
    with torch.no_grad():
        found, expected = video.eval()(frames)[0]["heatmaps"][0], former.eval()(frames[0])[0]["heatmaps"]
    away = (found - expected).abs().mean(dim=(1, 2, 3)) / expected.std()
    assert away.max() < 0.1


def test_a_start_that_hardly_fits_is_refused(tmp_path):
    spec = PoseNetworkSpec(**{**SMALL, "widths": (4, 24), "width": 24})
    path = save_pose_network(tmp_path / "other", spec, spec.build(), {})
    with pytest.raises(InputError, match=r"shares \d+% of this network's weights; train one with the same"):
        take_over(PoseNetworkSpec(**SMALL).build(), path)
    with pytest.raises(CheckpointError, match="is missing"):
        take_over(PoseNetworkSpec(**SMALL).build(), tmp_path / "none.safetensors")


@pytest.mark.parametrize(("start", "said"), [("none.safetensors", "none.safetensors"), (5, "5")])
def test_a_start_that_is_not_there_is_said_before_anything_is_drawn(start, said):
    configuration = OmegaConf.to_container(OmegaConf.load(CONFIG))
    with pytest.raises(InputError, match=rf"task\.start={said} is not there; give the pose\.safetensors"):
        build_pose_options({**configuration, "start": start}, 0)
