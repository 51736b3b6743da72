"""A library of recorded people: pieces of posed motion on many bodies, in one file, and how well they follow.

Only rotations, shapes and the pelvis's path are kept, in half precision (a millimetre): joints and landmarks follow.
The file is made of a copy of a data set and stays with whoever has it; formnet ships none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from formnet.body.model import Body
from formnet.errors import InputError
from formnet.geometry.angles import compute_joint_angle_deg
from formnet.geometry.paths import find_runs
from formnet.lifting.metrics import compute_pa_mpjpe_mm
from formnet.motion import FloatArray, Motion
from formnet.readers.table import RepetitionTable
from formnet.recorded.posing import PosedRecording, pose_recording, sample_smoothly
from formnet.skeleton import SMPL_24
from formnet.storage.arrays import read_arrays, write_arrays
from formnet.synth.rows import Rows, join_rows

FPS = 15.0
FRAMES = 64
_SPREAD = 0.9
"""Spread of the body shapes, that of simulated people."""
_CHUNK = 256
_REMEDY = "make one with formnet recorded"
_SIDES = ("left", "right")
_MEASURED = tuple(f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
                  for side in _SIDES)  # fmt: skip


@dataclass(frozen=True)
class RecordedMotions(Rows):
    """N pieces of recorded motion, each on a body of its own, `FRAMES` frames at `FPS`.

    Attributes:
        names: (N,) movement, as its set calls it.
        people: (N,) who was recorded.
        betas: (N, S) shape of each body.
        poses: (N, T, 24, 3) SMPL pose parameters.
        translation: (N, T, 3) the pelvis in the world, metres.
    """

    names: NDArray[np.str_]
    people: NDArray[np.str_]
    betas: NDArray[np.floating]
    poses: NDArray[np.floating]
    translation: NDArray[np.floating]

    def __len__(self) -> int:
        return len(self.names)

    def places(self, body: Body) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Landmarks (N, T, 33, 3) and SMPL joints (N, T, 24, 3) in the world, metres, float32."""
        whole = [values.astype(np.float32) for values in (self.betas, self.poses, self.translation)]
        parts = [body.pose_joints(*(values[i : i + _CHUNK] for values in whole)) for i in range(0, len(self), _CHUNK)]
        joints, landmarks = (np.concatenate(part) for part in zip(*parts, strict=True))
        return landmarks, joints

    def write(self, path: Path) -> None:
        """Stores the library (npz, no pickle)."""
        half = {name: getattr(self, name).astype(np.float16) for name in ("betas", "poses", "translation")}
        write_arrays({"names": self.names, "people": self.people, **half}, path)


def read_library(path: Path) -> RecordedMotions:
    """Reads what `RecordedMotions.write` wrote.

    Raises:
        InputError: when the file is missing, damaged or no such library.
    """
    stored = read_arrays(path, "library of recorded motions", _REMEDY)
    try:
        library = RecordedMotions(**{field.name: stored[field.name] for field in fields(RecordedMotions)})
        counts = {len(getattr(library, field.name)) for field in fields(library)}
        if counts != {len(library)} or not len(library) or library.poses.shape[1:] != (FRAMES, len(SMPL_24), 3):
            raise ValueError(f"{sorted(counts)} pieces of shape {library.poses.shape[1:]}")
    except (KeyError, ValueError, IndexError) as error:
        raise InputError(f"{path} is no library of recorded motions ({error}); {_REMEDY}") from None
    return library


@dataclass(frozen=True)
class Following:
    """How exactly posed motions follow their recordings.

    Attributes:
        knee_deg, hip_deg, trunk_deg: root mean square difference of both knees' and hips' flexion, and of the trunk's
            lean from the vertical.
        pa_mpjpe_mm: of shoulders to ankles; the recording's limbs have other lengths, which is most of it.
        slide_mm: how far the ball of a foot moves along the floor while it stands, root mean square.
    """

    knee_deg: float
    hip_deg: float
    trunk_deg: float
    pa_mpjpe_mm: float
    slide_mm: float


