"""C3D, the file of motion capture, written by `ezc3d`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from formnet.errors import InputError
from formnet.exports.tables import at_constant_rate, to_opensim_axes
from formnet.motion import Motion
from formnet.storage.files import atomic_path

_MM = 1000.0


def write_c3d(path: Path, world: Motion) -> None:
    """Joints as points in millimetres, y up, at a constant rate; a missing one is NaN with the residual −1.

    Raises:
        InputError: a motion that is not 3D in metres or of one frame, or `ezc3d` is not installed.
    """
    require_ezc3d()
    import ezc3d

    world = at_constant_rate(world, "C3D")
    points = np.ones((4, len(world.skeleton), len(world)))
    points[:3] = np.moveaxis(to_opensim_axes(world.positions) * _MM, -1, 0).swapaxes(1, 2)
    content = ezc3d.c3d()
    about = content["parameters"]["POINT"]
    about["UNITS"]["value"] = ["mm"]
    about["RATE"]["value"] = [world.fps]
    about["LABELS"]["value"] = list(world.skeleton.joints)
    content.add_parameter("POINT", "X_SCREEN", ["+X"])
    content.add_parameter("POINT", "Y_SCREEN", ["+Y"])
    content["data"]["points"] = points
    content["data"]["meta_points"]["residuals"] = np.where(world.missing.T, -1.0, 0.0)[None]
    with atomic_path(path) as temporary:
        content.write(str(temporary))


def require_ezc3d() -> None:
    """Raises `InputError` where `ezc3d` is not installed."""
    try:
        import ezc3d  # noqa: F401
    except ImportError:
        raise InputError(
            "C3D is written by ezc3d, which is not installed; run pip install 'formnet[c3d]', or choose TRC"
        ) from None
