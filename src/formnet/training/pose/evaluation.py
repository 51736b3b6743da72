"""A trained pose network on the test side of the pictures it was trained beside, or of others."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser

from formnet.errors import CheckpointError, DataError, InputError
from formnet.pose.networks.description import FORMAT, PoseNetwork, load_pose_network
from formnet.readers.pictures.base import PictureSet
from formnet.storage.texts import read_json
from formnet.training.pose.build import build_pose_data
from formnet.training.pose.data import Progress, load_test_pictures
from formnet.training.pose.measure import measure_network
from formnet.training.pose.views import list_views

MEANING = {
    "pck": "share of joints within a fifth of the torso (PCK@0.2)",
    "pck_person": "the same, of the longer side of the person's box",
    "pckh": "the same, of half the head (PCKh@0.5)",
    "ap": "average precision by OKS, 0.50 to 0.95",
    "ap50": "average precision by OKS, 0.50",
    "ap75": "average precision by OKS, 0.75",
    "ar": "average recall by OKS",
    "mpjpe_mm": "mean distance in 3D, pelvis on pelvis",
    "seconds_a_frame": "of the processor",
}
"""What the figures of `measure_network` are; with _visible or _hidden, of only those joints."""


def is_pose_network(path: Path) -> bool:
    """True for weights whose description says so; False for everything else, missing and damaged files included."""
    try:
        content = read_json(path.with_suffix(".json"), "description of a network")
    except InputError:
        return False
    return path.suffix in (".safetensors", ".json") and isinstance(content, dict) and content.get("format") == FORMAT


def compose_pose_data(network: PoseNetwork, path: Path, overrides: Sequence[str]) -> tuple[dict[str, Any], int, int]:
    """The group `task.data` that the network recorded with single values replaced, the seed, and the threads.

    Raises:
        CheckpointError: a network that does not say what it was trained on.
        InputError: a setting that does not change what it is measured on.
    """
    record = network.about.get("training")
    task = record.get("task") if isinstance(record, Mapping) else None
    if not isinstance(record, Mapping) or not isinstance(task, Mapping) or not isinstance(task.get("data"), Mapping):
        raise CheckpointError(
            f"{path} does not say what it was trained beside; train it with python train.py task=pose"
        )
    data = json.loads(json.dumps(task["data"]))
    plain = {"seed": record.get("seed", 0), "threads": record.get("threads", 2)}
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        key = str(override.key_or_group)
        group, name = data, key.removeprefix("task.data.").split(".")
        if key.startswith("task.data.rendered."):
            group, name = data["rendered"], name[1:]
        if override.is_delete() or override.is_sweep_override():
            raise InputError(f"{override.input_line} cannot be used here; give KEY=VALUE")
        if key in plain:
            plain[key] = override.value()
        elif key.startswith("task.data.") and len(name) == 1 and name[0] in group and name[0] not in _OF_TRAINING:
            group[name[0]] = override.value()
        else:
            raise InputError(
                f"{key} does not change how a pose network is measured; there are seed, threads, task.data.source, "
                "root, pictures, val_share, test_share, and task.data.rendered.…"
            )
    return data, plain["seed"], plain["threads"]


_OF_TRAINING = (
    "rendered",
    "augment",
    "batch_size",
    "steps_per_epoch",
    "val_samples",
    "kept_gb",
    "scenes",
    "val_scenes",
)


def evaluate_pose_network(
    network: PoseNetwork, data: Mapping[str, Any], seed: int, progress: Progress | None = None
) -> dict[str, float]:
    """Figures `test/…` as training gives them.

    Raises:
        InputError, DataError: as the readers do; pictures of other joints, or without anything to look at.
    """
    pictures = load_test_pictures(build_pose_data(data, seed), progress)
    require_same_joints(network, pictures)
    if not list_views(pictures, network.opening.spec):
        raise DataError(
            f"the test side of {data['root']} has nothing to look at: {network.spec.kind} needs "
            + (f"clips of {network.spec.frames} frames with one person" if network.spec.kind == "rpstn" else "people")
        )
    return {f"test/{name}": value for name, value in measure_network(network, pictures).items()}


def require_same_joints(network: PoseNetwork, pictures: PictureSet) -> None:
    """Raises `InputError` naming the joints that only one of the two knows."""
    own, labelled = network.spec.skeleton.joints, pictures.skeleton.joints
    if own != labelled:
        other = sorted(set(own) ^ set(labelled))
        raise InputError(
            "these pictures label other joints than the network finds"
            + (f" ({', '.join(other[:6])}{', …' if len(other) > 6 else ''})" if other else ", in another order")
            + "; measure it on labels of the same joints"
        )


def describe_figures(figures: Mapping[str, float]) -> str:
    """One line a figure, with what it is."""
    lines = []
    for name, value in figures.items():
        plain = name.removeprefix("test/")
        part = next((part for part in ("visible", "hidden") if plain.endswith(f"_{part}")), "")
        meaning = MEANING.get(plain.removesuffix(f"_{part}") if part else plain, "")
        lines.append(f"{plain:22s} {value:8.3f}  {meaning}{f', {part} joints' if part else ''}")
    return "\n".join(lines)


def load_and_compose(path: Path, overrides: Sequence[str]) -> tuple[PoseNetwork, dict[str, Any], int, int]:
    """The network of a file and what `compose_pose_data` gives; raises as both do."""
    network = load_pose_network(path)
    return network, *compose_pose_data(network, path, overrides)
