"""Model files: safetensors weights and a JSON sidecar, or a Lightning checkpoint; never a pickle.

NAME.safetensors holds numbers only; NAME.json beside it says what they are: how motions become features
(PreprocessSpec), joint set, class names, network, temperature, versions, figures, and the hash of the weights.
"""

from __future__ import annotations

import json
import pickle
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from formnet import __version__
from formnet.errors import CheckpointError, InputError, SkeletonError
from formnet.features.registry import compute_channels, feature_names
from formnet.files import atomic_path, compute_sha256
from formnet.models.build import build_network
from formnet.models.classifier import Classifier
from formnet.preprocess.spec import PreprocessSpec, Repetition
from formnet.skeleton import skeleton_named

FORMAT = "formnet-model"
FORMAT_VERSION = 1
SHIPPED_MODEL = "squat.safetensors"


@dataclass(frozen=True)
class ModelDescription:
    """All that a model is besides its weights.

    Attributes:
        spec: from motion to features.
        classes: names in the order of the probabilities.
        network: plain description for `build_network`.
        n_dimensions: 2 or 3 coordinates a joint.
        metrics: figures on the test side at the end of training.
        training: data, split and options of the run, plain values; `evaluate.py` measures with them.
        versions: of the software that made it.
        unsure_below: least probability at which a class is named; less is answered with "unsure".
    """

    spec: PreprocessSpec
    classes: tuple[str, ...]
    network: Mapping[str, Any]
    n_dimensions: int = 3
    metrics: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    unsure_below: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON and Lightning checkpoints."""
        skeleton = skeleton_named(self.spec.skeleton)
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "spec": self.spec.to_dict(),
            "skeleton": {"name": skeleton.name, "joints": list(skeleton.joints)},
            "classes": list(self.classes),
            "network": json.loads(json.dumps(self.network)),
            "n_dimensions": self.n_dimensions,
            "metrics": dict(self.metrics),
            "training": json.loads(json.dumps(self.training)),
            "versions": dict(self.versions) or current_versions(),
            "unsure_below": self.unsure_below,
        }


@dataclass(frozen=True, eq=False)
class FormnetModel:
    """A loaded model: description, classifier in evaluation mode, and the hash of its weights file."""

    description: ModelDescription
    classifier: Classifier
    path: Path
    sha256: str

    @property
    def spec(self) -> PreprocessSpec:
        return self.description.spec

    @property
    def classes(self) -> tuple[str, ...]:
        return self.description.classes

    @property
    def unsure_below(self) -> float:
        return self.description.unsure_below

    def estimate_probabilities(self, repetitions: Sequence[Repetition], batch_size: int = 64) -> NDArray[np.float64]:
        """(N, C) calibrated probabilities of repetitions that `preprocess(motion, model.spec)` returned."""
        if not repetitions:
            return np.zeros((0, len(self.classes)))
        return self.estimate_from_positions(
            np.stack([repetition.motion.positions for repetition in repetitions]), batch_size
        )

    def estimate_from_positions(self, positions: NDArray[Any], batch_size: int = 64) -> NDArray[np.float64]:
        """(N, T, J, D) preprocessed joints → (N, C) calibrated probabilities."""
        skeleton = skeleton_named(self.spec.skeleton)
        parts = []
        with torch.inference_mode():
            for start in range(0, len(positions), batch_size):
                batch = torch.from_numpy(np.asarray(positions[start : start + batch_size], dtype=np.float32))
                features = compute_channels(batch, skeleton, self.spec.features).values.float()
                parts.append(self.classifier.probabilities(features).double().numpy())
        return np.concatenate(parts)


def current_versions() -> dict[str, str]:
    return {
        "formnet": __version__,
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def build_classifier(description: ModelDescription) -> Classifier:
    """A classifier with fresh weights that fits the description."""
    skeleton = skeleton_named(description.spec.skeleton)
    n_channels = len(feature_names(description.spec.features, skeleton, description.n_dimensions))
    return Classifier(build_network(description.network, n_channels, len(description.classes)), n_channels)


def save_model(path: Path, classifier: Classifier, description: ModelDescription, *, half: bool = False) -> Path:
    """Writes NAME.safetensors and NAME.json; either may be given as `path`. Returns the path of the weights.

    Args:
        half: store weights in 16 bits (half the size; loading widens them again).
    """
    path = Path(path).with_suffix(".safetensors")
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in classifier.state_dict().items()}
    if half:
        weights = {name: _halve(name, tensor) for name, tensor in weights.items()}
    with atomic_path(path) as temporary:
        save_file(weights, temporary)
    sidecar = {**description.to_dict(), "half": half, "sha256": compute_sha256(path)}
    sidecar["temperature"] = float(classifier.temperature)
    with atomic_path(path.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(sidecar, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def round_to_half(classifier: Classifier) -> None:
    """Gives the classifier the weights it will have after being stored in 16 bits, so figures are of what ships."""
    state = {name: _halve(name, tensor).to(tensor.dtype) for name, tensor in classifier.state_dict().items()}
    classifier.load_state_dict(state)


def _halve(name: str, tensor: torch.Tensor) -> torch.Tensor:
    # Scales of the input and running variances can be beyond the range of 16 bits, and they are few.
    keep = not tensor.is_floating_point() or "running_" in name or "network" not in name
    return tensor if keep else tensor.half()


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
    if suffix in (".safetensors", ".json"):
        content, state, weights_path = _read_safetensors(path)
    elif suffix == ".ckpt":
        content, state, weights_path = *_read_lightning(path), path
    else:
        raise CheckpointError(
            f"{path} is no model file of formnet; expected .safetensors with its .json, or .ckpt from train.py "
            "(pickles are never loaded)"
        )
    description = _parse_description(content, path)
    try:
        classifier = build_classifier(description)
    except (InputError, SkeletonError) as error:
        raise CheckpointError(f"{path} describes a model that cannot be built: {error}") from error
    _fill_weights(classifier, state, path)
    classifier.eval()
    return FormnetModel(description, classifier, weights_path, compute_sha256(weights_path))


def shipped_model_path() -> Path:
    """The weights that formnet brings along: inside an installed package, or in a source checkout."""
    here = Path(__file__).resolve()
    installed = here.parent / "checkpoints" / SHIPPED_MODEL
    return installed if installed.is_file() else here.parents[2] / "checkpoints" / SHIPPED_MODEL


def load_shipped_model() -> FormnetModel:
    """The model of the seven classes of squats that formnet brings along; raises as `load_model`."""
    return load_model(shipped_model_path())


def read_description(path: Path | str) -> ModelDescription:
    """The description of a model file; raises as `load_model`."""
    return load_model(path).description


def _read_safetensors(path: Path) -> tuple[Any, dict[str, torch.Tensor], Path]:
    weights, sidecar = path.with_suffix(".safetensors"), path.with_suffix(".json")
    for file in (weights, sidecar):
        if not file.is_file():
            raise CheckpointError(f"{file} is missing; a model is two files, {weights.name} and {sidecar.name}")
    try:
        content = json.loads(sidecar.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{sidecar} cannot be read as JSON ({error}); get the model again") from error
    if isinstance(content, dict) and "sha256" in content and content["sha256"] != compute_sha256(weights):
        raise CheckpointError(f"{weights} is not the file that {sidecar.name} describes; get both files again")
    try:
        return content, load_file(weights), weights
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{weights} is no readable safetensors file ({error}); get the model again") from error


def _read_lightning(path: Path) -> tuple[Any, dict[str, torch.Tensor]]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError, AttributeError) as error:
        reason = str(error).strip().splitlines() or ["empty"]
        raise CheckpointError(
            f"{path} is no checkpoint that can be loaded safely ({reason[0][:80]}); use a file that train.py wrote"
        ) from error
    if not isinstance(content, dict) or "formnet_model" not in (content.get("hyper_parameters") or {}):
        raise CheckpointError(f"{path} is a checkpoint of other software; use a file that train.py wrote")
    prefix = "classifier."
    state = {
        name.removeprefix(prefix): tensor
        for name, tensor in content.get("state_dict", {}).items()
        if name.startswith(prefix)
    }
    return content["hyper_parameters"]["formnet_model"], state


def _parse_description(content: Any, path: Path) -> ModelDescription:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not described as a model of formnet; use a file that train.py wrote")
    version = content.get("format_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has format version {version}, this formnet reads up to {FORMAT_VERSION}; upgrade formnet"
        )
    try:
        spec = PreprocessSpec.from_dict(content["spec"])
        description = ModelDescription(
            spec,
            tuple(str(name) for name in content["classes"]),
            dict(content["network"]),
            int(content.get("n_dimensions", 3)),
            dict(content.get("metrics", {})),
            dict(content.get("training", {})),
            dict(content.get("versions", {})),
            float(content.get("unsure_below", 0.0)),
        )
        joints = tuple(content["skeleton"]["joints"])
    except (InputError, SkeletonError) as error:
        raise CheckpointError(f"{path} cannot be used: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{path} lacks part of its description ({error}); get the model again") from error
    if joints != skeleton_named(spec.skeleton).joints:
        raise CheckpointError(
            f"{path} was trained on another order of the joint set {spec.skeleton!r}; train it again with this version"
        )
    return description


def _fill_weights(classifier: Classifier, state: Mapping[str, torch.Tensor], path: Path) -> None:
    own = classifier.state_dict()
    widened = {
        name: tensor.to(own[name].dtype) if name in own and own[name].is_floating_point() else tensor
        for name, tensor in state.items()
    }
    if not all(torch.isfinite(tensor).all() for tensor in widened.values() if tensor.is_floating_point()):
        raise CheckpointError(f"{path} holds weights that are no numbers; train the model again")
    try:
        classifier.load_state_dict(widened)
    except RuntimeError as error:
        detail = str(error).strip().splitlines()[-1].strip()
        raise CheckpointError(
            f"the weights in {path} do not fit its description ({detail}); get the model again"
        ) from error