def pose_table(
    table: RepetitionTable, body: Body, rng: np.random.Generator, bodies: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[RecordedMotions, dict[str, Following], int]:  # fmt: skip
    """Poses every recording of a table on `bodies` random bodies and cuts it into pieces.

    Returns:
        the library, how well each movement is followed (the part of a recording's name before the first `_`), and how
        many recordings could not be posed.

    Raises:
        InputError: when none could be.
    """
    parts: list[RecordedMotions] = []
    followings: dict[str, list[Following]] = {}
    lost = 0
    for number, (motion, name, person) in enumerate(zip(table.motions, table.names, table.groups, strict=True)):
        movement = name.split("_")[0]
        for betas in body.sample_betas(rng, bodies, _SPREAD):
            try:
                posed = pose_recording(motion, body, betas, FPS)
            except InputError as error:
                lost, reason = lost + 1, error
                break
            parts.append(_cut(posed, betas, movement, str(person)))
            followings.setdefault(movement, []).append(measure_following(posed, motion))
        progress(number + 1, len(table.motions))
    if not parts:
        raise InputError(f"none of {lost} recordings could be posed: {reason}")
    return join_rows(parts), {movement: _average(of) for movement, of in followings.items()}, lost


def measure_following(posed: PosedRecording, motion: Motion) -> Following:
    """Of one recording, smoothed as it was posed."""
    own, seen = posed.motion, sample_smoothly(motion, FPS)
    names = [
        name for name in _MEASURED if name in seen.skeleton and not seen.missing[:, seen.skeleton.index(name)].any()
    ]

    def differ(angle: Callable[[Motion], FloatArray]) -> float:
        return _root_mean_square(angle(own) - angle(seen))

    balls = own.positions[:, SMPL_24.indices(f"{side}_foot_index" for side in _SIDES)][..., [0, 2]]
    slides = [
        np.linalg.norm(balls[start:stop, side] - balls[start:stop, side].mean(axis=0), axis=-1)
        for side in range(len(_SIDES))
        for start, stop in find_runs(posed.contacts[:, side])
    ]
    return Following(
        knee_deg=differ(lambda one: _compute_bends(one, "hip", "knee", "ankle")),
        hip_deg=differ(lambda one: _compute_bends(one, "shoulder", "hip", "knee")),
        trunk_deg=differ(_compute_lean),
        pa_mpjpe_mm=compute_pa_mpjpe_mm(*(np.stack([one.joint(n) for n in names], axis=1) for one in (own, seen))).mean,
        slide_mm=1000.0 * _root_mean_square(np.concatenate(slides)),
    )


def _cut(posed: PosedRecording, betas: FloatArray, movement: str, person: str) -> RecordedMotions:
    """Pieces of `FRAMES`, overlapping where it does not come out even; what is shorter goes back the way it came."""
    length = len(posed.poses)
    if length < FRAMES:
        frames = np.pad(np.arange(length), (0, FRAMES - length), mode="reflect")[None]
    else:
        starts = np.linspace(0, length - FRAMES, -(-length // FRAMES)).round().astype(int)
        frames = starts[:, None] + np.arange(FRAMES)
    count = len(frames)
    return RecordedMotions(
        np.repeat(movement, count), np.repeat(person, count), np.repeat(betas[None], count, axis=0),
        posed.poses[frames], posed.translation[frames],
    )  # fmt: skip


def _compute_bends(motion: Motion, first: str, middle: str, last: str) -> FloatArray:
    """(2, T) angles of both sides."""
    return np.stack([compute_joint_angle_deg(*(motion.joint(f"{side}_{joint}") for joint in (first, middle, last)))
                     for side in _SIDES])  # fmt: skip


def _compute_lean(motion: Motion) -> FloatArray:
    """(T,) angle of the line from the hips to the shoulders with the vertical."""
    shoulders, hips = (motion.joint(f"left_{joint}") + motion.joint(f"right_{joint}") for joint in ("shoulder", "hip"))
    line = shoulders - hips
    return np.degrees(np.arctan2(np.hypot(line[:, 0], line[:, 2]), -line[:, 1]))


def _root_mean_square(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _average(of: Sequence[Following]) -> Following:
    """The root of the mean square over recordings, each counting the same."""
    return Following(
        **{f.name: _root_mean_square(np.array([getattr(one, f.name) for one in of])) for f in fields(Following)}
    )
