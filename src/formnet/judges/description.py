"""What a model is besides its weights: plain values that are stored beside them."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from formnet import __version__
from formnet.checks import check_values, real, say_value, whole
from formnet.errors import CheckpointError, InputError, SkeletonError
from formnet.lifting.lifter import check_lifter_name
from formnet.preprocess.spec import PreprocessSpec
from formnet.skeleton import skeleton_named
from formnet.storage.former_models import translate_description

FORMAT = "formnet-model"
FORMAT_VERSION = 2
MAX_CLASSES = 1000


@dataclass(frozen=True)
class ModelDescription:
    """All that a model is besides its weights.

    Attributes:
        spec: from motion to features.
        classes: names in the order of the probabilities.
        network: plain description for `build_network`; of a learner its name (`learner`) and options.
        n_dimensions: 2 or 3 coordinates a joint.
        metrics: figures on the test side at the end of training.
        training: data, split and options of the run, plain values; `evaluate.py` measures with them.
        versions: of the software that made it.
        unsure_below: least probability at which a class is named; less is answered with "unsure".
        lifter: name of the lifter (`formnet.lifting`) whose 3D the model learnt from, or of a file beside the model.
    """

    spec: PreprocessSpec
    classes: tuple[str, ...]
    network: Mapping[str, Any]
    n_dimensions: int = 3
    metrics: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    unsure_below: float = 0.0
    lifter: str = "picture"

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
            "lifter": self.lifter,
        }


def current_versions() -> dict[str, str]:
    """What a model was made with, by name."""
    return {
        "formnet": __version__,
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def parse_description(content: Any, path: Path) -> ModelDescription:
    """The description that `ModelDescription.to_dict` gave; raises `CheckpointError` for anything else."""
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not described as a model of formnet; use a file that train.py wrote")
    version = content.get("format_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has format version {say_value(version)}, this formnet reads up to {FORMAT_VERSION}; upgrade "
            "formnet"
        )
    content = translate_description(content, path)
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
            str(content.get("lifter", "picture")),
        )
        joints = tuple(content["skeleton"]["joints"])
        _check(description)
    except (InputError, SkeletonError) as error:
        raise CheckpointError(f"{path} cannot be used: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CheckpointError(f"{path} lacks part of its description ({error}); get the model again") from error
    if joints != skeleton_named(spec.skeleton).joints:
        raise CheckpointError(
            f"{path} was trained on another order of the joint set {spec.skeleton!r}; train it again with this version"
        )
    return description


def _check(description: ModelDescription) -> None:
    """Raises `InputError` for values that no training writes."""
    check_values(
        "the description's",
        n_dimensions=(description.n_dimensions, whole(2, 3)),
        unsure_below=(description.unsure_below, real(0, 1)),
    )
    check_lifter_name(description.lifter)
    if not 2 <= len(description.classes) <= MAX_CLASSES or len(set(description.classes)) < len(description.classes):
        raise InputError(f"expected 2…{MAX_CLASSES} classes of different names, got {say_value(description.classes)}")
