"""What a cached rendered clip gives back; nothing is rendered here."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from formnet.motion import Motion
from formnet.pose.model_bundle import Eyes
from formnet.pose.track import PoseTrack
from formnet.rendered import cache as rendered_cache
from formnet.rendered.cache import estimate_all_cached, read_rendered, write_rendered
from formnet.rendered.film import RenderedClip, RenderRequest
from formnet.skeleton import BLAZEPOSE_33
from formnet.synth.dataset import RepetitionTruth

N_FRAMES = 5
REQUEST = RenderRequest((1, 0), ("good",))


def make_clip(rng: np.random.Generator) -> RenderedClip:
    image = rng.uniform(0, 400, (N_FRAMES, 33, 2))
    image[2, 4] = np.nan
    world = rng.normal(size=(N_FRAMES, 33, 3))
    world[2, 4] = np.nan
    confidence, times = rng.uniform(0.1, 1, (N_FRAMES, 33)), np.arange(N_FRAMES) / 15
    track = PoseTrack(
        Motion(image, confidence, times, BLAZEPOSE_33, "pixel"),
        Motion(world, confidence, times, BLAZEPOSE_33),
        480,
        640,
        ("somebody else walks by",),
    )
    truth = (RepetitionTruth("shallow", 0.5, 0.1, 0.2, 0.3), RepetitionTruth("good", 0.0, 0.3, 0.4, 0.5))
    return RenderedClip(truth, 35.5, rng.normal(size=(N_FRAMES, 33, 3)), track)


@pytest.fixture
def clip() -> RenderedClip:
    return make_clip(np.random.default_rng(0))


def test_a_cached_clip_gives_back_the_truth_and_the_whole_track(clip: RenderedClip, tmp_path: Path) -> None:
    write_rendered(clip, tmp_path / "clip.npz")
    again = read_rendered(tmp_path / "clip.npz")
    assert again is not None
    assert again.track is not None
    assert clip.track is not None
    assert (again.repetitions, again.yaw_deg) == (clip.repetitions, clip.yaw_deg)
    np.testing.assert_allclose(again.landmarks, clip.landmarks, rtol=1e-6)
    for name in ("image", "world", "solid"):
        kept, given = getattr(again.track, name), getattr(clip.track, name)
        np.testing.assert_array_equal(kept.positions, given.positions)
        np.testing.assert_array_equal(kept.confidence, given.confidence)
        np.testing.assert_array_equal(kept.timestamps, given.timestamps)
        assert (kept.skeleton, kept.unit) == (given.skeleton, given.unit)
    assert (again.track.width, again.track.height, again.track.warnings) == (480, 640, clip.track.warnings)


def test_a_clip_in_which_nobody_was_found_keeps_its_truth(clip: RenderedClip, tmp_path: Path) -> None:
    write_rendered(replace(clip, track=None), tmp_path / "clip.npz")
    again = read_rendered(tmp_path / "clip.npz")
    assert again is not None
    assert again.track is None
    assert again.repetitions == clip.repetitions


@pytest.mark.parametrize("damage", ["absent", "cut", "no truth"])
def test_what_is_not_there_or_damaged_is_rendered_once_and_then_kept(
    damage: str, clip: RenderedClip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def render(request: RenderRequest, eyes: Eyes) -> RenderedClip:
        calls.append((request, eyes))
        return clip

    monkeypatch.setattr(rendered_cache, "estimate_rendered", render)
    list(estimate_all_cached([REQUEST], tmp_path, n_processes=1))
    (file,) = tmp_path.iterdir()
    if damage == "absent":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:100])
    else:
        np.savez(file, landmarks=clip.landmarks)
    for _ in range(2):
        (given,) = estimate_all_cached([REQUEST], tmp_path, n_processes=1)
        assert given.repetitions == clip.repetitions
    assert calls == [(REQUEST, Eyes.STANDARD)] * 2
    list(estimate_all_cached([replace(REQUEST, fps=15.0)], tmp_path, n_processes=1))
    # What another size of the estimator saw is another answer.
    list(estimate_all_cached([REQUEST], tmp_path, 1, Eyes.EXACT))
    assert calls[-1] == (REQUEST, Eyes.EXACT)
    assert len(list(tmp_path.iterdir())) == 3
