"""evaluate.py of a pose network: the same figures again, other labelled pictures, and what it refuses."""

from dataclasses import replace
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from formnet.errors import CheckpointError, InputError
from formnet.pose.networks.description import load_pose_network, save_pose_network
from formnet.readers.pictures.coco_people import write_coco_people
from formnet.skeleton import Skeleton
from formnet.training.pose.data import PoseDataOptions, divide
from formnet.training.pose.evaluation import (
    compose_pose_data,
    describe_figures,
    evaluate_pose_network,
    is_pose_network,
    require_same_joints,
)
from formnet.training.pose.measure import measure_network
from formnet.training.pose.run import make_spec
from tests.training.pose.test_run import DOTS, NETWORK, PoseSets, dotted_set

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def labels(tmp_path):
    pictures = dotted_set(tmp_path / "pictures", 20, seed=1)
    return write_coco_people(tmp_path / "labels.json", list(pictures.pictures), DOTS)


@pytest.fixture
def stored(tmp_path, labels):
    """An untrained network that says it was trained beside those labels."""
    pictures = dotted_set(tmp_path / "more", 5, seed=2)
    spec = make_spec(NETWORK, PoseSets(pictures, pictures, pictures))
    task = OmegaConf.to_container(OmegaConf.load(REPOSITORY / "configs" / "task" / "pose.yaml"))
    task["data"] |= {"source": "coco", "root": str(tmp_path / "labels.json"), "test_share": 0.4}
    return save_pose_network(tmp_path / "pose", spec, spec.build(), {"training": {"task": task, "seed": 3}})


def test_the_test_side_is_the_one_it_was_trained_beside(stored, tmp_path):
    from formnet.readers.pictures.coco_people import read_coco_people

    network = load_pose_network(stored)
    data, seed, threads = compose_pose_data(network, stored, ["threads=1"])
    assert (seed, threads) == (3, 1)
    figures = evaluate_pose_network(network, data, seed)
    options = PoseDataOptions(source="coco", root=str(tmp_path / "labels.json"), test_share=0.4, seed=3)
    side = divide(read_coco_people(tmp_path / "labels.json"), options).test
    assert figures["test/pck_person"] == measure_network(network, side)["pck_person"]
    assert "pck_person_hidden" in describe_figures(figures)
    assert "hidden joints" in describe_figures(figures)


def test_settings_that_do_not_change_a_measurement_are_refused(stored):
    network = load_pose_network(stored)
    assert compose_pose_data(network, stored, ["task.data.rendered.people=2"])[0]["rendered"]["people"] == 2
    for setting in ("task.data.batch_size=4", "task.epochs=3", "data.root=x", "task.data.rendered.scenes=9"):
        with pytest.raises(InputError, match="does not change how a pose network is measured"):
            compose_pose_data(network, stored, [setting])


def test_other_joints_and_networks_without_a_record_are_named(stored, tmp_path):
    network = load_pose_network(stored)
    pictures = dotted_set(tmp_path / "others", 1, seed=4)
    with pytest.raises(InputError, match=r"label other joints than the network finds \(nose, right_shoulder\)"):
        require_same_joints(network, replace(pictures, skeleton=Skeleton("x", (*DOTS.joints[:4], "nose"))))
    bare = save_pose_network(tmp_path / "bare", network.spec, network.module, {})
    with pytest.raises(CheckpointError, match="does not say what it was trained beside"):
        compose_pose_data(load_pose_network(bare), bare, [])


def test_other_files_are_no_pose_networks(stored, tmp_path):
    assert is_pose_network(stored)
    assert not is_pose_network(tmp_path / "none.safetensors")
    assert not is_pose_network(stored.with_name("last.ckpt"))
    assert not is_pose_network(REPOSITORY / "checkpoints" / "squat.safetensors")
