"""formnet's own BlazePose gives what MediaPipe's landmarker gives, where that is installed."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from formnet.pose.estimator import create_estimator
from formnet.pose.model_file import read_pose_model
from formnet.pose.video import read_frames

pytest.importorskip("mediapipe", reason="MediaPipe is not installed; pip install 'formnet[comparison]'")


@pytest.fixture
def clip(shared_dir):
    return shared_dir / "clips" / "side_bodyweight.mp4"


def test_the_same_joints(clip, pose_model, monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).resolve().parents[2] / "benchmarks")
    from mediapipe_reference import ReferenceLandmarker

    frames = list(itertools.islice(read_frames(clip, max_side=640), 60))
    theirs = ReferenceLandmarker(read_pose_model(pose_model)).estimate(frames)
    ours = create_estimator(model=pose_model).estimate(frames)
    seen = theirs.confidence > 0.5
    height_px = np.percentile(np.ptp(theirs.image[..., 1], axis=1), 95)
    off = np.linalg.norm(ours.image.positions - theirs.image, axis=-1)[seen] / height_px
    off_m = np.linalg.norm(ours.world.positions - theirs.world, axis=-1)[seen]
    assert np.median(off) < 0.005
    assert np.median(off_m) < 0.010
    np.testing.assert_allclose(ours.image.confidence, theirs.confidence, atol=0.1)
