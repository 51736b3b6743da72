"""Training, resuming, storing, loading and measuring on a table that can be learnt in seconds."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from formnet.errors import CheckpointError, DataError, InputError
from formnet.judges.checkpoint import load_model
from formnet.preprocess.spec import PreprocessSpec, preprocess_clip
from formnet.storage.weights import seal
from formnet.training.arrays import prepare_arrays
from formnet.training.build import build_spec, build_split
from formnet.training.data import SplitOptions
from formnet.training.run import FitOptions, run_evaluation, run_training
from tests.preprocess.squats import squats
from tests.training.stub import make_options, make_table, trainer_maker

TABLE = make_table()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("run")
    return out, run_training(TABLE, make_options(), trainer_maker(8), out, record={"data": {"name": "stub"}})


def test_it_learns_what_can_be_learnt(finished: tuple[Path, dict[str, Any]]) -> None:
    out, figures = finished
    assert figures["test/balanced_accuracy"] > 0.9
    assert figures["test/repetitions"] == 16
    assert json.loads((out / "metrics.json").read_text()) == figures
    assert {path.name for path in out.iterdir()} >= {"best.ckpt", "last.ckpt", "model.safetensors", "model.json"}


@pytest.mark.parametrize("name", ["best.ckpt", "model.safetensors", "model.json"])
def test_a_stored_model_repeats_its_figures(finished: tuple[Path, dict[str, Any]], name: str, tmp_path: Path) -> None:
    out, figures = finished
    model = load_model(out / name)
    split = SplitOptions(test_groups=("s01", "s02"))
    assert run_evaluation(model, TABLE, split, trainer_maker(), tmp_path, batch_size=8) == figures
    assert json.loads((tmp_path / "metrics.json").read_text()) == figures
    assert model.classes == ("good", "shallow")
    assert model.description.training["data"] == {"name": "stub"}
    assert model.description.training["split"]["test_groups"] == ["s01", "s02"]
    assert model.description.metrics == figures


def test_a_loaded_model_judges_a_clip(finished: tuple[Path, dict[str, Any]]) -> None:
    model = load_model(finished[0] / "model.safetensors")
    spec = PreprocessSpec.from_dict({**model.spec.to_dict(), "segmentation": "squat"})
    deep, shallow = (preprocess_clip(squats(peak_deg=peak), spec).repetitions for peak in (115, 70))
    probabilities = model.estimate_probabilities([*deep, *shallow])
    assert probabilities.shape == (6, 2)
    np.testing.assert_allclose(probabilities.sum(1), 1)
    assert (probabilities.argmax(1) == [0, 0, 0, 1, 1, 1]).all()
    assert model.estimate_probabilities([]).shape == (0, 2)


def test_the_same_seed_gives_the_same_figures_and_weights(
    finished: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    out, figures = finished
    assert run_training(TABLE, make_options(), trainer_maker(8), tmp_path) == figures
    assert load_model(tmp_path / "model.safetensors").sha256 == load_model(out / "model.safetensors").sha256
    other = run_training(TABLE, make_options(fit=FitOptions(seed=4, batch_size=8)), trainer_maker(1), tmp_path / "b")
    assert other != figures


def test_resuming_from_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"last\.ckpt of the run"):
        run_training(TABLE, make_options(), trainer_maker(1), tmp_path, resume=tmp_path / "no.ckpt")


def test_early_stopping_keeps_the_best_epoch(tmp_path: Path) -> None:
    fit = FitOptions(seed=3, batch_size=8, patience=2, monitor="val/balanced_accuracy")
    run_training(TABLE, make_options(fit=fit), trainer_maker(60), tmp_path)
    last = torch.load(tmp_path / "last.ckpt", weights_only=True)
    best = torch.load(tmp_path / "best.ckpt", weights_only=True)
    assert best["epoch"] <= last["epoch"] < 59


def test_an_ensemble_is_one_file_and_half_precision_halves_it(tmp_path: Path) -> None:
    fit = FitOptions(seed=3, batch_size=8, members=2, half=True)
    figures = run_training(TABLE, make_options(fit=fit), trainer_maker(3), tmp_path)
    model = load_model(tmp_path / "model.safetensors")
    assert len(model.classifier.network.members) == 2  # type: ignore[union-attr, arg-type]
    again = run_evaluation(
        model, TABLE, SplitOptions(test_groups=("1", "2")), trainer_maker(), tmp_path / "e", batch_size=8
    )
    assert again == figures
    single = run_training(TABLE, make_options(), trainer_maker(1), tmp_path / "single")
    assert single["test/repetitions"] == 16
    full_size = (tmp_path / "single" / "model.safetensors").stat().st_size
    assert (tmp_path / "model.safetensors").stat().st_size < 1.6 * full_size


def test_without_validation_groups_nothing_is_calibrated(tmp_path: Path) -> None:
    options = make_options(split=SplitOptions(test_groups=("1",), val_share=0.0))
    run_training(TABLE, options, trainer_maker(1), tmp_path)
    assert float(load_model(tmp_path / "best.ckpt").classifier.temperature) == 1.0


def test_tables_that_do_not_fit_are_refused(finished: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    model = load_model(finished[0] / "model.safetensors")
    other = make_table()
    object.__setattr__(other, "classes", ("a", "b"))
    with pytest.raises(DataError, match="the data has the classes a, b, the model good, shallow"):
        run_evaluation(model, other, SplitOptions(kind="all"), trainer_maker(), tmp_path)
    flat = TABLE.select([0, 1])
    still = [motion.replace(positions=np.repeat(motion.positions[:1], len(motion), 0)) for motion in flat.motions]
    object.__setattr__(flat, "motions", tuple(still))
    with pytest.raises(DataError, match="no repetition was found in any motion of good, shallow"):
        prepare_arrays(flat, PreprocessSpec(segmentation="squat"))


# Files that are no models.


def damaged(finished: tuple[Path, dict[str, Any]], folder: Path, **changes: Any) -> Path:
    for suffix in (".safetensors", ".json"):
        (folder / f"m{suffix}").write_bytes((finished[0] / f"model{suffix}").read_bytes())
    sidecar = json.loads((folder / "m.json").read_text())
    (folder / "m.json").write_text(json.dumps(seal({**sidecar, **changes})))
    return folder / "m.safetensors"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "other"}, "not described as a model of formnet"),
        ({"format_version": 3}, "format version 3, this formnet reads up to 2; upgrade formnet"),
        ({"sha256": "0"}, "is not the file that m.json describes"),
        ({"classes": ["a", "b", "c"]}, "do not fit its description"),
        ({"network": {"name": "os.system"}}, "unknown network 'os.system'"),
        ({"spec": {"n_frame": 2}}, "no valid description of preprocessing"),
        ({"spec": {"version": 9}}, "newer than this formnet's"),
        ({"skeleton": {"name": "hmr19", "joints": ["nose"]}}, "another order of the joint set"),
    ],
)
def test_descriptions_that_do_not_fit(
    finished: tuple[Path, dict[str, Any]], tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(CheckpointError, match=message):
        load_model(damaged(finished, tmp_path, **changes))


def test_files_that_are_no_models(finished: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is not there"):
        load_model(tmp_path / "none.safetensors")
    for name in ("a.pkl", "a.pt", "a.txt"):
        (tmp_path / name).write_bytes(pickle.dumps({"weights": 1}))
        with pytest.raises(CheckpointError, match="pickles are never loaded"):
            load_model(tmp_path / name)
    lonely = tmp_path / "lonely.safetensors"
    lonely.write_bytes(b"x" * 100)
    with pytest.raises(CheckpointError, match=r"lonely\.json is missing"):
        load_model(lonely)
    (tmp_path / "lonely.json").write_text("{}")
    with pytest.raises(CheckpointError, match="no readable safetensors file"):
        load_model(lonely)
    (tmp_path / "lonely.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"lonely\.json is truncated JSON"):
        load_model(lonely)


class Evil:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("evil-was-here"),))


def test_pickles_dressed_as_checkpoints_are_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain.ckpt").write_bytes(pickle.dumps(Evil()))
    torch.save({"hyper_parameters": {"formnet_model": Evil()}}, tmp_path / "torch.ckpt")
    (tmp_path / "empty.ckpt").write_bytes(b"")
    for name in ("plain.ckpt", "torch.ckpt", "empty.ckpt"):
        with pytest.raises(CheckpointError, match=r"can be loaded safely|cannot be read as a checkpoint"):
            load_model(tmp_path / name)
    assert not (tmp_path / "evil-was-here").exists()
    torch.save({"state_dict": {}}, tmp_path / "foreign.ckpt")
    with pytest.raises(CheckpointError, match="other software"):
        load_model(tmp_path / "foreign.ckpt")


def test_weights_that_are_no_numbers_are_refused(finished: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    content = torch.load(finished[0] / "best.ckpt", weights_only=True)
    name = next(name for name in content["state_dict"] if name.endswith("stem.0.weight"))
    content["state_dict"][name][0] = torch.nan
    torch.save(content, tmp_path / "nan.ckpt")
    with pytest.raises(CheckpointError, match="no numbers"):
        load_model(tmp_path / "nan.ckpt")


# Plain configuration values.


def test_options_are_built_from_plain_values() -> None:
    split = build_split({"name": "x", "split": "groups", "test_groups": [9, "s10"], "val_groups": 3, "root": "y"}, 1)
    assert split.test_groups == ("9", "s10")
    assert split.val_groups == ("3",)
    spec = build_spec({"limbs": {"scope": "full", "reference": "smpl"}}, {"blocks": [{"name": "distances"}]})
    lengths = spec.limbs.lengths
    assert lengths is not None
    assert 0.3 < lengths["left_knee", "left_ankle"] < 0.55
    assert (
        build_spec({"limbs": {"scope": "none", "reference": "smpl"}}, {"blocks": [{"name": "angles"}]}).limbs.lengths
        is None
    )
    with pytest.raises(InputError, match="unknown limb lengths 'mine'"):
        build_spec({"limbs": {"scope": "full", "reference": "mine"}}, {"blocks": [{"name": "angles"}]})
