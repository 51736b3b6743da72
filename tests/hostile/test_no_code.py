"""A file that somebody hands over chooses among what formnet offers; it never says what is to be run."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from formnet.errors import CheckpointError, InputError
from formnet.judges.checkpoint import load_model, load_shipped_models
from formnet.lifting.lifter import LIFTERS, adopt_lifter, create_lifter
from formnet.storage.weights import compute_fingerprint, seal, shipped_path
from formnet.training.configuration import apply_overrides, check_arguments, check_values_only
from formnet.training.sources import read_training_data

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "configs"
SIDECAR = json.loads(shipped_path("squat.json").read_text())


def with_sidecar(folder: Path, content: dict[str, Any], *, sealed: bool = True) -> Path:
    """The shipped weights beside another description."""
    shutil.copyfile(shipped_path("squat.safetensors"), folder / "m.safetensors")
    (folder / "m.json").write_text(json.dumps(seal(content) if sealed else content))
    return folder / "m.safetensors"


def former(**training: Any) -> dict[str, Any]:
    """The shipped description as version 1 wrote it."""
    members = [
        {"_target_": "formnet.models.resnet1d.ResNet1d", **{k: v for k, v in member.items() if k != "name"}}
        for member in SIDECAR["network"]["members"]
    ]
    source = {"_target_": "formnet.training.simulated.simulate_table", "count": "${data.count}"}
    trainer = {"_target_": "pytorch_lightning.Trainer", "_partial_": True, "max_epochs": 12}
    recorded = {**SIDECAR["training"], "trainer": trainer}
    recorded["data"] = {**recorded["data"], "source": source}
    content = {key: value for key, value in SIDECAR.items() if key != "fingerprint"}
    content["network"] = {"_target_": "formnet.models.ensemble.Ensemble", "members": members}
    return {**content, "format_version": 1, "training": {**recorded, **training}}


def test_a_model_of_the_first_version_still_loads(tmp_path: Path) -> None:
    old = load_model(with_sidecar(tmp_path, former(), sealed=False))
    new = load_model(shipped_path("squat.safetensors"))
    assert old.description.network == new.description.network
    assert "source" not in old.description.training["data"]
    features = torch.zeros(1, 64, old.classifier.mean.shape[0])
    assert torch.equal(old.classifier(features), new.classifier(features))


MKDIR = {"_target_": "os.mkdir", "path": "here"}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    "training",
    [
        {"data": {**SIDECAR["training"]["data"], "source": MKDIR}},
        {"trainer": {"_target_": "shutil.copyfile", "src": "m.json", "dst": "here"}},
        {"logger": {"deep": [{"down": MKDIR}]}},
        {"fit": {"_target_": "numpy.savetxt", "fname": "here", "X": [1]}},
        {"fit": {"_target_": ["os", "mkdir"]}},
    ],
)
def test_what_a_sidecar_names_is_refused(tmp_path: Path, training: dict[str, Any], version: int) -> None:
    path = with_sidecar(tmp_path, {**former(**training), "format_version": version})
    with pytest.raises(CheckpointError, match="names something to run"):
        load_model(path)


@pytest.mark.parametrize("place", ["network", "spec", "versions", "metrics"])
def test_the_same_anywhere_else_in_it(tmp_path: Path, place: str) -> None:
    with pytest.raises(CheckpointError, match="names something to run"):
        load_model(with_sidecar(tmp_path, {**SIDECAR, place: {**SIDECAR[place], "x": [MKDIR]}}))


def test_todays_own_names_of_yesterday_are_refused_in_a_file_of_today(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="names something to run"):
        load_model(with_sidecar(tmp_path, {**former(), "format_version": 2}))


@pytest.mark.parametrize("lifter", ["/etc/lifter.safetensors", "../x.safetensors", "a\\b.safetensors", "mine"])
def test_a_model_reads_no_lifter_outside_its_own_folder(tmp_path: Path, lifter: str) -> None:
    with pytest.raises(CheckpointError, match="there is no lifter"):
        load_model(with_sidecar(tmp_path, {**SIDECAR, "lifter": lifter}))


def test_a_lifter_of_ones_own_goes_along_with_the_model(tmp_path: Path) -> None:
    given = tmp_path / "given.safetensors"
    for suffix in (".safetensors", ".json"):
        shutil.copyfile(shipped_path(f"lifter_supervised{suffix}"), given.with_suffix(suffix))
    name = adopt_lifter(f"{given}+smpl", tmp_path / "run")
    assert name == "lifter.safetensors+smpl"
    assert all(adopt_lifter(known, tmp_path / "none") == known for known in LIFTERS)
    model = load_model(with_sidecar(tmp_path / "run", {**SIDECAR, "lifter": name}))
    given.unlink()
    assert create_lifter(model.lifter).name == "lifter+smpl"


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ({"name": "resnet1d", "width": 10**9}, "model.width to be a whole number of 1…4096"),
        ({"name": "resnet1d", "n_layers": 0}, "model.n_layers to be a whole number of 1…16, got 0"),
        ({"name": "resnet1d", "dropout": float("nan")}, "model.dropout to be a number of 0…1, got nan"),
        ({"name": "resnet1d", "width": 4096, "n_layers": 16}, "do not fit its description"),
        ({"name": "ensemble", "members": [{"name": "resnet1d"}] * 65}, r"1…64 members"),
        ({"name": "ensemble", "members": {"name": "resnet1d"}}, r"1…64 members"),
        ({"name": "ensemble", "members": [7]}, "cannot be"),
        ({"name": "os.system"}, "unknown network 'os.system'"),
        ({"learner": "os.system"}, "unknown learner 'os.system'"),
    ],
)
def test_a_network_is_a_known_one_of_a_sensible_size(tmp_path: Path, network: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        load_model(with_sidecar(tmp_path, {**SIDECAR, "network": network}))


def test_every_change_of_a_description_shows(tmp_path: Path) -> None:
    swapped = {**SIDECAR, "classes": [*SIDECAR["classes"][1:], SIDECAR["classes"][0]]}
    with pytest.raises(CheckpointError, match=r"m\.json was changed after it was written"):
        load_model(with_sidecar(tmp_path, swapped, sealed=False))
    bare = {key: value for key, value in SIDECAR.items() if key != "fingerprint"}
    with pytest.raises(CheckpointError, match="was changed"):
        load_model(with_sidecar(tmp_path, bare, sealed=False))
    shipped = load_model(shipped_path("squat.safetensors"))
    assert shipped.fingerprint == SIDECAR["fingerprint"] == compute_fingerprint(dict(reversed(SIDECAR.items())))
    resealed = load_model(with_sidecar(tmp_path, swapped))
    assert resealed.sha256 == shipped.sha256
    assert resealed.fingerprint != shipped.fingerprint


def test_all_that_is_shipped_is_of_this_version_and_whole() -> None:
    assert len(load_shipped_models()) == 2
    for name in ("supervised", "unsupervised"):
        assert create_lifter(name).name == name
    for path in sorted((ROOT / "checkpoints").glob("*.json")):
        assert json.loads(path.read_text())["format_version"] == 2


# Configurations.


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(CONFIGS, tmp_path / "configs"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["+data.source._target_=os.mkdir"], "data.source._target_='os.mkdir' names something to run"),
        (["+model._target_=os.system"], "names something to run"),
        (["+trainer._args_=[1]"], "names something to run"),
        (["+logger.deep=[{_target_: os.mkdir}]"], "names something to run"),
        (["+seed=1", "+mine.x=1"], "there is no setting mine.x"),
        (["hydra.callbacks.x._target_=os.mkdir"], "hydra.callbacks.x._target_ cannot be set"),
        (["+hydra.callbacks.x={_target_: os.mkdir}"], "cannot be set"),
        (["hydra/launcher=joblib"], "hydra/launcher cannot be set"),
        (["hydra.job_logging.handlers.console.class=os.mkdir"], "cannot be set"),
        (["hydra.searchpath=[file://x]"], "cannot be set"),
        (["hydra.job.chdir=true"], "cannot be set"),
        (["--experimental-rerun", "config.pickle"], "no option --experimental-rerun"),
        (["--experimental", "config.pickle"], "no option --experimental"),
        (["--config-dir", "x"], "no option --config-dir"),
        (["-cn=x"], "no option -cn=x"),
        (["--multirun", f"experiment={','.join(['paper'] * 65)}"], "more than 64 combinations"),
        (["--multirun", "data=simulated,{_target_: os.mkdir}"], "more than plain values"),
    ],
)
def test_arguments_that_would_run_something(arguments: list[str], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        check_arguments(arguments, CONFIGS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data:\n  source: {_target_: os.mkdir, path: here}\n", "names something to run"),
        ("hydra:\n  callbacks: {x: {_target_: os.mkdir}}\n", "settings of Hydra itself"),
        ("hydra:\n  job_logging: {handlers: {x: {'()': os.mkdir}}}\n", "settings of Hydra itself"),
        ("hydra:\n  job: {env_set: {LD_PRELOAD: x}}\n", "settings of Hydra itself"),
        ("hydra:\n  run: {dir: /etc}\n", "settings of Hydra itself"),
        ("mine: 3\n", "there is no setting mine"),
    ],
)
def test_a_configuration_that_somebody_hands_over(configs: Path, text: str, message: str) -> None:
    (configs / "experiment" / "theirs.yaml").write_text(f"# @package _global_\n{text}")
    for arguments in (["experiment=theirs"], ["-m", "experiment=shipped,theirs"]):
        with pytest.raises(InputError, match=message):
            check_arguments(arguments, configs)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["seed=range(1000000000000)"], "seed=range(1000000000000) asks for 1e+12 trainings, more than 1000"),
        (["seed=shuffle(range(0,1e15))"], "asks for 1e+15 trainings"),
        (["optimiser.lr=range(0,1,1e-12)"], "asks for 1e+12 trainings"),
        (["seed=range(100)", "threads=range(1,100)", "data.count=range(100)"], "asks for 9.9e+05 trainings"),
        (["seed=range(40)", "data.count=tag(a,choice(" + ",".join(map(str, range(40))) + "))"], "1600 trainings"),
        (["seed=range(0,inf)"], "is a range without an end"),
        (["seed=range(0,5,nan)"], "is a range without an end"),
        (["seed=range(0,5,0)"], "is a range without an end"),
        (["seed=range(5,0)"], "is a range without a value in it"),
        (["optimiser.lr=interval(0,1)"], "does not name its values"),
        (["experiment=glob(*)"], "does not name its values"),
        (["seed=glob(*)"], "does not name its values"),
    ],
)
def test_sweeps_of_absurd_size_are_refused_at_once(arguments: list[str], message: str) -> None:
    began_s = time.process_time()
    with pytest.raises(InputError, match=re.escape(message)):
        check_arguments(["--multirun", *arguments], CONFIGS)
    assert time.process_time() - began_s < 1


def test_what_documentation_shows_is_allowed() -> None:
    for arguments in (
        [],
        ["experiment=squat7", "data.root=x", "data.test_groups=[20042023]"],
        ["task=lift", "hydra.run.dir=out"],
        ["-m", "seed=range(1000)", "hydra.sweep.dir=out"],
        ["data=dataset", "data.name=folder", "data.root=x", "method=movement"],
        ["trainer=gpu", "logger=wandb", "model=resnet1d_small", "+data.exercise=squat"],
    ):
        check_arguments(arguments, CONFIGS)


def test_evaluate_takes_from_a_record_only_data(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("model.width=3", "data.source.x=1", "hydra.run.dir=x", "mine=1", "data=1"):
        with pytest.raises(InputError):
            apply_overrides({"data": {}}, [key])
    monkeypatch.setenv("SECRET", "told")
    assert apply_overrides({"data": {"root": "${oc.env:SECRET}"}}, []) == {"data": {"root": "${oc.env:SECRET}"}}
    with pytest.raises(InputError, match="data has no option source"):
        read_training_data({"name": "simulated", "count": 5, "source": MKDIR})
    with pytest.raises(InputError, match=r"unknown data set 'os\.mkdir'"):
        read_training_data({"name": "os.mkdir", "root": "x"})


def test_nothing_of_ours_needs_a_target() -> None:
    from omegaconf import OmegaConf

    for path in sorted((ROOT / "configs").rglob("*.yaml")):
        assert "_target_" not in path.read_text(), path
        if path.parent.name in ("model", "trainer", "logger"):
            check_values_only(OmegaConf.create({path.parent.name: OmegaConf.load(path)}))
