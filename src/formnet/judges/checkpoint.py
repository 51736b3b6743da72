"""Model files: safetensors weights and a JSON sidecar, or a Lightning checkpoint; never a pickle.

NAME.safetensors holds numbers only; NAME.json beside it says what they are: how motions become features
(PreprocessSpec), joint set, class names, network or learner, temperature, versions, figures, and the hash of the
weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from formnet.errors import CheckpointError, InputError, SkeletonError
from formnet.features.registry import feature_names
from formnet.judges.description import ModelDescription as ModelDescription
from formnet.judges.description import current_versions as current_versions
from formnet.judges.description import parse_description
from formnet.judges.network.classifier import Classifier
from formnet.judges.network.judge import NetworkJudge
from formnet.judges.protocol import StoredJudge, restore_judge
from formnet.lifting.lifter import find_beside
from formnet.models.build import build_network
from formnet.motion import FloatArray
from formnet.preprocess.spec import PreprocessSpec, Repetition
from formnet.skeleton import skeleton_named
from formnet.storage.files import compute_sha256
from formnet.storage.modules import arrays_of, build_with_weights, read_checkpoint
from formnet.storage.weights import compute_fingerprint, halve, read_weights, shipped_path, write_weights

SHIPPED_MODELS = ("squat_lifted.safetensors", "squat.safetensors")
"""They vote; the first finds the repetitions."""
TRAINING_STATE = "formnet"
"""What every Lightning checkpoint of formnet has: where its training was."""


@dataclass(frozen=True, eq=False)
class FormnetModel:
    """A loaded model: description, judge, and hashes.

    Attributes:
        sha256: of the file of weights.
        fingerprint: of weights and description together; it changes when either does.
    """

    description: ModelDescription
    judge: StoredJudge
    path: Path
    sha256: str
    fingerprint: str

    def __repr__(self) -> str:
        return f"FormnetModel({self.path.name}, {len(self.classes)} classes, {self.spec.skeleton})"

    @property
    def classifier(self) -> Classifier:
        """The network with its scale and temperature; raises `InputError` for a judge that is no network."""
        if not isinstance(self.judge, NetworkJudge):
            raise InputError(f"{self.path.name} holds a learner, not a network; use estimate_probabilities")
        return self.judge.classifier

    @property
    def is_learner(self) -> bool:
        return not isinstance(self.judge, NetworkJudge)

    @property
    def spec(self) -> PreprocessSpec:
        return self.description.spec

    @property
    def classes(self) -> tuple[str, ...]:
        return self.description.classes

    @property
    def lifter(self) -> str:
        """What `create_lifter` takes for the lifter that the model learnt from."""
        return find_beside(self.description.lifter, self.path.parent)

    @property
    def unsure_below(self) -> float:
        return self.description.unsure_below

    def estimate_probabilities(self, repetitions: Sequence[Repetition]) -> FloatArray:
        """(N, C) calibrated probabilities of repetitions as `preprocess_clip(motion, model.spec)` gives them."""
        return self.judge.probabilities([repetition.motion for repetition in repetitions])


def build_classifier(description: ModelDescription) -> Classifier:
    """A classifier with fresh weights that fits the description."""
    skeleton = skeleton_named(description.spec.skeleton)
    n_channels = len(feature_names(description.spec.features, skeleton, description.n_dimensions))
    return Classifier(build_network(description.network, n_channels, len(description.classes)), n_channels)


def save_model(
    path: Path, judge: Classifier | StoredJudge, description: ModelDescription, *, half: bool = False
) -> Path:
    """Writes NAME.safetensors and NAME.json; either may be given as `path`. Returns the path of the weights.

    Args:
        half: store the weights of a network in 16 bits (half the size; loading widens them again).
    """
    weights = arrays_of(judge) if isinstance(judge, Classifier) else judge.arrays()
    if half:
        weights = halve(weights, _is_scale)
    about = {**description.to_dict(), "half": half}
    if isinstance(judge, Classifier):
        about["temperature"] = float(judge.temperature)
    return write_weights(path, weights, about)


def round_to_half(classifier: Classifier) -> None:
    """Gives the classifier the weights it will have after being stored in 16 bits, so figures are of what ships."""
    state = {name: torch.as_tensor(array) for name, array in halve(arrays_of(classifier), _is_scale).items()}
    classifier.load_state_dict(state)


def _is_scale(name: str) -> bool:
    # Scales of the input and running variances can be beyond the range of 16 bits, and they are few.
    return "running_" in name or "network" not in name


def load_model(path: Path | str) -> FormnetModel:
    """Loads NAME.safetensors (or its NAME.json), or a Lightning checkpoint NAME.ckpt of formnet.

    Raises:
        CheckpointError: missing, of another format or a future version, damaged, or of weights that do not fit
            their description; one sentence with the remedy.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"{path} is not there; train a model with train.py, or leave the option out")
    suffix = path.suffix.lower()
    state: Mapping[str, Any]
    if suffix in (".safetensors", ".json"):
        content, state, weights_path = read_weights(path)
    elif suffix == ".ckpt":
        content, state, weights_path = *_read_lightning(path), path
    else:
        raise CheckpointError(
            f"{path} is no model file of formnet; expected .safetensors with its .json, or .ckpt from train.py "
            "(pickles are never loaded)"
        )
    description = parse_description(content, path)
    try:
        judge = _build_judge(description, state, path)
    except (InputError, SkeletonError) as error:
        raise CheckpointError(f"{path} describes a model that cannot be built: {error}") from error
    sha256 = compute_sha256(weights_path)
    is_one_file = suffix == ".ckpt"
    fingerprint = sha256 if is_one_file else compute_fingerprint({**content, "sha256": sha256})
    return FormnetModel(description, judge, weights_path, sha256, fingerprint)


def _build_judge(description: ModelDescription, state: Mapping[str, Any], path: Path) -> StoredJudge:
    spec, n_classes = description.spec, len(description.classes)
    if "learner" not in description.network:
        classifier = build_with_weights(lambda: build_classifier(description), state, path)
        skeleton = skeleton_named(spec.skeleton)
        return NetworkJudge(
            classifier, spec.features, skeleton, n_classes, description.network, description.unsure_below
        )
    judge = restore_judge(description.network, {name: np.asarray(values) for name, values in state.items()})
    if judge.n_classes != n_classes:
        raise CheckpointError(f"{path} names {n_classes} classes but holds {judge.n_classes}; get the model again")
    return judge


def load_shipped_models() -> tuple[FormnetModel, ...]:
    """All models that formnet brings along and that vote on a video; raises as `load_model`."""
    return tuple(load_model(shipped_path(name)) for name in SHIPPED_MODELS)


def _read_lightning(path: Path) -> tuple[Any, dict[str, torch.Tensor]]:
    own = read_checkpoint(path, "use a file that train.py wrote")
    if "formnet_model" not in (own.get("hyper_parameters") or {}):
        if TRAINING_STATE in own:
            raise CheckpointError(
                f"{path} is kept to go on with a training (resume={path}), not to judge; use the .safetensors that "
                "the training writes beside it when it ends"
            )
        raise CheckpointError(f"{path} is a checkpoint of other software; use a file that train.py wrote")
    prefix = "classifier."
    state = {
        name.removeprefix(prefix): tensor
        for name, tensor in own.get("state_dict", {}).items()
        if name.startswith(prefix)
    }
    return own["hyper_parameters"]["formnet_model"], state
