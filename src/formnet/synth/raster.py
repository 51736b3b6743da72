"""Compiled kernels of the renderer: triangles with a depth buffer, blending, shadow and grain."""

from __future__ import annotations

import numba
import numpy as np

OVERSAMPLE = 2
"""Samples a pixel and direction; edges are smoothed by averaging them."""
FAR = np.float32(1e9)
"""Depth of a sample where nothing is drawn. Not infinity: the kernels are compiled for finite numbers."""


@numba.njit(cache=True, fastmath=True)
def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Area-weighted unit normals (V, 3) of a mesh, float32."""
    normals = np.zeros_like(vertices)
    for face in range(faces.shape[0]):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        ax, ay, az = vertices[j, 0] - vertices[i, 0], vertices[j, 1] - vertices[i, 1], vertices[j, 2] - vertices[i, 2]
        bx, by, bz = vertices[k, 0] - vertices[i, 0], vertices[k, 1] - vertices[i, 1], vertices[k, 2] - vertices[i, 2]
        nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        for corner in range(3):
            vertex = faces[face, corner]
            normals[vertex, 0] += nx
            normals[vertex, 1] += ny
            normals[vertex, 2] += nz
    for vertex in range(vertices.shape[0]):
        x, y, z = normals[vertex, 0], normals[vertex, 1], normals[vertex, 2]
        length = np.sqrt(x * x + y * y + z * z) + 1e-12
        normals[vertex, 0] = x / length
        normals[vertex, 1] = y / length
        normals[vertex, 2] = z / length
    return normals


@numba.njit(cache=True, fastmath=True)
def draw_triangles(
    pixels: np.ndarray,
    depth: np.ndarray,
    colours: np.ndarray,
    faces: np.ndarray,
    nearest: np.ndarray,
    paint: np.ndarray,
) -> None:
    """Draws triangles with interpolated colours into `paint`, keeping the nearest; in place.

    Args:
        pixels: (V, 2) in samples of `paint`.
        depth: (V,) distance from the camera along its axis, metres.
        colours: (V, 3) 0-255.
        faces: (F, 3), counter-clockwise seen from outside; those seen from inside are skipped.
        nearest: (H, W) float32 depth of what is drawn so far, `FAR` where nothing is.
        paint: (H, W, 3) float32.
    """
    height, width = nearest.shape
    for face in range(faces.shape[0]):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        if depth[i] < 0.05 or depth[j] < 0.05 or depth[k] < 0.05:
            continue
        x0, y0, x1, y1, x2, y2 = pixels[i, 0], pixels[i, 1], pixels[j, 0], pixels[j, 1], pixels[k, 0], pixels[k, 1]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area >= 0:
            # y points down, so outward faces turn clockwise on the picture.
            continue
        left = max(int(np.ceil(min(x0, x1, x2) - 0.5)), 0)
        right = min(int(np.floor(max(x0, x1, x2) - 0.5)), width - 1)
        top = max(int(np.ceil(min(y0, y1, y2) - 0.5)), 0)
        bottom = min(int(np.floor(max(y0, y1, y2) - 0.5)), height - 1)
        inverse = 1 / area
        for row in range(top, bottom + 1):
            y = row + 0.5
            for column in range(left, right + 1):
                x = column + 0.5
                w1 = ((x - x0) * (y2 - y0) - (x2 - x0) * (y - y0)) * inverse
                w2 = ((x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)) * inverse
                w0 = 1 - w1 - w2
                if w0 < 0 or w1 < 0 or w2 < 0:
                    continue
                z = w0 * depth[i] + w1 * depth[j] + w2 * depth[k]
                if z < nearest[row, column]:
                    nearest[row, column] = z
                    for channel in range(3):
                        paint[row, column, channel] = (
                            w0 * colours[i, channel] + w1 * colours[j, channel] + w2 * colours[k, channel]
                        )


@numba.njit(cache=True, fastmath=True)
def blend(nearest: np.ndarray, paint: np.ndarray, top: int, left: int, picture: np.ndarray) -> None:
    """Averages the samples of `paint` into `picture` (H, W, 3) at (top, left); in place."""
    rows, columns = nearest.shape[0] // OVERSAMPLE, nearest.shape[1] // OVERSAMPLE
    share = 1.0 / (OVERSAMPLE * OVERSAMPLE)
    for row in range(rows):
        for column in range(columns):
            count = 0
            red = green = blue = 0.0
            for a in range(OVERSAMPLE):
                for b in range(OVERSAMPLE):
                    y, x = row * OVERSAMPLE + a, column * OVERSAMPLE + b
                    if nearest[y, x] < FAR:
                        count += 1
                        red += paint[y, x, 0]
                        green += paint[y, x, 1]
                        blue += paint[y, x, 2]
            if count:
                rest = 1 - count * share
                target = picture[top + row, left + column]
                target[0] = target[0] * rest + red * share
                target[1] = target[1] * rest + green * share
                target[2] = target[2] * rest + blue * share


@numba.njit(cache=True, fastmath=True)
def shadow_map(vertices: np.ndarray, slant: np.ndarray, cells: int, cell_m: float, centre: np.ndarray) -> np.ndarray:
    """How much light the body takes from the floor, (cells, cells) in 0..1.

    Args:
        vertices: (V, 3) world.
        slant: (2,) metres that a shadow moves in x and z per metre of height.
        cells, cell_m: size of the map and of a cell.
        centre: (2,) x and z of the middle of the map.

    High parts of the body throw weak shadows, as under several lamps.
    """
    grid = np.zeros((cells, cells), np.float32)
    for vertex in range(vertices.shape[0]):
        up = -vertices[vertex, 1]
        column = int((vertices[vertex, 0] + slant[0] * up - centre[0]) / cell_m + cells / 2)
        row = int((vertices[vertex, 2] + slant[1] * up - centre[1]) / cell_m + cells / 2)
        if 0 <= row < cells and 0 <= column < cells:
            dark = 0.9 * np.exp(-up / 0.10) + 0.5 * np.exp(-up / 0.9)
            if dark > grid[row, column]:
                grid[row, column] = dark
    spare = np.zeros_like(grid)
    for _ in range(3):
        for row in range(1, cells - 1):
            for column in range(1, cells - 1):
                total = 0.0
                for a in range(-1, 2):
                    for b in range(-1, 2):
                        total += grid[row + a, column + b]
                spare[row, column] = total / 9
        grid, spare = spare, grid
    return grid


@numba.njit(cache=True, fastmath=True)
def darken_floor(
    picture: np.ndarray, floor: np.ndarray, grid: np.ndarray, cell_m: float, centre: np.ndarray, strength: float
) -> None:
    """Multiplies the floor's pixels by the shadow; in place.

    Args:
        picture: (H, W, 3) float32.
        floor: (H, W, 2) x and z in metres of the floor seen there, `FAR` where there is none.
        grid: shadow map around `centre` (2,) with cells of `cell_m`.
        strength: 0 none, 1 black where the map is 1.
    """
    cells = grid.shape[0]
    for row in range(picture.shape[0]):
        for column in range(picture.shape[1]):
            x = (floor[row, column, 0] - centre[0]) / cell_m + cells / 2 - 0.5
            if not (0 <= x < cells - 1):
                continue
            y = (floor[row, column, 1] - centre[1]) / cell_m + cells / 2 - 0.5
            if not (0 <= y < cells - 1):
                continue
            i, j = int(y), int(x)
            v, u = y - i, x - j
            dark = (1 - v) * ((1 - u) * grid[i, j] + u * grid[i, j + 1]) + v * (
                (1 - u) * grid[i + 1, j] + u * grid[i + 1, j + 1]
            )
            for channel in range(3):
                picture[row, column, channel] *= 1 - strength * dark


@numba.njit(cache=True, fastmath=True)
def finish(picture: np.ndarray, blur: float, grain: np.ndarray, shift_y: int, shift_x: int, gain: float) -> np.ndarray:
    """Slight blur, sensor grain and exposure; float32 (H, W, 3) → uint8.

    Args:
        blur: 0 sharp, up to 1 a 3x3 average.
        grain: (N, at least W + shift_x, 3) float32 noise in grey levels; its rows repeat.
        shift_y, shift_x: where in `grain` the picture lies.
    """
    height, width = picture.shape[0], picture.shape[1]
    span = 3 * width
    flat, noise = picture.reshape(height, span), grain.reshape(grain.shape[0], -1)
    result = np.empty((height, span), np.uint8)
    side, half = np.float32(gain * blur / 3), np.float32(0.5)
    middle = np.float32(gain) - 2 * side
    ratio = np.float32(side / gain)
    centre = 1 - 2 * ratio
    column = np.empty(span, np.float32)
    for row in range(height):
        above, here, below = flat[max(row - 1, 0)], flat[row], flat[min(row + 1, height - 1)]
        for x in range(span):
            column[x] = centre * here[x] + ratio * (above[x] + below[x])
        dust = noise[(row + shift_y) % noise.shape[0], 3 * shift_x : 3 * shift_x + span]
        line = result[row]
        for x in range(3, span - 3):
            value = middle * column[x] + side * (column[x - 3] + column[x + 3]) + dust[x] + half
            line[x] = np.uint8(min(max(value, np.float32(0)), np.float32(255)))
        for x in range(3):
            for edge, inner in ((x, x + 3), (span - 3 + x, span - 6 + x)):
                value = (middle + side) * column[edge] + side * column[inner] + dust[edge] + half
                line[edge] = np.uint8(min(max(value, np.float32(0)), np.float32(255)))
    return result.reshape(height, width, 3)
