"""The cache of poses: every clip of a set as one motion file, with a manifest that says where each came from.

`manifest.json` is rewritten after every clip, so an interrupted preparation goes on where it stopped; a clip whose file
changed since is done again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from formnet.errors import DataError, FormnetError, InputError
from formnet.motion import Motion
from formnet.preprocess.repetitions import find_repetitions
from formnet.preprocess.spec import PreprocessSpec, clean_motion
from formnet.readers.clips import ClipCollection, VideoClip, choose_grouping
from formnet.readers.collect import Collection, LabelledRepetition, Problem
from formnet.readers.npz import read_npz, write_npz
from formnet.storage.files import atomic_path, compute_sha256
from formnet.storage.texts import read_json

FORMAT = "formnet-prepared-1"
MANIFEST = "manifest.json"
Estimate = Callable[[Path], tuple[Motion, Motion | None]]


@dataclass(frozen=True)
class Prepared:
    """What became of one clip: "done", "kept" (was there already) or "failed" with the reason."""

    clip: VideoClip
    status: str
    message: str = ""


def is_prepared(root: Path) -> bool:
    """True for a folder that `prepare_clips` wrote."""
    try:
        return read_json(root / MANIFEST, "manifest").get("format") == FORMAT
    except (InputError, AttributeError):
        return False


def prepare_clips(
    collection: ClipCollection, out: Path, estimate: Estimate, options: Mapping[str, Any] | None = None
) -> Iterator[Prepared]:
    """Runs `estimate` once for every clip that is not in the cache yet; yields what became of each, one by one.

    A clip that cannot be judged (nobody in it, damaged) is noted in the manifest and does not stop the others.

    Args:
        estimate: path → motion in space, and the same frames in the picture where known.
        options: of the estimator; kept in the manifest, and a cache made with others is refused.

    Raises:
        InputError: when `out` holds something else or cannot be written.
        DataError: when the cache was made for another set or with other options.
    """
    manifest = _open_manifest(collection, out, dict(options or {}))
    entries: dict[str, dict[str, Any]] = manifest["clips"]
    listed = {clip.name for clip in collection.clips}
    manifest["clips"] = entries = {name: entry for name, entry in entries.items() if name in listed}
    for clip in collection.clips:
        digest = compute_sha256(clip.path)
        before = entries.get(clip.name, {})
        file = out / "motions" / motion_file_name(clip.name)
        known = before.get("sha256") == digest and (before.get("error") or file.is_file())
        message = str(before.get("error", "")) if known else ""
        entry: dict[str, Any] = {
            "source": clip.path.relative_to(collection.root).as_posix(),
            "sha256": digest,
            "motion": f"motions/{file.name}",
            "class": clip.label,
            "subject": clip.subject,
            "session": clip.session,
            "official": clip.official,
        }
        if not known:
            try:
                motion, image = estimate(clip.path)
                write_npz(file, motion, image)
            except FormnetError as error:
                message = str(error)
        if message:
            entry["error"] = message
        entries[clip.name] = entry
        _write_manifest(out, manifest)
        yield Prepared(clip, "failed" if message else "kept" if known else "done", message)
    _write_manifest(out, manifest)


def collect_prepared(root: Path, spec: PreprocessSpec | None = None) -> Collection:
    """The repetitions of a prepared set: every clip is cut by `spec` (None: the default rule for squats).

    The motions are the frames of each repetition as estimated; the spec's cleaning only finds where to cut. A clip
    without a repetition is noted.
    """
    spec = spec or PreprocessSpec()
    problems: list[Problem] = []
    manifest = _read_manifest(root)
    unit = str(manifest.get("grouped_by", "clip"))
    repetitions: list[LabelledRepetition] = []
    for name, entry in sorted(manifest["clips"].items()):
        if entry.get("error"):
            problems.append(Problem("note", name, f"no pose could be estimated ({entry['error']}): left out"))
            continue
        try:
            motion = read_npz(root / entry["motion"]).motion
            spans = _find_spans(motion, spec)
        except FormnetError as error:
            kind = "unreadable" if (root / entry["motion"]).is_file() else "missing file"
            problems.append(Problem(kind, str(entry["motion"]), str(error)))
            continue
        if not spans:
            problems.append(Problem("note", name, "no whole repetition was found in this clip: left out"))
        group = str(entry.get(unit) or "") or f"clip:{name}"
        for number, (start, stop) in enumerate(spans, 1):
            repetitions.append(
                LabelledRepetition(
                    f"{name}#{number}",
                    motion.frames(start, stop),
                    str(entry["class"]),
                    group,
                    subject=str(entry.get("subject", "")),
                    session=str(entry.get("session", "")),
                    official=str(entry.get("official", "")),
                )
            )
    return Collection(
        str(manifest["dataset"]), tuple(repetitions), tuple(manifest["classes"]), tuple(problems), unit, str(root)
    )


def motion_file_name(name: str) -> str:
    """A file name for a clip's motion: readable, and unique even where characters had to be replaced."""
    return f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', name)[-80:]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}.npz"


def _find_spans(motion: Motion, spec: PreprocessSpec) -> list[tuple[int, int]]:
    if spec.segmentation == "whole":
        return [(0, len(motion))]
    found = find_repetitions(clean_motion(motion, spec), spec.repetitions)
    return [(span.start, span.end + 1) for span in found.spans]


def _open_manifest(collection: ClipCollection, out: Path, options: dict[str, Any]) -> dict[str, Any]:
    fresh = {
        "format": FORMAT,
        "dataset": collection.dataset,
        "classes": list(collection.classes),
        "grouped_by": choose_grouping(collection.clips),
        "options": json.loads(json.dumps(options, default=str)),
        "clips": {},
    }
    if not (out / MANIFEST).exists():
        if out.is_dir() and any(out.iterdir()):
            raise InputError(f"{out} is not empty and holds no prepared set; choose an empty folder")
        return fresh
    there = _read_manifest(out)
    for key in ("dataset", "options"):
        if there.get(key) != fresh[key]:
            raise DataError(
                f"{out} was prepared with {key} {there.get(key)!r}, now it is {fresh[key]!r}; choose another folder"
            )
    return {**fresh, "clips": there["clips"]}


def _read_manifest(root: Path) -> dict[str, Any]:
    try:
        content = read_json(root / MANIFEST, "manifest")
    except InputError as error:
        raise InputError(f"{root / MANIFEST} cannot be read ({error}); run 'formnet data prepare' again") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT or not isinstance(content.get("clips"), dict):
        raise InputError(f"{root / MANIFEST} is no manifest of a prepared set; choose another folder")
    return content


def _write_manifest(out: Path, manifest: dict[str, Any]) -> None:
    with atomic_path(out / MANIFEST) as temporary:
        temporary.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
