"""formnet's own motion file: a NumPy archive that round-trips a Motion exactly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from formnet.checks import say_value
from formnet.errors import InputError, OtherContentError, SkeletonError
from formnet.motion import Motion
from formnet.pose.model_bundle import Eyes
from formnet.readers.keypoints.points import may_be_points
from formnet.skeleton import SKELETONS, Skeleton
from formnet.storage.arrays import read_arrays, write_arrays

FORMAT = "formnet-motion-1"
_ROTATIONS = {
    "AMASS": {"poses", "trans"}, "SMPLify-X": {"body_pose", "global_orient"}, "4D-Humans, WHAM": {"pose", "betas"},
}  # fmt: skip
"""Arrays of which some programs' recordings of a body model can be told."""
_FIELDS = ("positions", "confidence", "timestamps", "joints", "unit")


@dataclass(frozen=True, eq=False)
class StoredMotion:
    """What a file holds.

    Attributes:
        image: the same frames in the picture, where the file has them.
        eyes: size of the BlazePose that saw them, where the file says it.
    """

    motion: Motion
    image: Motion | None = None
    eyes: Eyes | None = None


def write_npz(path: Path, motion: Motion, image: Motion | None = None, eyes: Eyes | None = None) -> None:
    """Writes a motion, and what else `StoredMotion` has of it, without leaving half a file."""
    arrays: dict[str, np.ndarray] = {"format": np.array(FORMAT)}
    if eyes is not None:
        arrays["eyes"] = np.array(str(eyes))
    for prefix, part in (("", motion), ("image_", image)):
        if part is not None:
            arrays |= {
                f"{prefix}positions": part.positions,
                f"{prefix}confidence": part.confidence,
                f"{prefix}timestamps": part.timestamps,
                f"{prefix}joints": np.array(part.skeleton.joints),
                f"{prefix}unit": np.array(part.unit),
                f"{prefix}skeleton": np.array(part.skeleton.name),
            }
    write_arrays(arrays, path)


def holds_keypoints(path: Path) -> bool:
    """Whether an archive is none of formnet's but holds arrays of points, frames × points × 2 or 3.

    Raises:
        InputError: no such archive.
    """
    content = read_arrays(path, "motion file", "write it again")
    return not {"positions", "poses"} & content.keys() and any(may_be_points(array) for array in content.values())


def read_npz(path: Path) -> StoredMotion:
    """What `write_npz` wrote.

    Raises:
        InputError: missing, no such archive, or no valid motion.
        OtherContentError: fields missing.
    """
    content = read_arrays(path, "motion file", "write it again")
    absent = [name for name in _FIELDS if name not in content]
    if maker := next((maker for maker, names in _ROTATIONS.items() if names <= content.keys()), None):
        raise OtherContentError(
            f"{path} is a recording of SMPL ({maker}): rotations of a body model and no joints; pose the model and "
            "export its joints as CSV or TRC"
        )
    if absent:
        raise OtherContentError(f"{path} has no {', '.join(absent)}; write it with `formnet pose CLIP -o FILE.npz`")
    image = _read_motion(content, "image_", path) if "image_positions" in content else None
    eyes = next((size for size in Eyes if size == str(content.get("eyes"))), None)
    return StoredMotion(_read_motion(content, "", path), image, eyes)


def _read_motion(content: dict[str, np.ndarray], prefix: str, path: Path) -> Motion:
    try:
        joints = tuple(str(joint) for joint in np.atleast_1d(content[f"{prefix}joints"]))
        name = str(content.get(f"{prefix}skeleton", "custom"))
        known = SKELETONS.get(name)
        skeleton = known if known is not None and known.joints == joints else Skeleton(name, joints)
        return Motion(
            content[f"{prefix}positions"],
            content[f"{prefix}confidence"],
            content[f"{prefix}timestamps"],
            skeleton,
            str(content[f"{prefix}unit"]),  # type: ignore[arg-type]
        )
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path} is damaged ({say_value(str(error))}); write it again") from None
    except (InputError, SkeletonError) as error:
        raise InputError(f"{path}: {error}; write the file again") from None
