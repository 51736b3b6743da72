"""Every learner: learns, is calibrated, repeats, is stored and comes back, refuses what does not fit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from formnet.errors import CheckpointError, DataError, FormnetError, InputError
from formnet.judges.checkpoint import load_model
from formnet.judges.protocol import JUDGES, Judge, build_recipe, restore_judge
from formnet.preprocess.spec import PreprocessSpec, preprocess_clip
from formnet.skeleton import KINECT_22, SQUAT7_19, Skeleton
from formnet.storage.files import compute_sha256
from formnet.storage.weights import compute_fingerprint
from formnet.training.arrays import cut_repetitions
from formnet.training.data import SplitOptions
from formnet.training.learner_run import (
    LearnerRun,
    learner_options,
    learner_preprocess,
    run_learner_training,
)
from formnet.training.run import run_evaluation
from tests.judges.people import make_people, only, person, relabelled, without
from tests.preprocess.squats import squats, with_missing
from tests.training.stub import trainer_maker

pytestmark = pytest.mark.usefixtures("kept_features")
SMALL: dict[str, dict[str, Any]] = {
    "movement": {"name": "movement", "n_features": 600, "inner_folds": 2},
    "squat": {
        "name": "squat", "trees": 30, "members": 3, "inner_folds": 2,
        "network": {"members": 1, "width": 8, "epochs": 15, "batch_size": 8},
    },
}  # fmt: skip
TABLE = make_people(classes=("good", "shallow", "never shown"))
TRAIN, TEST = without(TABLE, "s02"), only(TABLE, "s02")
FITTED: dict[str, Judge] = {}


def fitted(name: str) -> Judge:
    if name not in FITTED:
        FITTED[name] = build_recipe(SMALL[name]).fit(TRAIN, seed=3)
    return FITTED[name]


def test_every_learner_is_tested() -> None:
    assert set(SMALL) == set(JUDGES)


@pytest.mark.parametrize("name", SMALL)
def test_it_tells_deep_from_shallow_for_a_person_never_seen(name: str) -> None:
    probabilities = fitted(name).probabilities(TEST.motions)
    assert probabilities.shape == (len(TEST), 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    assert (probabilities >= 0).all()
    assert (probabilities.argmax(axis=1) == TEST.labels).all()
    assert fitted(name).probabilities([]).shape == (0, 3)


@pytest.mark.parametrize("name", SMALL)
def test_each_repetition_is_judged_alone(name: str) -> None:
    together = fitted(name).probabilities(TEST.motions)
    alone = np.concatenate([fitted(name).probabilities([motion]) for motion in TEST.motions])
    np.testing.assert_allclose(alone, together, atol=1e-6)


@pytest.mark.parametrize("name", SMALL)
def test_the_same_seed_gives_the_same_numbers(name: str) -> None:
    again, other = (build_recipe(SMALL[name]).fit(TRAIN, seed=seed).arrays() for seed in (3, 4))
    own = fitted(name).arrays()
    assert set(own) == set(again)
    for key, array in own.items():
        np.testing.assert_array_equal(array, again[key], err_msg=key)
    assert any(array.shape != other[key].shape or (array != other[key]).any() for key, array in own.items())


@pytest.mark.parametrize("name", SMALL)
def test_options_are_plain_and_arrays_bring_it_back(name: str) -> None:
    options = json.loads(json.dumps(fitted(name).describe()))
    again = restore_judge(options, fitted(name).arrays())
    np.testing.assert_array_equal(again.probabilities(TEST.motions), fitted(name).probabilities(TEST.motions))


@pytest.mark.parametrize("name", SMALL)
def test_any_array_that_is_missing_short_or_no_number_is_refused(name: str) -> None:
    arrays, options = fitted(name).arrays(), fitted(name).describe()
    for key, array in arrays.items():
        with pytest.raises(CheckpointError, match=r"again"):
            restore_judge(options, {k: v for k, v in arrays.items() if k != key})
        # A forest may have any number of trees.
        if key != "forest.roots" and array.size:
            with pytest.raises(CheckpointError):
                restore_judge(options, {**arrays, key: array.reshape(-1)[:-1]})
        if array.dtype.kind == "f":
            with pytest.raises(CheckpointError):
                restore_judge(options, {**arrays, key: np.full_like(array, np.nan)})
    for key in options:
        with pytest.raises(FormnetError):
            restore_judge({k: v for k, v in options.items() if k != key}, arrays)
    for change in ({"n_classes": 2}, {"skeleton": "nonsense"}):
        with pytest.raises(FormnetError):
            restore_judge({**options, **change}, arrays)


@pytest.mark.parametrize("key", ["dilations", "kernels", "channels"])
def test_rocket_plans_that_point_outside_are_refused(key: str) -> None:
    arrays = dict(fitted("movement").arrays())
    for value in (-5, 10**6):
        arrays[f"rocket.{key}"] = np.full_like(arrays[f"rocket.{key}"], value)
        with pytest.raises(CheckpointError, match="points outside"):
            restore_judge(fitted("movement").describe(), arrays)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("skeleton", [SQUAT7_19, KINECT_22], ids=lambda s: s.name)
def test_other_joint_sets_will_do(name: str, skeleton: Skeleton) -> None:
    table = make_people(skeleton, n_people=3)
    learner = build_recipe(SMALL[name]).fit(without(table, "s01"), seed=0)
    test = only(table, "s01")
    assert (learner.probabilities(test.motions).argmax(1) == test.labels).mean() >= 5 / 6
    with pytest.raises(InputError, match=f"judges '{skeleton.name}' joints, got 'blazepose33'"):
        learner.probabilities([person()])


@pytest.mark.parametrize("name", SMALL)
def test_lost_joints_and_other_rates_do_not_break_a_verdict(name: str) -> None:
    motion = TEST.motions[0]
    lost = with_missing(motion, slice(10, 30), ("left_knee",))
    gone = with_missing(lost, slice(None), ("right_wrist", "left_heel"))
    half = motion.replace(
        positions=motion.positions[::2], confidence=motion.confidence[::2], timestamps=motion.timestamps[::2]
    )
    probabilities = fitted(name).probabilities([lost, half, gone])
    assert np.isfinite(probabilities).all()
    assert (probabilities[:2].argmax(axis=1) == TEST.labels[0]).all()


@pytest.mark.parametrize("name", SMALL)
def test_what_cannot_be_learnt_or_judged_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="at least 2 classes, got 1"):
        build_recipe(SMALL[name]).fit(relabelled(TRAIN, 1))
    flat = TEST.motions[0].replace(positions=TEST.motions[0].positions[..., :2])
    with pytest.raises(InputError, match="judges joints in 3D"):
        fitted(name).probabilities([flat])


@pytest.mark.parametrize("name", SMALL)
def test_one_group_is_enough_to_learn_from(name: str) -> None:
    learner = build_recipe(SMALL[name]).fit(only(TABLE, "s01", "s01"), seed=0)
    assert np.isfinite(learner.probabilities(TEST.motions)).all()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"name": "os.system"}, "unknown learner 'os.system'; use one of movement, squat"),
        ({"name": "movement", "alfa": 1}, "'movement' cannot be built"),
        ({"name": "movement", "alpha": 0}, "expected alpha above 0"),
        ({"name": "movement", "width": -1, "n_features": 3}, "expected n_features of 84 or more, width of 0 or more"),
        ({"name": "movement", "experts": ["posture", "taste"]}, "experts of motion, coordination, posture, each once"),
        ({"name": "movement", "left_out": None}, "left_out of groups or repetitions"),
        ({"name": "squat", "trees": 0}, "trees and members of 1 or more"),
        ({"name": "squat", "network": {"depth": 1}}, "the network has no option depth"),
    ],
)
def test_configurations_that_cannot_be_built(config: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_recipe(config)


# Through files.

SPEC = PreprocessSpec(skeleton="blazepose33", segmentation="squat", cutoff_hz=None, align="frames")


@pytest.fixture(scope="module", params=list(SMALL))
def finished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp(request.param)
    options = LearnerRun(SPEC, SMALL[request.param], SplitOptions(test_groups=("2",), val_groups=("3",)), seed=1)
    return out, run_learner_training(TABLE.select(np.arange(len(TABLE))), options, out, record={"data": {"name": "x"}})


def test_a_stored_learner_repeats_its_figures(finished: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    out, figures = finished
    assert figures["test/balanced_accuracy"] == 1.0
    assert figures["test/recall/never shown"] is None
    assert {path.suffix for path in out.iterdir()} == {".safetensors", ".json"}
    for name in ("model.safetensors", "model.json"):
        model = load_model(out / name)
        split = SplitOptions(test_groups=("2",))
        assert run_evaluation(model, TABLE, split, trainer_maker(), tmp_path) == figures
        assert json.loads((tmp_path / "metrics.json").read_text()) == figures
        assert model.description.metrics == figures
        # The validation side went back into training.
        assert model.description.training["split"]["repetitions"] == {"train": 18, "val": 0, "test": 6}
        with pytest.raises(InputError, match="holds a learner, not a network"):
            _ = model.classifier


def test_a_stored_learner_judges_a_clip(finished: tuple[Path, dict[str, Any]]) -> None:
    """Several repetitions in one clip, cut as those of training were."""
    model = load_model(finished[0] / "model.safetensors")
    away = np.array([0.0, 0.0, 4.0])
    for peak, label in ((115, 0), (70, 1)):
        clip = squats(peak_deg=peak)
        repetitions = preprocess_clip(clip.replace(positions=clip.positions + away), model.spec).repetitions
        probabilities = model.estimate_probabilities(repetitions)
        assert len(repetitions) == 3
        np.testing.assert_allclose(probabilities.sum(1), 1.0)
        assert (probabilities.argmax(1) == label).mean() > 0.5
    assert model.estimate_probabilities([]).shape == (0, 3)


def damaged(folder: Path, source: Path, sidecar: dict[str, Any], arrays: dict[str, np.ndarray]) -> Path:
    content, stored = json.loads((source / "model.json").read_text()), load_file(source / "model.safetensors")
    save_file({**stored, **arrays}, folder / "m.safetensors")
    content |= {**sidecar, "sha256": compute_sha256(folder / "m.safetensors")}
    content["fingerprint"] = compute_fingerprint(content)
    (folder / "m.json").write_text(json.dumps(content))
    return folder / "m.safetensors"


def test_hostile_files_are_refused(finished: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    network = json.loads((finished[0] / "model.json").read_text())["network"]
    for sidecar, message in (
        ({"network": {**network, "learner": "os.system"}}, "unknown learner 'os.system'"),
        ({"network": {"learner": network["learner"]}}, "lacks part of itself"),
        ({"network": {**network, "skeleton": "coco17"}}, "stored learner"),
        ({"network": {**network, "skeleton": "../x"}}, "unknown joint set"),
        ({"classes": ["a", "b"]}, "names 2 classes but holds 3"),
    ):
        with pytest.raises(CheckpointError, match=message):
            load_model(damaged(tmp_path, finished[0], sidecar, {}))
    with pytest.raises(CheckpointError, match="slope"):
        load_model(damaged(tmp_path, finished[0], {}, {"slope": np.array([np.nan])}))


def test_repetitions_are_cut_with_labels_and_groups() -> None:
    clip = squats(peak_deg=110)
    table = replace(make_people(n_people=2, n_each=1), motions=(clip,) * 4)
    rows = cut_repetitions(table, PreprocessSpec(skeleton="blazepose33", align="frames"))
    assert len(rows) == 12
    assert rows.labels.tolist() == [0] * 3 + [1] * 3 + [0] * 3 + [1] * 3
    assert [len(motion) > 20 for motion in rows.motions] == [True] * 12
    table = replace(table, motions=(clip.frames(0, 10),) * 4)
    with pytest.raises(DataError, match="no repetition was found in any motion of good, shallow"):
        cut_repetitions(table, PreprocessSpec(skeleton="blazepose33", align="frames"))


def test_the_learners_preprocessing_replaces_the_groups() -> None:
    learner = {"name": "squat", "trees": 3, "preprocess": {"align": "frames"}}
    assert learner_preprocess({"align": "span", "skeleton": "squat7"}, learner) == {
        "align": "frames", "skeleton": "squat7"
    }  # fmt: skip
    assert learner_options(learner) == {"name": "squat", "trees": 3}
