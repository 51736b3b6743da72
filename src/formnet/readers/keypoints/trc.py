"""TRC marker files of OpenSim, Pose2Sim and formnet."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray, Motion, Unit
from formnet.readers.detections import make_motion
from formnet.readers.keypoints.markers import METRES, choose_joints
from formnet.skeleton import Skeleton

_TALLEST_M = 10.0
_PIXELS = ("px", "pixel", "pixels")


def parse_trc(text: str, path: Path) -> tuple[Motion, tuple[str, ...]]:
    """Joints in metres with x right, y down and z away (OpenSim has y up), and notes about markers that are no joints.

    Joints without any depth are joints in the picture (Sports2D): in pixels, y down, where they are too far apart for
    metres, else in metres.

    Raises:
        InputError: not a TRC file, an unknown unit, or too few markers that are joints.
    """
    lines = text.splitlines()
    if len(lines) < 6 or not lines[0].startswith("PathFileType"):
        raise InputError(f"{path} is no TRC file: expected a head of five lines that begins with PathFileType")
    about = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=False))
    unit = about.get("Units", "m").strip().lower()
    if unit not in (*METRES, *_PIXELS):
        raise InputError(f"{path} is in {unit!r}; formnet reads TRC in m, cm, mm and px")
    markers = [name.strip() for name in lines[3].split("\t")[2:] if name.strip()]
    rows = [line.split("\t") for line in lines[5:] if line.strip()]
    width = 2 + 3 * len(markers)
    try:
        values = np.array([_to_cells(row, width) for row in rows], dtype=np.float64)
    except ValueError as error:
        raise InputError(f"{path} holds something that is no number ({error}); write it again") from None
    if not len(values):
        raise InputError(f"{path} holds no frames; write it again")
    skeleton, numbers, notes = choose_joints(markers, path)
    positions = values[:, 2:].reshape(len(values), len(markers), 3)[:, numbers]
    positions[(positions == 0).all(axis=-1)] = np.nan
    if unit in _PIXELS:
        positions, measure = _turn_upright(positions[..., :2], skeleton), "pixel"
    else:
        positions, measure = _orient(positions, METRES[unit])
    confidence = np.where(np.isnan(positions).any(axis=-1), 0.0, 1.0)
    return make_motion(str(path), positions, confidence, values[:, 1], skeleton, measure), notes


def _orient(positions: FloatArray, unit_m: float) -> tuple[FloatArray, Unit]:
    """Positions (T, J, 3) as the file has them, with formnet's axes, and their unit."""
    if not (np.nan_to_num(positions[..., 2]) == 0).all():
        return positions * unit_m * [1.0, -1.0, -1.0], "metre"
    flat = positions[..., :2]
    shown = flat[~np.isnan(flat[..., 0]).all(axis=1), :, 1]
    if len(shown) and np.median(np.nanmax(shown, axis=1) - np.nanmin(shown, axis=1)) * unit_m > _TALLEST_M:
        return flat, "pixel"
    return flat * unit_m * [1.0, -1.0], "metre"


def _turn_upright(flat: FloatArray, skeleton: Skeleton) -> FloatArray:
    """Places (T, J, 2) in pixels with y down; some tools count up as TRC does, some as pictures do."""
    high, low = (
        [skeleton.index(f"{side}_{joint}") for side in ("left", "right") if f"{side}_{joint}" in skeleton]
        for joint in ("shoulder", "ankle")
    )
    if not high or not low or np.nanmedian(flat[:, high, 1]) <= np.nanmedian(flat[:, low, 1]):
        return flat
    return np.stack([flat[..., 0], np.nanmax(flat[..., 1]) - flat[..., 1]], axis=-1)


def _to_cells(row: list[str], width: int) -> list[str]:
    # Editors strip the tabs that stand for missing markers at the end of a line.
    cells = [cell.strip() or "nan" for cell in row[:width]]
    return [*cells, *["nan"] * (width - len(cells))]
