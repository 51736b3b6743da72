"""One training of a pose network, from pictures to a file of weights and figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as lightning
from torch.utils.data import DataLoader

from formnet.errors import DataError, InputError
from formnet.judges.description import current_versions
from formnet.pose.grouping.shape import PoseShape, fit_shape
from formnet.pose.networks.description import (
    PoseNetworkSpec,
    load_pose_network,
    require_first,
    save_pose_network,
)
from formnet.pose.networks.export import export_onnx, require_onnx
from formnet.readers.pictures.base import PictureSet
from formnet.training.figures import write_metrics
from formnet.training.fitting import MakeTrainer, fit_module
from formnet.training.pose.data import PoseDataOptions, PoseSets, load_pose_sets, make_loader
from formnet.training.pose.looks import list_looks
from formnet.training.pose.measure import measure_network
from formnet.training.pose.module import PoseFitOptions, PoseTraining
from formnet.training.pose.views import list_views
from formnet.training.pose.warm_start import take_over


@dataclass(frozen=True)
class PoseOptions:
    """Everything about a pose network's training.

    Attributes:
        network: values of `PoseNetworkSpec` except the joints, which are those of the pictures.
        start: a trained network whose weights are begun with where layers are the same.
        first: a trained network of several people, at whose people a conditioned network looks again.
        seed: of weights, order and augmentation.
        onnx: write `pose.onnx` as well.

    Raises:
        InputError: for a conditioned network without a first one, or that ONNX is asked of.
    """

    network: Mapping[str, Any] = field(default_factory=dict)
    data: PoseDataOptions = field(default_factory=PoseDataOptions)
    fit: PoseFitOptions = field(default_factory=PoseFitOptions)
    start: str | None = None
    first: str | None = None
    seed: int = 0
    onnx: bool = False

    def __post_init__(self) -> None:
        if not self.network.get("conditioned"):
            return
        if self.first is None:
            raise InputError(
                "a conditioned network looks again at what another one found; give that as task.first=pose.safetensors"
            )
        if self.onnx:
            raise InputError("ONNX is written of networks that take pictures alone; leave out task.onnx")


def run_pose_training(
    options: PoseOptions, make_trainer: MakeTrainer, out: Path, *,
    record: Mapping[str, Any] | None = None, resume: Path | None = None, sets: PoseSets | None = None,
) -> dict[str, float]:  # fmt: skip
    """Trains a network and measures what was stored on the test pictures.

    Writes `last.ckpt` (Lightning), `pose.safetensors` with `pose.json`, `metrics.json`, and `pose.onnx` if asked for.

    Args:
        sets: pictures to use instead of loading those that `options.data` names.

    Raises:
        InputError, DataError: of the data or the network's description, or a start that hardly fits it.
        CheckpointError: when there is nothing to start or go on from, or it is of another network.
    """
    if options.onnx:
        require_onnx()
    lightning.seed_everything(options.seed, workers=True, verbose=False)
    sets = sets or load_pose_sets(options.data)
    spec = make_spec(options.network, sets)
    first = None if options.first is None else load_pose_network(Path(options.first))
    if first is not None:
        require_first(first, spec.skeleton)
    module = PoseTraining(spec, options.fit, sets.val, options.data.val_samples, first)
    if options.start is not None and resume is None:
        take_over(module.network, Path(options.start))
    views = list_views(sets.train, spec) if first is None else list_looks(first, sets.train, spec)
    train = make_loader(views, spec, options.data)
    loaders: tuple[DataLoader, DataLoader] = train, DataLoader([0], batch_size=None)  # type: ignore[arg-type]
    fit_module(module, make_trainer, out, loaders=loaders, resume=resume, settings=record)
    about = {"training": dict(record or {}), "versions": current_versions()}
    path = save_pose_network(out / "pose.safetensors", spec, module.network.eval(), about, first)
    # Figures are of the stored weights, which are rounded.
    stored = load_pose_network(path)
    figures = {f"test/{name}": value for name, value in measure_network(stored, sets.test).items()}
    save_pose_network(path, spec, stored.module, {**about, "metrics": figures})
    if options.onnx:
        export_onnx(stored, out / "pose.onnx")
    write_metrics(out, figures)
    return figures


def make_spec(network: Mapping[str, Any], sets: PoseSets) -> PoseNetworkSpec:
    """The description of a network for the joints of the pictures; checks that it can learn from them.

    Raises:
        InputError: values that do not fit; DataError: pictures that do not.
    """
    values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in network.items()}
    try:
        spec = PoseNetworkSpec(sets.train.skeleton, **values)
    except TypeError as error:
        raise InputError(f"task.network cannot be used ({error}); see configs/task/pose.yaml") from error
    people = (person for picture in sets.train.pictures for person in picture.people)
    if spec.method == "location" and not any(person.solid is not None for person in people):
        raise DataError("these pictures know no depth, which method=location learns; choose method=heatmaps")
    if spec.finds_several and spec.method != "offsets":
        # Offsets leave no joint out.
        spec = replace(spec, shape=learn_shape(sets.train))
    return spec


def learn_shape(pictures: PictureSet) -> PoseShape | None:
    """The shape of the people of a training, None when too few have all joints labelled."""
    joints = [person.joints for picture in pictures.pictures for person in picture.people]
    return fit_shape(np.stack(joints), pictures.skeleton.mirror) if joints else None
