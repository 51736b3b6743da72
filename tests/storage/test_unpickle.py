from __future__ import annotations

import io
import os
import pickle
import pickletools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.storage.unpickle import read_pickle


def _write(path: Path, value: object, protocol: int) -> Path:
    path.write_bytes(pickle.dumps(value, protocol=protocol))
    return path


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.random.default_rng(0).random((3, 4, 2))),
        np.array(["squat", "a"]),
        np.arange(3, dtype=">i4"),
        np.zeros((0, 3)),
        np.array([True, False]),
        np.array([["SQUAT", "1"], ["a", "b"]], dtype=object),
    ],
)
def test_arrays_come_back_as_they_were(tmp_path: Path, protocol: int, array: np.ndarray) -> None:
    content = read_pickle(_write(tmp_path / "a.pickle", {"x": [array, (1, "two", 3.0, None)]}, protocol))
    assert isinstance(content, dict)
    np.testing.assert_array_equal(content["x"][0], array)
    assert content["x"][1] == (1, "two", 3.0, None)


@pytest.mark.parametrize("protocol", range(6))
def test_numpy_scalars_come_back_as_numbers(tmp_path: Path, protocol: int) -> None:
    assert read_pickle(_write(tmp_path / "a.pickle", [np.float64(2.5)], protocol)) == [2.5]


class _Calls:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> Any:
        return self.function, self.arguments


@pytest.mark.parametrize("protocol", range(6))
def test_nothing_of_a_hostile_pickle_is_executed(tmp_path: Path, protocol: int) -> None:
    mark = tmp_path / "mark"
    for number, trap in enumerate(
        [
            _Calls(os.system, f"touch {mark}"),
            _Calls(eval, f"open({str(mark)!r}, 'w')"),
            _Calls(open, str(mark), "w"),
            _Calls(getattr, "text", "upper"),
            _Calls(np.load, str(mark)),
            _Calls(io.FileIO, str(mark), "w"),
        ]
    ):
        path = _write(tmp_path / f"{number}.pickle", {"labels": trap, "poses": np.zeros(3)}, protocol)
        with pytest.raises(InputError, match="refused because"):
            read_pickle(path)
    assert not mark.exists()


@pytest.mark.parametrize(
    "program",
    [
        b"cnumpy\nload\n.",
        b"cnumpy\nndarray\n(I1000000000000\ntR.",  # numpy.ndarray(10**12)
        b"cnumpy\ndtype\n(S'O'\ntR.",
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\ndtype\n(I0\ntS'b'\ntR.",
        b"c_codecs\nencode\n(Vx\nVzlib_codec\ntR.",
        b"Pperson\n.",
        b"\x80\x04.",
        b"",
        b"garbage",
        b"]" + b"(" * 10 + b".",
    ],
)
def test_malformed_programs_are_one_sentence(tmp_path: Path, program: bytes) -> None:
    (tmp_path / "p.pickle").write_bytes(program)
    with pytest.raises(InputError) as caught:
        read_pickle(tmp_path / "p.pickle")
    assert "p.pickle" in str(caught.value)


def test_an_array_whose_shape_does_not_fit_is_refused(tmp_path: Path) -> None:
    data = pickle.dumps(np.arange(4.0), protocol=2)
    assert any(opcode.name == "BININT1" and argument == 4 for opcode, argument, _ in pickletools.genops(data))
    (tmp_path / "p.pickle").write_bytes(data.replace(b"K\x04\x85", b"K\x7f\x85"))
    with pytest.raises(InputError, match="does not fit its bytes"):
        read_pickle(tmp_path / "p.pickle")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be opened"):
        read_pickle(tmp_path / "none.pickle")
