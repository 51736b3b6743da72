"""Gaussian heatmaps: made from joints, and read again to a fraction of a cell.

Places are in cells of the map, x right and y down from the top left corner; the centre of the first cell is (½, ½).
So a place in the picture is one in the map times the stride, without offsets.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Array = NDArray[np.float32]
Refine = Literal["none", "quarter", "taylor"]


def make_heatmaps(joints: NDArray[np.floating], size: tuple[int, int], sigma: float) -> Array:
    """One Gaussian of height 1 for each joint; several people by maximum, so that neighbours keep their peaks.

    Args:
        joints: (P, J, 2) cells; NaN draws nothing.
        size: width and height in cells.
        sigma: standard deviation, cells.

    Returns:
        (J, H, W).
    """
    width, height = size
    if not len(joints):
        return np.zeros((joints.shape[1], height, width), np.float32)
    columns, rows = (_bell(joints[..., axis], cells, sigma) for axis, cells in ((0, width), (1, height)))
    return np.asarray((rows[..., :, None] * columns[..., None, :]).max(axis=0), dtype=np.float32)


def _bell(places: NDArray[np.floating], cells: int, sigma: float) -> NDArray[np.floating]:
    away = np.nan_to_num(places, nan=1e6)[..., None] - (np.arange(cells) + 0.5)
    return np.exp(-(away**2) / (2 * sigma**2)).astype(np.float32)


def decode_heatmaps(
    heatmaps: NDArray[np.floating], refine: Refine = "taylor", sigma: float = 2.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The highest place of each map.

    Args:
        heatmaps: (..., H, W).
        refine: "none", the cell's centre; "quarter", a quarter of a cell towards the higher neighbour (Newell et al.
            2016); "taylor", the top of the Gaussian by Taylor's expansion of the smoothed map's logarithm (Zhang et
            al., CVPR 2020: DARK). Peaks within two cells of the edge stay as they are.
        sigma: of the Gaussians, for the smoothing of "taylor".

    Returns:
        Places (..., 2) in cells and heights (...).
    """
    maps = np.asarray(heatmaps, dtype=np.float64).reshape(-1, *heatmaps.shape[-2:])
    at = maps.reshape(len(maps), -1).argmax(axis=1)
    rows, columns = np.unravel_index(at, maps.shape[1:])
    heights = maps[np.arange(len(maps)), rows, columns]
    places = refine_peaks(maps, np.arange(len(maps)), rows, columns, refine, sigma)
    return places.reshape(*heatmaps.shape[:-2], 2), heights.reshape(heatmaps.shape[:-2])


def refine_peaks(
    maps: NDArray[np.floating],
    numbers: NDArray[np.intp],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    refine: Refine,
    sigma: float,
) -> NDArray[np.float64]:
    """Places (N, 2) of N peaks, each in map `numbers[n]` of `maps` (J, H, W), see `decode_heatmaps`."""
    places = np.stack([columns, rows], axis=-1).astype(np.float64) + 0.5
    if refine == "none" or not len(places):
        return places
    height, width = maps.shape[1:]
    inner = (rows >= 2) & (rows < height - 2) & (columns >= 2) & (columns < width - 2)
    n, y, x = numbers[inner], rows[inner], columns[inner]
    if refine == "quarter":
        slope = np.stack([maps[n, y, x + 1] - maps[n, y, x - 1], maps[n, y + 1, x] - maps[n, y - 1, x]], axis=-1)
        places[inner] += 0.25 * np.sign(slope)
        return places
    logs = _smooth_logarithm(maps, sigma)
    places[inner] += _newton_step(logs, n, y, x)
    return places


def _smooth_logarithm(maps: NDArray[np.floating], sigma: float) -> NDArray[np.float64]:
    smooth = np.asarray(gaussian_filter(maps, (0, sigma / 2, sigma / 2), mode="constant"), dtype=np.float64)
    return np.log(np.maximum(smooth, 1e-10))


def _newton_step(
    logs: NDArray[np.float64], n: NDArray[np.intp], y: NDArray[np.intp], x: NDArray[np.intp]
) -> NDArray[np.float64]:
    """−H⁻¹g of each peak, (N, 2); zero where the surface has no top there, and never more than a cell."""
    dx, dy = (logs[n, y, x + 1] - logs[n, y, x - 1]) / 2, (logs[n, y + 1, x] - logs[n, y - 1, x]) / 2
    here = logs[n, y, x]
    dxx, dyy = (
        (logs[n, y, x + 2] - 2 * here + logs[n, y, x - 2]) / 4,
        (logs[n, y + 2, x] - 2 * here + logs[n, y - 2, x]) / 4,
    )
    dxy = (logs[n, y + 1, x + 1] - logs[n, y - 1, x + 1] - logs[n, y + 1, x - 1] + logs[n, y - 1, x - 1]) / 4
    bend = dxx * dyy - dxy**2
    is_top = (bend > 1e-12) & (dxx < 0)
    safe = np.where(is_top, bend, 1.0)
    step = np.stack([-(dyy * dx - dxy * dy) / safe, -(dxx * dy - dxy * dx) / safe], axis=-1)
    return np.where(is_top[:, None], np.clip(step, -1, 1), 0.0)
