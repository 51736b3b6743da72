"""The model: where it is looked for, what is believed, and what is said when it cannot be had."""

from __future__ import annotations

import hashlib
import multiprocessing
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from formnet.errors import InputError
from formnet.pose import model_bundle, model_file
from formnet.pose.model_file import (
    MODEL_NAME,
    MODEL_VARIABLE,
    PINNED_SHA256,
    check_pose_model,
    obtain_pose_model,
)


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """An empty cache; nothing can be fetched unless the test says how."""
    monkeypatch.setenv("FORMNET_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(MODEL_VARIABLE, raising=False)

    def unreachable() -> bytes:
        raise InputError("not reachable")

    monkeypatch.setattr(model_file, "_fetch_official", unreachable)
    monkeypatch.setattr(model_file, "_fetch_from_index", unreachable)
    return tmp_path / "cache"


def make_bundle(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as bundle:
        for name in model_bundle.BUNDLE_MEMBERS:
            bundle.writestr(name, b"x" * 100)
    return path


def test_a_path_comes_first_then_the_variable(tmp_path, empty_cache, monkeypatch):
    named, given = make_bundle(tmp_path / "named.task"), make_bundle(tmp_path / "given.task")
    monkeypatch.setenv(MODEL_VARIABLE, str(named))
    assert obtain_pose_model() == named
    assert obtain_pose_model(given) == given
    assert check_pose_model().is_ready


@pytest.mark.parametrize(("content", "said"), [(None, "there is no pose model"), (b"text", "is no MediaPipe pose")])
def test_a_wrong_path_is_refused_without_fetching(tmp_path, empty_cache, content, said):
    path = tmp_path / "mine.task"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        obtain_pose_model(path)
    assert not check_pose_model(path).is_ready


def test_offline_says_what_was_tried_and_how_to_help(empty_cache):
    with pytest.raises(InputError) as error:
        obtain_pose_model()
    assert "the official address: not reachable; the package index: not reachable" in str(error.value)
    assert MODEL_VARIABLE in str(error.value)
    assert not list(empty_cache.glob("*"))
    assert "fetched" in check_pose_model().message


def test_the_index_is_asked_when_the_address_is_not_reachable(empty_cache, pose_model, monkeypatch, capsys):
    content = pose_model.read_bytes()
    if hashlib.sha256(content).hexdigest() not in PINNED_SHA256:
        pytest.skip("the model given by FORMNET_POSE_MODEL is not the pinned one")
    monkeypatch.setattr(model_file, "_fetch_from_index", lambda: content)
    path = obtain_pose_model()
    assert path == empty_cache / MODEL_NAME
    assert path.read_bytes() == content
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "the pose model is ready" in captured.err
    assert [file.name for file in empty_cache.iterdir()] == [MODEL_NAME]

    path.write_bytes(content[:-1000])
    assert "damaged" in check_pose_model().message
    assert obtain_pose_model().read_bytes() == content


def test_a_changed_upstream_file_is_not_accepted(tmp_path, monkeypatch):
    changed = make_bundle(tmp_path / "changed.task")
    monkeypatch.setattr(model_file, "MODEL_URL", changed.as_uri())
    with pytest.raises(InputError, match="instead of the pinned"):
        model_file._fetch_official()


def test_a_changed_network_is_not_accepted(tmp_path):
    wheel = tmp_path / "mediapipe-0.10.21.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        for network in model_bundle.NETWORKS:
            file.writestr(network.in_wheel, b"something else")
    with pytest.raises(InputError, match="not the pinned"):
        model_bundle.build_bundle(wheel)
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("mediapipe/__init__.py", b"")
    with pytest.raises(InputError, match=r"0\.10\.21 is needed"):
        model_bundle.build_bundle(wheel)


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        ("/usr/bin/python: No module named pip\n", "this Python has no pip"),
        ("WARNING: x\nERROR: No matching distribution found for mediapipe==0.10.21\n", "No matching distribution"),
    ],
)
def test_pip_trouble_is_one_sentence(monkeypatch, stderr, said):
    def fail(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert command[:3] == [sys.executable, "-m", "pip"]
        return subprocess.CompletedProcess(command, 1, "", stderr)

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(InputError, match=said):
        model_file._fetch_from_index()


def _store_many_times(content: bytes, folder: str) -> None:
    for _ in range(20):
        model_file._store(content, Path(folder) / MODEL_NAME)


def test_two_processes_at_once(tmp_path, pose_model):
    content = pose_model.read_bytes()
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_store_many_times, args=(content, str(tmp_path))) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert [file.name for file in tmp_path.iterdir()] == [MODEL_NAME]
    assert (tmp_path / MODEL_NAME).read_bytes() == content


def test_another_sum_is_believed_only_with_its_receipt(empty_cache, pose_model, monkeypatch):
    """As after another flatbuffers release: accepted when it loads, and later damage is seen."""
    monkeypatch.setattr(model_file, "PINNED_SHA256", frozenset())
    monkeypatch.setattr(model_file, "_fetch_from_index", pose_model.read_bytes)
    path = obtain_pose_model()
    assert check_pose_model().is_ready
    (empty_cache / (MODEL_NAME + ".sha256")).unlink()
    assert not check_pose_model().is_ready
    path.unlink()
    broken = make_bundle(empty_cache / "broken.task")
    monkeypatch.setattr(model_file, "_fetch_from_index", broken.read_bytes)
    with pytest.raises(InputError, match="MediaPipe cannot use"):
        obtain_pose_model()
    assert not path.exists()


def test_members_are_aligned(pose_model):
    """Networks that begin at odd places are copied by TensorFlow Lite with a warning."""
    if hashlib.sha256(pose_model.read_bytes()).hexdigest() != model_file.REBUILT_SHA256:
        pytest.skip("not the bundle that formnet makes")
    with zipfile.ZipFile(pose_model) as bundle:
        for member in bundle.infolist():
            start = member.header_offset + 30 + len(member.filename) + len(member.extra)
            assert start % 64 == 0
            assert member.compress_type == zipfile.ZIP_STORED
            assert bundle.read(member)[4:8] == b"TFL3"
