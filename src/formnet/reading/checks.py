"""What no verdict can rest on: people who lie in the picture, are too small, or whose legs are not seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from formnet.errors import PoseError, add_noticed
from formnet.motion import Motion
from formnet.pose.track import PoseTrack
from formnet.pose.upright import MAX_LEAN_DEG, compute_picture_lean_deg, find_turn_deg
from formnet.preprocess.visibility import (
    LEGS,
    MAX_LOST,
    MIN_HEIGHT_PX,
    MIN_LOST_S,
    SMALL_PX,
    Mask,
    compute_height_px,
    find_lost,
    find_outside,
    find_unseen_legs,
    keep_long,
    share_of_shown,
)

_MAX_BLIND_S = 0.5
_HELD_STEPS, _HELD_S = 5.0, 0.3
_MAX_LISTED = 5
_PLURAL = {"hip": "hips", "knee": "knees", "ankle": "ankles"}


def hide_outside(track: PoseTrack) -> PoseTrack:
    """The track without joints that are said to lie outside the picture: estimators make those up."""
    if track.image.unit != "pixel":
        return track
    outside = find_outside(track.image, (track.width, track.height))
    if not outside.any():
        return track
    world = track.world
    if world is not None and world.skeleton == track.image.skeleton:
        world = _without(world, outside)
    return replace(track, image=_without(track.image, outside), world=world)


def check_track(track: PoseTrack, source: str) -> PoseTrack:
    """The track without legs that are not seen for longer; refuses what no verdict can rest on.

    Raises:
        PoseError: a person who lies in the picture, is too small, or whose hips, knees or ankles are mostly unseen;
            with what was noticed of the track before.
    """
    try:
        return _require_judgeable(track, source).with_warnings(describe_holds(track.image))
    except PoseError as error:
        raise PoseError(add_noticed(str(error), track.warnings)) from error


def describe_holds(image: Motion) -> tuple[str, ...]:
    """One sentence where pictures stand for far longer than the others; none where that is not so."""
    steps_s = np.diff(image.timestamps)
    if not len(steps_s):
        return ()
    held = np.flatnonzero(steps_s > max(_HELD_STEPS * float(np.median(steps_s)), _HELD_S))
    if not len(held):
        return ()
    shown = ", ".join(f"{steps_s[i]:.1f} s at {image.timestamps[i]:.1f} s" for i in held[:_MAX_LISTED])
    more = ", …" if len(held) > _MAX_LISTED else ""
    return (f"a picture is held for {shown}{more}: how the person moves meanwhile is not seen",)


def describe_lying(track: PoseTrack, source: str) -> str | None:
    """Of a person who lies in the picture or stands on the head, the sentence that says so and what helps if it is the
    film that does; None of all others.
    """
    if not abs(compute_picture_lean_deg(track.image)) > MAX_LEAN_DEG:
        return None
    turn_deg = find_turn_deg(track.image)
    if turn_deg == 180 and not _was_seen(track):
        return (
            f"the person stands on the head in {source}: if y counts upwards there, write height - y for it; if the "
            "film lay upside down, give --rotate 180"
        )
    is_left = turn_deg == 90 and not _was_seen(track)
    swapped = ", or swap x and y if the file gives y first, as MoveNet does" if is_left else ""
    posture, cause = ("stands on the head", "it is upside down") if turn_deg == 180 else ("lies", "it lies on its side")
    return (
        f"the person {posture} in the picture of {source}: turn the video with --rotate {turn_deg} (or --rotate auto) "
        f"if {cause}{swapped}"
    )


def _require_judgeable(track: PoseTrack, source: str) -> PoseTrack:
    if (lying := describe_lying(track, source)) is not None:
        raise PoseError(f"{lying}; exercises on the floor are not judged")
    if track.image.unit != "pixel":
        return track
    _check_size(track, source)
    return _hide_unseen_legs(track, source)


def _check_size(track: PoseTrack, source: str) -> None:
    height_px = compute_height_px(track.image)
    if height_px < MIN_HEIGHT_PX and not _was_seen(track) and not track.has_size and _are_percents(track.image):
        raise PoseError(
            f"the person in {source} is only {height_px:.0f} units tall and every place lies between 0 and 100: "
            "percents of the picture are to be divided by 100, places in a smaller picture are to be "
            "given in pixels of the full one"
        )
    if height_px < MIN_HEIGHT_PX and not _lacks_knees(track.image):
        raise PoseError(
            f"the person in {source} is only {height_px:.0f} pixels tall, too small to judge; film from nearer or give "
            f"the clip in its full size ({MIN_HEIGHT_PX:.0f} pixels and more)"
        )
    lost = find_lost(track.image, track.width)
    lost_s = float(lost.mean()) * track.image.duration_s
    if height_px < SMALL_PX and lost.mean() > MAX_LOST and lost_s >= MIN_LOST_S:
        raise PoseError(
            f"the person in {source} is only {height_px:.0f} pixels tall and lost in {lost.mean():.0%} of the frames, "
            "too small or too much compressed; film from nearer or give the clip in its full size and quality"
        )


def _lacks_knees(image: Motion) -> bool:
    """Whether the picture cuts somebody off who is not small: mostly there is no knee."""
    knees = image.missing[:, image.skeleton.indices(["left_knee", "right_knee"])].all(axis=1)
    return share_of_shown(np.logical_and(knees, ~image.missing.all(axis=1)), image) > 0.5


def _was_seen(track: PoseTrack) -> bool:
    """Whether an estimator saw the person, so that places are sure to be pixels with y down."""
    return track.kind in ("video", "image")


def _are_percents(image: Motion) -> bool:
    seen = image.positions[~image.missing]
    return bool(len(seen)) and float(seen.min()) >= 0 and float(seen.max()) <= 100


def _hide_unseen_legs(track: PoseTrack, source: str) -> PoseTrack:
    size = (track.width, track.height)
    unseen = find_unseen_legs(track.image, size)
    shares = {joint: share_of_shown(mask, track.image) for joint, mask in unseen.items()}
    lost = [f"{_PLURAL[joint]} (unseen in {share:.0%} of the frames)" for joint, share in shares.items() if share > 0.5]
    if lost:
        raise PoseError(
            f"{source} does not show the {' and '.join(lost)}: film the whole body, from head to feet, all the time"
        )
    times_s = track.image.timestamps
    hidden = keep_long(np.any(list(unseen.values()), axis=0), times_s, _MAX_BLIND_S)
    if not hidden.any():
        return track
    names = " or ".join(_PLURAL[joint] for joint in LEGS if (unseen[joint] & hidden).any())
    note = f"{names} are not seen in {share_of_shown(hidden, track.image):.0%} of the frames: nothing is judged there"
    world = None if track.world is None else _without(track.world, _legs_of(track.world, hidden))
    image = _without(track.image, _legs_of(track.image, hidden))
    return replace(track, image=image, world=world, warnings=(*track.warnings, note))


def _legs_of(motion: Motion, frames: Mask) -> Mask:
    """(T, J) True for the joints of the legs in these frames."""
    legs = [f"{side}_{joint}" for joint in LEGS for side in ("left", "right")]
    return np.outer(frames, [joint in legs for joint in motion.skeleton.joints])


def _without(motion: Motion, hidden: Mask) -> Motion:
    positions = motion.positions.copy()
    positions[hidden] = np.nan
    return motion.replace(positions=positions)
