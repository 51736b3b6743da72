"""A user's own SMPL file: read without running it, and refused in one sentence when wrong."""

import os
import pickle
import sys
import types

import numpy as np
import pytest
from scipy import sparse

from formnet.body import load_body
from formnet.body.data import PARENTS
from formnet.errors import InputError
from formnet.storage.unpickle import read_pickle

VERTICES = 6890


class Ch:
    """As chumpy's array looks in a pickle."""

    def __init__(self, x):
        self.x = x


@pytest.fixture
def chumpy(monkeypatch):
    """A module that exists while the file is written and not when it is read."""
    package, module = types.ModuleType("chumpy"), types.ModuleType("chumpy.ch")
    module.Ch = Ch
    monkeypatch.setattr(Ch, "__module__", "chumpy.ch")
    monkeypatch.setitem(sys.modules, "chumpy", package)
    monkeypatch.setitem(sys.modules, "chumpy.ch", module)
    return Ch


@pytest.fixture(scope="module")
def arrays():
    """The right shapes with a plausible tree of joints; no licence needed."""
    rng = np.random.default_rng(0)
    template = rng.uniform(-0.3, 0.3, size=(VERTICES, 3))
    regressor = sparse.random(24, VERTICES, density=0.01, rng=rng, format="csc")
    regressor = sparse.csc_matrix(regressor / regressor.sum(axis=1).reshape(-1, 1))
    parents = np.array(PARENTS, dtype=np.int64)
    parents[0] = 2**32 - 1
    return {
        "v_template": template,
        "shapedirs": rng.normal(size=(VERTICES, 3, 10)) * 0.01,
        "posedirs": np.zeros((VERTICES, 3, 207), dtype=np.float32),
        "J_regressor": regressor,
        "kintree_table": np.array([parents, np.arange(24)]),
        "weights": np.eye(24)[rng.integers(0, 24, VERTICES)],
        "f": rng.integers(0, VERTICES, size=(100, 3)).astype(np.uint32),
        "bs_type": "lrotmin",
    }


def save(path, content, protocol=2):
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


@pytest.mark.parametrize("protocol", [2, 4])
def test_reads_pickle_with_chumpy_and_scipy_inside(tmp_path, arrays, chumpy, protocol):
    path = save(tmp_path / "SMPL_NEUTRAL.pkl", {**arrays, "shapedirs": chumpy(arrays["shapedirs"])}, protocol)
    body = load_body(path)
    np.testing.assert_array_equal(body.data.shape_directions, arrays["shapedirs"])
    np.testing.assert_allclose(body.data.joint_regressor, arrays["J_regressor"].toarray())
    posed = body.pose(np.zeros(10), np.zeros((2, 24, 3)), np.zeros((2, 3)))
    fast, _ = body.pose_joints(np.zeros(10), np.zeros((2, 24, 3)), np.zeros((2, 3)))
    np.testing.assert_allclose(posed.joints, fast, atol=1e-5)
    assert set(body.data.landmark_vertices) > {"nose", "left_mouth", "right_index", "left_heel"}


def test_reads_npz(tmp_path, arrays):
    path = tmp_path / "smpl.npz"
    dense = {key: value for key, value in arrays.items() if key != "bs_type"}
    np.savez(path, **{**dense, "J_regressor": arrays["J_regressor"].toarray()})
    assert load_body(path).data.template.shape == (VERTICES, 3)


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_arrays_survive_every_protocol(tmp_path, protocol):
    content = {"a": np.arange(12.0).reshape(3, 4), "b": np.asfortranarray(np.arange(6, dtype=">i4").reshape(2, 3))}
    got = read_pickle(save(tmp_path / "x.pkl", content, protocol), ("a", "b"))
    np.testing.assert_array_equal(got["a"], content["a"])
    np.testing.assert_array_equal(got["b"], content["b"])


class _Runs:
    def __init__(self, call, *arguments):
        self.call, self.arguments = call, arguments

    def __reduce__(self):
        return self.call, self.arguments


@pytest.mark.parametrize("call", [os.mkdir, eval, __import__, getattr, np.load])
def test_a_pickle_that_runs_code_is_refused_and_nothing_runs(tmp_path, arrays, call):
    trap = tmp_path / "trap"
    path = save(tmp_path / "SMPL_NEUTRAL.pkl", {**arrays, "weights": _Runs(call, str(trap))})
    with pytest.raises(InputError, match=r"is refused because it holds the name .*SMPL_NEUTRAL\.pkl or \.npz"):
        load_body(path)
    assert not trap.exists()


def test_broken_indices_in_a_sparse_matrix_are_refused(tmp_path, arrays):
    evil = arrays["J_regressor"].copy()
    evil.indices[:] = 10**6
    with pytest.raises(InputError, match="not a usable SMPL model"):
        load_body(save(tmp_path / "smpl.pkl", {**arrays, "J_regressor": evil}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": np.ones((5, 24))}, r"weights has the shape \(5, 24\) instead of \(6890, 24\)"),
        ({"weights": np.ones((VERTICES, 24))}, "skinning weights do not sum to 1"),
        ({"v_template": np.full((VERTICES, 3), np.nan)}, "v_template holds values that are no finite numbers"),
        ({"f": np.full((4, 3), VERTICES)}, "triangles name vertices that it does not have"),
        ({"f": "text"}, "no numeric array"),
    ],
)
def test_a_wrong_file_says_what_is_wrong_and_the_remedy(tmp_path, arrays, change, message):
    path = save(tmp_path / "smpl.pkl", {**arrays, **change})
    with pytest.raises(InputError, match=message) as caught:
        load_body(path)
    assert "or no path for the built-in body" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x80\x04.", b"(" * 50, pickle.dumps([1, 2])])
@pytest.mark.parametrize("ending", [".pkl", ".npz"])
def test_no_model_at_all(tmp_path, content, ending):
    path = tmp_path / f"smpl{ending}"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a usable SMPL model"):
        load_body(path)


def test_missing_file_and_missing_entries(tmp_path, arrays):
    with pytest.raises(InputError, match="there is no body model at"):
        load_body(tmp_path / "nowhere.pkl")
    with pytest.raises(InputError, match="it lacks posedirs, f"):
        load_body(save(tmp_path / "x.pkl", {k: v for k, v in arrays.items() if k not in ("posedirs", "f")}))
