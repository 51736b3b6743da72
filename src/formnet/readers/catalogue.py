"""The sets formnet can read: what each is, where to get it, under which terms, and how to open a copy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from formnet.errors import DataError, InputError
from formnet.readers.clips import ClipCollection, probe_clips
from formnet.readers.collect import Collection, refuse
from formnet.readers.ec3d import collect_ec3d
from formnet.readers.fitness_aqa import collect_fitness_aqa
from formnet.readers.folder import collect_folder
from formnet.readers.prepared import collect_prepared, is_prepared
from formnet.readers.squat7 import collect_squat7
from formnet.readers.table import RepetitionTable
from formnet.readers.uiprmd import collect_uiprmd
from formnet.readers.utdmhad import collect_utdmhad
from formnet.readers.waseda import collect_waseda, collect_waseda_distances

Copy = Collection | ClipCollection


@dataclass(frozen=True)
class DatasetInfo:
    """One set.

    Attributes:
        kind: "motions" (joints, read as they are) or "videos" (prepare them first).
        layout: what the root of a copy holds.
        split: how to hold out: unit, and the authors' split where there is one.
        options: arguments of its reader, with their defaults.
    """

    name: str
    title: str
    kind: str
    what: str
    where: str
    terms: str
    layout: str
    split: str
    options: tuple[tuple[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "options": dict(self.options)}


DATASETS: dict[str, DatasetInfo] = {
    info.name: info
    for info in (
        DatasetInfo(
            "squat7",
            "squat7",
            "motions",
            "1,323 single squats in seven classes (five faults, olympic and powerlifting squats), 19 joints "
            "triangulated from two cameras; who is seen is not said, the days are",
            "from its authors (published with a comparison of classifiers on these seven classes)",
            "not stated in the files: ask its authors before redistributing",
            "data.csv and mediapipe/recording_<date>_<time>.npy of shape (300, 57)",
            "by day; the authors split at random, which leaks days (split 'random')",
        ),
        DatasetInfo(
            "uiprmd",
            "UI-PRMD (Vakanski et al., Data 2018)",
            "motions",
            "ten rehabilitation movements by ten people, ten times correctly and ten times incorrectly; Kinect joints "
            "and Vicon markers",
            "https://webpages.uidaho.edu/ui-prmd/",
            "Open Data Commons Public Domain Dedication and License 1.0",
            "'Segmented Movements/Kinect/{Positions,Angles}/m01_s01_e01_positions.txt' and 'Incorrect Segmented "
            "Movements/…_positions_inc.txt', gzipped or not; Vicon beside Kinect",
            "by subject; the authors publish none",
            (("movement", "m01"), ("device", "kinect")),
        ),
        DatasetInfo(
            "utd-mhad",
            "UTD-MHAD (Chen et al., ICIP 2015), skeletons",
            "motions",
            "27 actions by eight people, four times each, 20 joints of a Kinect; squats and lunges among them",
            "https://personal.utdallas.edu/~kehtar/UTD-MHAD.html",
            "as stated on its page; not stated in the files",
            "aA_sS_tT_skeleton.mat in one folder",
            "by subject; the authors train on odd and test on even subjects",
        ),
        DatasetInfo(
            "ec3d",
            "EC3D (Zhao et al., ACCV 2022)",
            "motions",
            "squats, lunges and planks by four people with named mistakes, 25 joints; turned upright: no gravity in it",
            "https://github.com/Jacoo-Zhao/3D-Pose-Based-Feedback-For-Physical-Exercises",
            "as stated in its repository",
            "data_3D.pickle (read without executing it)",
            "by subject; the authors train on the first three people and test on the last (split 'authors')",
            (("exercise", "squat"),),
        ),
        DatasetInfo(
            "waseda",
            "Waseda squats (Ogata et al., CVPRW 2019), videos",
            "videos",
            "videos of squats in seven classes, several repetitions in each",
            "https://hi.cs.waseda.ac.jp/~ogata/Dataset.html",
            "as stated on its page",
            "a folder for each class: good, bad_back_round, bad_back_warp, bad_head, bad_innner_thigh, bad_shallow, "
            "bad_toe",
            "by day (the first four digits of a file name)",
        ),
        DatasetInfo(
            "waseda-distances",
            "Waseda squats (Ogata et al., CVPRW 2019), published distances",
            "motions",
            "the 171 distances of 19 joints for each frame of the same videos; joints are rebuilt from them",
            "https://hi.cs.waseda.ac.jp/~ogata/Dataset.html",
            "as stated on its page",
            "a folder for each class with JSON files",
            "by day (the first four digits of a file name)",
        ),
        DatasetInfo(
            "fitness-aqa",
            "Fitness-AQA (Parmar et al., ECCV 2022), back squats",
            "videos",
            "gym videos of back squats with knees inward, knees forward and shallow squats marked",
            "https://github.com/ParitoshParmar/Fitness-AQA (on request)",
            "the licence that comes with the release",
            "Squat/Labeled_Dataset/{videos,Labels,Splits}",
            "by person (the first part of a clip's name); the authors' split is 'authors'",
            (("error", "knees_forward"),),
        ),
        DatasetInfo(
            "folder",
            "videos of one's own",
            "videos",
            "a folder for each class, or labels.csv",
            "your camera",
            "yours; ask the people in the videos",
            "class/clip.mp4, class/subject/clip.mp4, class/subject/session/clip.mp4, class/s01_d2_clip.mp4, or "
            "labels.csv with clip,class[,subject,session]",
            "by subject, else by session, else by clip",
        ),
    )
}

_READERS: dict[str, Callable[..., Copy]] = {
    "squat7": collect_squat7,
    "uiprmd": collect_uiprmd,
    "utd-mhad": collect_utdmhad,
    "ec3d": collect_ec3d,
    "waseda": collect_waseda,
    "waseda-distances": collect_waseda_distances,
    "fitness-aqa": collect_fitness_aqa,
    "folder": collect_folder,
}


def dataset_named(name: str) -> DatasetInfo:
    """Looks a set up, tolerant of case, `_` and `-`; raises `InputError` listing the sets there are."""
    wanted = name.lower().replace("_", "-")
    wanted = {"ui-prmd": "uiprmd", "utdmhad": "utd-mhad"}.get(wanted, wanted)
    if wanted not in DATASETS:
        raise InputError(f"unknown data set {name!r}; use one of {', '.join(DATASETS)}")
    return DATASETS[wanted]


def collect_copy(name: str, root: Path | str, **options: Any) -> Copy:
    """Goes through a copy (or a prepared one) and returns what it holds and all that is wrong with it.

    Raises:
        InputError: for an unknown set or option, or a root that is not there.
    """
    info, root = dataset_named(name), Path(root)
    if not root.exists():
        raise InputError(f"{root} does not exist; give the folder of a copy of {info.name} (see 'formnet data list')")
    if is_prepared(root):
        return collect_prepared(root)
    known = dict(info.options)
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise InputError(
            f"{info.name} has no option {', '.join(unknown)}; it has {', '.join(known) if known else 'none'}"
        )
    return _READERS[info.name](root, **options)


def check_copy(name: str, root: Path | str, probe: Callable[[Path], object] | None = None, **options: Any) -> Copy:
    """Like `collect_copy`, but looks into videos as well (see `probe_clips`)."""
    if dataset_named(name).name == "uiprmd":
        # A check is about the whole copy, not about the movement one trains on.
        options.setdefault("movement", "all")
    copy = collect_copy(name, root, **options)
    return probe_clips(copy, probe) if isinstance(copy, ClipCollection) else copy


def read_dataset(name: str, root: Path | str, *, allow_damaged: bool = False, **options: Any) -> RepetitionTable:
    """A copy of a set as a table of repetitions.

    Args:
        allow_damaged: leave out what is broken instead of refusing the copy.
        options: of the set's reader (see `formnet data list`).

    Raises:
        DataError: the copy is damaged (with every finding), or its videos were not prepared.
        InputError: see `collect_copy`.
    """
    copy = collect_copy(name, root, **options)
    if isinstance(copy, Collection):
        return copy.table(allow_damaged)
    if copy.damage and not allow_damaged:
        raise refuse(copy.dataset, copy.root, copy.damage)
    raise DataError(
        f"{root} holds videos, and training needs poses; run 'formnet data prepare {copy.dataset} {root} --out DIR' "
        "once and give that folder as data.root"
    )
