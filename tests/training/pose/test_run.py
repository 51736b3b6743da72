"""train.py task=pose from end to end: it learns, its files are whole, its figures are those of the file."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as lightning
from PIL import Image

from formnet.errors import CheckpointError, DataError, InputError
from formnet.judges.checkpoint import load_model
from formnet.pose.networks.description import load_pose_network
from formnet.readers.pictures.base import LabelledPerson, LabelledPicture, PictureSet
from formnet.rendered.scenes import SceneOptions
from formnet.skeleton import Skeleton
from formnet.training.pose.data import PoseDataOptions, PoseSets, load_pose_sets, read_or_render
from formnet.training.pose.measure import measure_network
from formnet.training.pose.module import PoseFitOptions
from formnet.training.pose.run import PoseOptions, run_pose_training
from formnet.training.pose.views import PoseAugment
from tests.training.test_commands import call

DOTS = Skeleton("dots", ("pelvis", "left_hip", "right_hip", "left_shoulder", "right_shoulder"))
COLOURS = np.array([[250, 250, 250], [250, 30, 30], [30, 30, 250], [250, 250, 30], [30, 250, 30]])
NETWORK = {"size": [32, 48], "widths": [16, 32], "blocks": [1, 1], "width": 16, "sigma": 1.0}


def dotted_set(folder: Path, count: int, seed: int, people: int = 1) -> PictureSet:
    """People of coloured dots: what a small network learns in seconds."""
    rng, pictures = np.random.default_rng(seed), []
    folder.mkdir()
    for number in range(count):
        pixels = rng.integers(60, 110, (48, 32 * people, 3)).astype(np.uint8)
        persons = []
        for person in range(people):
            joints = np.array([[16.0, 24], [22, 30], [10, 30], [24, 12], [8, 12]]) + rng.uniform(-4, 4, (5, 2))
            joints[:, 0] += 32 * person
            for (x, y), colour in zip(np.round(joints).astype(int), COLOURS, strict=True):
                pixels[y - 2 : y + 2, x - 2 : x + 2] = colour
            flags = np.array([2, 2, 1, 2, 2])
            box = np.array([32.0 * person, 0, 32 * person + 32, 48])
            persons.append(LabelledPerson(np.round(joints), flags, box, 700.0))
        path = folder / f"{number}.png"
        Image.fromarray(pixels).save(path)
        pictures.append(LabelledPicture(path, tuple(persons), clip=str(number // 5), frame=number % 5))
    return PictureSet(tuple(pictures), DOTS)


def quiet_trainer(epochs):
    def make(*, callbacks, default_root_dir):
        return lightning.Trainer(
            max_epochs=epochs, accelerator="cpu", callbacks=callbacks, logger=False, enable_progress_bar=False,
            enable_model_summary=False, num_sanity_val_steps=0, default_root_dir=default_root_dir,
        )  # fmt: skip

    return make


@pytest.fixture
def sets(tmp_path):
    return PoseSets(*(dotted_set(tmp_path / name, count, seed) for seed, (name, count) in
                      enumerate((("train", 40), ("val", 5), ("test", 20)))))  # fmt: skip


def options(network, **data):
    gentle = PoseAugment(flip=False, turn_deg=5, scale=0.05, shift=0.02, colour=0.05, erase=0.0)
    values = {"batch_size": 8, "steps_per_epoch": 60, "augment": gentle, **data}
    return PoseOptions(network={**NETWORK, **network}, data=PoseDataOptions(**values), fit=PoseFitOptions(1e-2))


def test_learns_dots_and_writes_what_it_measured(sets, tmp_path):
    figures = run_pose_training(options({}), quiet_trainer(2), tmp_path / "run", sets=sets)
    assert figures["test/pck"] > 0.9
    assert figures["test/pck_hidden"] > 0.8
    again = load_pose_network(tmp_path / "run" / "pose.safetensors")
    measured = measure_network(again, sets.test)
    assert measured["pck"] == figures["test/pck"]
    assert json.loads((tmp_path / "run" / "metrics.json").read_text()) == figures
    assert again.about["metrics"]["test/pck"] == figures["test/pck"]
    with pytest.raises(CheckpointError, match=r"last\.ckpt is kept to go on with a training .*\.safetensors"):
        load_model(tmp_path / "run" / "last.ckpt")


@pytest.mark.parametrize("network", [{"method": "fields", "stages": 2}, {"method": "offsets", "lateral": True}])
def test_learns_several_people(network, tmp_path):
    sets = PoseSets(*(dotted_set(tmp_path / name, count, seed, people=2) for seed, (name, count) in
                      enumerate((("train", 120), ("val", 4), ("test", 24)))))  # fmt: skip
    figures = run_pose_training(options({**network, "size": [64, 48]}), quiet_trainer(2), tmp_path / "run", sets=sets)
    assert figures["test/ar"] >= figures["test/ap"] - 1e-9
    stored = load_pose_network(tmp_path / "run" / "pose.safetensors")
    # These people are no mirror images of themselves: the flip test says little.
    assert measure_network(stored, sets.test, flip=False)["ap50"] > 0.9
    # Offsets leave no joint out.
    has_shape = stored.spec.shape is not None
    assert has_shape == (network["method"] == "fields")


def test_a_second_look_knows_better_where_everybodys_joints_are(tmp_path):
    sets = PoseSets(*(dotted_set(tmp_path / name, count, seed, people=2) for seed, (name, count) in
                      enumerate((("train", 80), ("val", 4), ("test", 16)))))  # fmt: skip
    network = {"method": "offsets", "lateral": True, "size": [64, 48]}
    run_pose_training(options(network), quiet_trainer(1), tmp_path / "once", sets=sets)
    first = str(tmp_path / "once" / "pose.safetensors")
    asked = options({**NETWORK, "size": [48, 64]})
    again = replace(asked, network={**asked.network, "conditioned": True}, first=first)
    figures = run_pose_training(again, quiet_trainer(2), tmp_path / "again", sets=sets)
    stored = load_pose_network(tmp_path / "again" / "pose.safetensors")
    assert measure_network(stored, sets.test)["ap"] == figures["test/ap"]
    assert stored.first is not None
    # Without the flip test: these people are no mirror images of themselves.
    once, twice = (measure_network(one, sets.test, flip=False)["ap"] for one in (stored.first, stored))
    assert twice > once + 0.05
    with pytest.raises(InputError, match=r"looks again at what another one found; give that as task\.first"):
        replace(again, first=None)
    with pytest.raises(InputError, match="ONNX is written of networks that take pictures alone"):
        replace(again, onnx=True)
    with pytest.raises(CheckpointError, match="must be found by a network of several people"):
        run_pose_training(
            replace(again, first=str(tmp_path / "again" / "pose.safetensors")), quiet_trainer(1), tmp_path, sets=sets
        )
    (tmp_path / "again" / "pose_first.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"pose_first\.safetensors"):
        load_pose_network(tmp_path / "again" / "pose.safetensors")


def test_pictures_that_cannot_teach_a_network(sets, tmp_path):
    with pytest.raises(DataError, match="know no depth, which method=location learns"):
        run_pose_training(options({"method": "location"}), quiet_trainer(1), tmp_path, sets=sets)
    with pytest.raises(InputError, match="this is no pose network: kind must be one of"):
        run_pose_training(options({"kind": "vit"}), quiet_trainer(1), tmp_path, sets=sets)
    with pytest.raises(InputError, match=r"task\.network cannot be used .*levels"):
        run_pose_training(options({"levels": 3}), quiet_trainer(1), tmp_path, sets=sets)


def test_rendered_sets_are_drawn_once_and_anew_when_asked_for_others(tmp_path):
    first = SceneOptions(scenes=1, height=64, seed=1)
    read_or_render(tmp_path / "a", first)
    stamp = (tmp_path / "a" / "labels.json").stat().st_mtime_ns
    assert len(read_or_render(tmp_path / "a", first)) == 1
    assert (tmp_path / "a" / "labels.json").stat().st_mtime_ns == stamp
    assert len(read_or_render(tmp_path / "a", SceneOptions(scenes=2, height=64, seed=1))) == 2
    (tmp_path / "a" / "recipe.txt").unlink()
    with pytest.raises(InputError, match="holds labels that formnet did not render"):
        read_or_render(tmp_path / "a", first)


def test_sides_of_rendered_sets_share_nobody(tmp_path):
    from formnet.training.pose.data import RenderedOptions

    rendered = RenderedOptions(scenes=2, val_scenes=2, test_scenes=2, frames=1, height=48)
    sets = load_pose_sets(PoseDataOptions(root=str(tmp_path), rendered=rendered))
    solids = [picture.people[0].solid for side in (sets.train, sets.val, sets.test) for picture in side.pictures]
    assert len({np.round(solid, 3).tobytes() for solid in solids}) == 6


@pytest.mark.slow
def test_the_command_trains(tmp_path, programs):
    scenes = [f"task.data.rendered.{name}=1" for name in ("scenes", "val_scenes", "test_scenes", "frames")]
    small = ["task.epochs=1", "task.data.steps_per_epoch=2", "task.data.batch_size=2", "task.network.size=[48,64]",
             "task.network.widths=[8,16,16]", f"task.data.root={tmp_path / 'set'}"]  # fmt: skip
    done = call(programs, "train.py", "task=pose", "threads=1", "hydra.run.dir=run", *small, *scenes, folder=tmp_path)
    assert done.code == 0, done.said
    assert "test/pck" in json.loads(done.out.splitlines()[-1])
    measured = call(programs, "evaluate.py", "run/pose.safetensors", folder=tmp_path)
    assert measured.code == 0, measured.said
    trained, again = (json.loads(text.splitlines()[-1]) for text in (done.out, measured.out))
    assert {**again, "test/seconds_a_frame": 0} == pytest.approx({**trained, "test/seconds_a_frame": 0}, nan_ok=True)
