"""Where bodies come from: the procedural one, or the user's own SMPL file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from formnet.body.data import PARENTS, BodyData
from formnet.body.model import Body
from formnet.body.smpl_surface import surface_landmarks, surface_regions
from formnet.body.template import procedural_body
from formnet.errors import InputError
from formnet.storage.arrays import read_arrays
from formnet.storage.unpickle import read_pickle

_KEYS = ("v_template", "shapedirs", "posedirs", "J_regressor", "kintree_table", "weights", "f")
_SMPL_VERTICES = 6890
_SHAPE_COEFFICIENTS = 10
_REMEDY = "give the SMPL_NEUTRAL.pkl or .npz from https://smpl.is.tue.mpg.de, or no path for the built-in body"


def load_body(path: str | Path | None = None) -> Body:
    """A body to pose.

    Args:
        path: an SMPL model file (.pkl or .npz); None for the procedural body that formnet brings along.

    Raises:
        InputError: the file is missing, no SMPL model, damaged, or asks for code to be run.
    """
    return _builtin() if path is None else Body(read_smpl(Path(path)))


@lru_cache(maxsize=1)
def _builtin() -> Body:
    return Body(procedural_body())


def read_smpl(path: Path) -> BodyData:
    """Reads and checks an SMPL model file; pickles are read without running anything they ask for."""
    if not path.is_file():
        raise InputError(f"there is no body model at {path}: {_REMEDY}")
    try:
        arrays = _read_npz(path) if path.suffix.lower() == ".npz" else read_pickle(path, _KEYS)
        return _checked(arrays)
    except (InputError, ValueError, OSError, EOFError) as error:
        raise InputError(f"{path.name} is not a usable SMPL model ({error}): {_REMEDY}") from error


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    return read_arrays(path, "archive", "get it again", _KEYS)


def _checked(arrays: dict[str, np.ndarray]) -> BodyData:
    missing = [key for key in _KEYS if key not in arrays]
    if missing:
        raise ValueError(f"it lacks {', '.join(missing)}")
    for key in _KEYS:
        if not isinstance(arrays[key], np.ndarray) or arrays[key].dtype.kind not in "biuf":
            raise ValueError(f"{key} is no numeric array")
    joints = len(PARENTS)
    expected = {
        "v_template": (_SMPL_VERTICES, 3),
        "posedirs": (_SMPL_VERTICES, 3, 207),
        "J_regressor": (joints, _SMPL_VERTICES),
        "kintree_table": (2, joints),
        "weights": (_SMPL_VERTICES, joints),
    }
    for key, shape in expected.items():
        if arrays[key].shape != shape:
            raise ValueError(f"{key} has the shape {arrays[key].shape} instead of {shape}")
    directions, faces = arrays["shapedirs"], arrays["f"]
    if directions.ndim != 3 or directions.shape[:2] != (_SMPL_VERTICES, 3) or directions.shape[2] < 1:
        raise ValueError(f"shapedirs has the shape {directions.shape} instead of ({_SMPL_VERTICES}, 3, coefficients)")
    if faces.ndim != 2 or faces.shape[1] != 3:
        raise ValueError(f"f has the shape {faces.shape} instead of (faces, 3)")
    for key in ("v_template", "shapedirs", "posedirs", "J_regressor", "weights"):
        if not np.isfinite(arrays[key]).all():
            raise ValueError(f"{key} holds values that are no finite numbers")
    faces = faces.astype(np.int64)
    if faces.min() < 0 or faces.max() >= _SMPL_VERTICES:
        raise ValueError("its triangles name vertices that it does not have")
    if not np.array_equal(arrays["kintree_table"][0].astype(np.int64)[1:], PARENTS[1:]):
        raise ValueError("its joints hang together otherwise than SMPL's 24")
    weights = arrays["weights"].astype(float)
    if weights.min() < -1e-6 or np.abs(weights.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("its skinning weights do not sum to 1")
    if np.abs(arrays["J_regressor"].sum(axis=1) - 1).max() > 1e-2:
        raise ValueError("its joint regressor does not sum to 1")
    template = arrays["v_template"].astype(float)
    coefficients = min(_SHAPE_COEFFICIENTS, directions.shape[2])
    regressor = arrays["J_regressor"].astype(float)
    landmarks = surface_landmarks(template, regressor)
    return BodyData(
        template=template,
        shape_directions=directions[:, :, :coefficients].astype(float),
        joint_regressor=regressor,
        skin_weights=weights,
        pose_directions=arrays["posedirs"].astype(np.float32),
        faces=faces,
        regions=surface_regions(template, regressor, weights, landmarks),
        landmark_vertices=landmarks,
        shape_names=tuple(f"smpl{number + 1}" for number in range(coefficients)),
    )
