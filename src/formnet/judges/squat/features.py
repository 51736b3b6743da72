"""One squat as numbers: summaries of named curves at the moments that matter, and picture curves for the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from formnet.judges.parts.blocks import compute_log_amplitudes
from formnet.judges.parts.body import at_working_rate, fill_motion, require_body
from formnet.judges.squat.curves import NamedCurves, compute_squat_curves
from formnet.judges.squat.image_curves import compute_image_curves, log_distance_ratios
from formnet.judges.squat.phases import Phases, mean_around, warp_to_phases
from formnet.judges.squat.rays import is_seen_from_camera, project, smooth_along_rays, turn_to_second_view
from formnet.judges.squat.selfcalibration import fit_metric, stand_upright
from formnet.motion import FloatArray, Motion

DEPTHS = (0.15, 0.5, 0.8)
"""Shares of the whole descent at which curves are read, and between the first of which extremes are sought."""


@dataclass(frozen=True, eq=False)
class SquatFeatures:
    """What is known of N squats; NaN where a joint was not seen.

    Attributes:
        summaries: (N, F) with a name each.
        names: F names: "3d …" of the body, "first …" and "second …" of the two pictures.
        curves: (N, T, C) picture curves on the frames of `warp_to_phases`.
        amplitudes: blocks (N, A): how much the named picture curves move, and the distances in the picture.
    """

    summaries: FloatArray
    names: tuple[str, ...]
    curves: FloatArray
    amplitudes: tuple[FloatArray, FloatArray]

    def select(self, rows: np.ndarray) -> SquatFeatures:
        """Some rows."""
        first, second = self.amplitudes
        return SquatFeatures(self.summaries[rows], self.names, self.curves[rows], (first[rows], second[rows]))


def compute_squat_features(motions: Sequence[Motion], second_view: float | None = None) -> SquatFeatures:
    """Features of single squats of one joint set.

    Args:
        second_view: `slope` of `turn_to_second_view`; None leaves the second picture out.

    Raises:
        InputError, SkeletonError: for motions that are no squats in 3D of a whole body.
    """
    parts = [_compute_one(motion, second_view) for motion in motions]
    curves = np.stack([np.concatenate(channels, axis=1) for _, _, channels in parts])
    amplitudes = [
        compute_log_amplitudes(np.stack([channels[k] for _, _, channels in parts]).transpose(0, 2, 1)) for k in (0, 2)
    ]
    return SquatFeatures(
        np.stack([summary for summary, _, _ in parts]), tuple(parts[0][1]), curves, (amplitudes[0], amplitudes[1])
    )


def _compute_one(motion: Motion, second_view: float | None) -> tuple[FloatArray, list[str], list[FloatArray]]:
    """Summaries and their names; picture curves as they are, relative to standing, and ratios of distances."""
    require_body(motion)
    motion = fill_motion(at_working_rate(motion))
    skeleton = motion.skeleton
    perspective = is_seen_from_camera(motion.positions)
    smooth = smooth_along_rays(motion.positions, perspective)
    body = stand_upright(smooth @ fit_metric(_without_gaps(smooth), skeleton), skeleton)
    curves, phases = compute_squat_curves(body, skeleton)
    picture = project(smooth, perspective)
    image = compute_image_curves(picture, skeleton, phases)
    parts = [("3d", *summarise_body(curves, phases)), ("first", *summarise_picture(image, phases))]
    if second_view is not None:
        # The light smoothing in depth is that of the first picture, since depth becomes part of the second.
        sharp = smooth_along_rays(motion.positions, perspective, sigma_depth=0.8, median_depth=3)
        turned = project(turn_to_second_view(sharp, second_view), perspective)
        parts.append(("second", *summarise_picture(compute_image_curves(turned, skeleton, phases), phases)))
    plain = np.stack(list(image.values()), axis=1)
    channels = [plain, plain - np.median(plain[phases.standing], axis=0), log_distance_ratios(picture, phases.standing)]
    names = [f"{view} {name}" for view, _, own in parts for name in own]
    warped = [warp_to_phases(channel, phases) for channel in channels]
    return np.concatenate([part[1] for part in parts]), names, warped


def _without_gaps(positions: FloatArray) -> FloatArray:
    """Joints that are never seen at the middle of the others: limbs to them say little, and nothing is NaN."""
    lost = np.isnan(positions).any(axis=-1, keepdims=True)
    return np.asarray(np.where(lost, np.nanmean(positions, axis=1, keepdims=True), positions))


def summarise_body(curves: NamedCurves, phases: Phases) -> tuple[FloatArray, list[str]]:
    """Curves when standing, deepest, at half and most of the depth both ways, their extremes; depth and tempo."""
    moments, low, high = _pick_moments(curves, phases)
    values, labels = _flatten({**moments, "high": high, "low": low}, list(curves))
    down, up = phases.at_depths(DEPTHS)
    descent, ascent = phases.bottom - down[0], up[0] - phases.bottom
    depth = phases.height[phases.bottom] / (np.percentile(phases.height, 95) + 1e-9)
    tempo = [depth, float(descent), float(ascent), descent / (descent + ascent + 1.0)]
    return np.concatenate([values, tempo]), [*labels, "depth", "frames down", "frames up", "share down"]


def summarise_picture(curves: NamedCurves, phases: Phases) -> tuple[FloatArray, list[str]]:
    """As `summarise_body` without the tempo; extremes are relative to standing."""
    moments, low, high = _pick_moments(curves, phases)
    extremes = {"high to standing": high - moments["standing"], "low to standing": low - moments["standing"]}
    return _flatten({**moments, **extremes}, list(curves))


def _pick_moments(curves: NamedCurves, phases: Phases) -> tuple[dict[str, FloatArray], FloatArray, FloatArray]:
    """Values (K,) of all curves at each moment, and their low and high ends on the way."""
    table = np.stack(list(curves.values()), axis=1)
    down, up = phases.at_depths(DEPTHS)
    standing, deepest = np.median(table[phases.standing], axis=0), mean_around(table, phases.bottom)
    low, high = np.percentile(table[down[0] : up[0] + 1], [5, 95], axis=0)
    moments = {
        "standing": standing,
        "deepest": deepest,
        "deepest to standing": deepest - standing,
        "half down": mean_around(table, down[1]),
        "most down": mean_around(table, down[2]),
        "half up": mean_around(table, up[1]),
        "most up": mean_around(table, up[2]),
    }
    return moments, low, high


def _flatten(moments: dict[str, FloatArray], names: Sequence[str]) -> tuple[FloatArray, list[str]]:
    return np.concatenate(list(moments.values())), [f"{name} {moment}" for moment in moments for name in names]
