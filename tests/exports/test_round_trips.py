"""What formnet writes it reads again: the same joints at the same times, whatever the file is called."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formnet.errors import InputError
from formnet.exports.c3d import write_c3d
from formnet.exports.keypoints import (
    ALPHAPOSE_SKELETONS,
    OPENPOSE_SKELETONS,
    write_alphapose,
    write_coco,
    write_openpose,
)
from formnet.exports.mot import write_mot
from formnet.exports.tables import write_csv, write_trc
from formnet.motion import Motion
from formnet.readers.npz import write_npz
from formnet.reading import find_sources, read_source
from formnet.skeleton import BLAZEPOSE_33, COCO_17, HALPE_26, LIFTED_32, SMPL_24, Skeleton
from tests.readers.keypoint_files import SIZE, squat_points
from tests.scoring.motions import waving


@dataclass(frozen=True)
class Form:
    """A file that formnet writes.

    Attributes:
        dimensions: of the motions that it holds.
        keeps_ends: frames without the person are kept at the beginning and the end, too.
        confidence_to: how well confidence is kept; COCO has three flags, TRC has none.
        is_even: its frames come at a constant rate.
        has_rate: it says the rate alone, so that its times begin with 0.
        needs: the package that writes it.
    """

    suffix: str
    write: Callable[[Path, Motion, str], None]
    skeletons: tuple[Skeleton, ...]
    dimensions: tuple[int, ...] = (2,)
    keeps_ends: bool = False
    confidence_to: float = 1e-9
    is_even: bool = False
    has_rate: bool = False
    needs: str | None = None


ANY = (COCO_17, HALPE_26, BLAZEPOSE_33)
SOLID = (BLAZEPOSE_33, LIFTED_32, SMPL_24)
FORMS = {
    "alphapose": Form(".json", lambda path, m, stem: write_alphapose(path, m, m.skeleton), ALPHAPOSE_SKELETONS),
    "openpose": Form("", lambda path, m, stem: write_openpose(path, m, m.skeleton, stem), OPENPOSE_SKELETONS),
    "coco": Form(".json", lambda path, m, stem: write_coco(path, m, *SIZE), (COCO_17,), confidence_to=0.51),
    "csv": Form(".csv", lambda path, m, stem: write_csv(path, m), ANY, (2, 3), True, 1e-4),
    "trc": Form(".trc", lambda path, m, stem: write_trc(path, m), ANY, (3,), True, 1.0, True),
    "c3d": Form(".c3d", lambda path, m, stem: write_c3d(path, m), ANY, (3,), True, 1.0, True, True, "ezc3d"),
    "npz": Form(".npz", lambda path, m, stem: write_npz(path, m), ANY, (2, 3), True),
}
STEMS = st.one_of(
    st.sampled_from(["clip", "2023.05.01 squat", "a = b [1] (2)", "cam01.0031", "ünï cödé", "12", "x_keypoints", "-o"]),
    st.text("abkXZ019 ._-=[](){}+,;&%#@!~äß漢", min_size=1, max_size=20).filter(lambda text: text.strip(" .") == text),
)  # fmt: skip


@st.composite
def motions(draw: st.DrawFn, form: Form) -> Motion:
    """Joints anywhere, unseen here and there and in whole frames, at uneven times where the form can say them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dimensions = draw(st.sampled_from(form.dimensions))
    skeleton = draw(st.sampled_from(form.skeletons if dimensions == 2 else SOLID))
    n_frames = draw(st.integers(2, 30))
    if dimensions == 2:
        positions = squat_points(skeleton, n_frames)[..., :2] + rng.uniform([-300, -100], [300, 60])
    else:
        positions = rng.normal(0, 0.5, (1, len(skeleton), 3)) + rng.normal(0, 0.02, (n_frames, len(skeleton), 3))
    confidence = rng.uniform(0.05, 1.0, (n_frames, len(skeleton)))
    hidden = rng.random((n_frames, len(skeleton))) < draw(st.sampled_from([0.0, 0.2]))
    hidden |= (rng.random(n_frames) < draw(st.sampled_from([0.0, 0.3])))[:, None]
    hidden[rng.integers(n_frames)] = False
    steps_s = np.full(n_frames, 1 / 25) if form.is_even else rng.uniform(0.01, 0.2, n_frames)
    times_s = draw(st.sampled_from([0.0, 2.5])) + np.cumsum(steps_s) - steps_s[0]
    positions[hidden], confidence[hidden] = np.nan, 0.0
    return Motion(positions, confidence, times_s, skeleton, "pixel" if dimensions == 2 else "metre")


@pytest.mark.parametrize("name", FORMS)
@given(data=st.data(), stem=STEMS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_with_the_same_joints_at_the_same_times(name, data, stem, tmp_path):
    form = FORMS[name]
    if form.needs:
        pytest.importorskip(form.needs)
    motion = data.draw(motions(form))
    folder = tmp_path / "one"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    path = folder / f"{stem}{form.suffix}"
    form.write(path, motion, stem)
    assert find_sources([path]).sources == (path,)
    source = read_source(path)
    found, expected = source.motion, motion if form.keeps_ends else without_ends(motion)
    assert (found.skeleton, found.unit, len(found)) == (expected.skeleton, expected.unit, len(expected))
    np.testing.assert_array_equal(found.missing, expected.missing)
    np.testing.assert_allclose(found.positions, expected.positions, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.confidence, expected.confidence, atol=form.confidence_to)
    seen = ~expected.missing.all(axis=1) | form.keeps_ends
    times_s = expected.timestamps - (expected.timestamps[0] if form.has_rate else 0)
    np.testing.assert_allclose(found.timestamps[seen], times_s[seen], rtol=0, atol=2e-6)
    assert not any("assumed" in warning for warning in source.warnings)
    again = read_source(folder)
    np.testing.assert_array_equal(again.motion.positions, found.positions)
    np.testing.assert_array_equal(again.motion.timestamps, found.timestamps)


def without_ends(motion: Motion) -> Motion:
    shown = np.flatnonzero(~motion.missing.all(axis=1))
    return motion.frames(int(shown[0]), int(shown[-1]) + 1)


def test_angles_alone_are_not_read_back_and_it_is_said(tmp_path):
    write_mot(tmp_path / "squat.mot", waving(BLAZEPOSE_33, 12))
    with pytest.raises(InputError, match=r"squat\.mot holds joint angles of OpenSim, not joints; give the TRC"):
        read_source(tmp_path / "squat.mot")
