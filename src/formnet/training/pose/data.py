"""Sets of pictures for training, validation and test, and batches of samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader

from formnet.checks import check_fields, real, whole, within
from formnet.errors import DataError, InputError
from formnet.pose.networks.description import PoseNetworkSpec, prepare
from formnet.readers.pictures.base import LabelledPicture, PictureSet
from formnet.readers.pictures.coco_people import read_coco_people
from formnet.readers.pictures.mpii import read_mpii
from formnet.readers.pictures.penn_action import read_penn_action
from formnet.rendered.pictures import write_rendered_pictures
from formnet.rendered.scenes import SceneOptions
from formnet.training.batches import NumberedEpochs
from formnet.training.pose.views import PoseAugment, View, draw_sample

Source = Literal["rendered", "coco", "mpii", "penn_action"]
Progress = Callable[[int, int], None]
_SEEDS = {"train": 0, "val": 1_000_000, "test": 2_000_000}
"""Of the sides, added to the seed."""


@dataclass(frozen=True)
class RenderedOptions:
    """Rendered people; see `SceneOptions`. Validation and test show other people in other rooms.

    Attributes:
        scenes, val_scenes, test_scenes: how many of each.
    """

    scenes: int = within(whole(1, 10_000_000), 400)
    val_scenes: int = within(whole(1, 1_000_000), 40)
    test_scenes: int = within(whole(1, 1_000_000), 60)
    people: int = within(whole(1, 20), 1)
    least_people: int = within(whole(1, 20), 1)
    frames: int = within(whole(1, 1000), 5)
    step_s: float = within(real(0.001, 10), 0.12)
    height: int = within(whole(32, 4096), 192)
    occlusion: float = within(real(0, 1), 0.4)
    passing: float = within(real(0, 1), 0.0)

    def __post_init__(self) -> None:
        check_fields(self, "task.data.rendered")


@dataclass(frozen=True)
class PoseDataOptions:
    """Where pictures come from.

    Attributes:
        source: "rendered", or the format of labelled pictures.
        root: the labels (a file, or Penn Action's folder); for rendered pictures the folder they are kept in.
        pictures: folder of the pictures, where it is not the format's usual one.
        val_share, test_share: of the clips (or pictures that belong to none), drawn by the seed.
        batch_size: samples in a batch.
        steps_per_epoch: batches between two validations.
        val_samples: at most that many are looked at in a validation.
        kept_gb: decoded pictures that stay in memory; reading one again takes longer than all else about a sample.
        seed: of people, order and augmentation.
    """

    source: Source = "rendered"
    root: str = "data/pose_rendered"
    pictures: str | None = None
    val_share: float = 0.1
    test_share: float = 0.1
    batch_size: int = within(whole(1, 65536), 16)
    steps_per_epoch: int = within(whole(1), 100)
    val_samples: int = within(whole(1), 100)
    kept_gb: float = within(real(0, 1e6), 2.0)
    seed: int = within(whole(), 0)
    rendered: RenderedOptions = field(default_factory=RenderedOptions)
    augment: PoseAugment = field(default_factory=PoseAugment)

    def __post_init__(self) -> None:
        if self.source not in get_args(Source):
            raise InputError(f"task.data.source must be one of {', '.join(get_args(Source))}, got {self.source!r}")
        if not (self.val_share > 0 and self.test_share > 0 and self.val_share + self.test_share < 1):
            raise InputError("task.data.val_share and test_share must be above 0 and leave something to train on")
        check_fields(self, "task.data")


@dataclass(frozen=True, eq=False)
class PoseSets:
    """Pictures for training, for choosing, and for the figures at the end."""

    train: PictureSet
    val: PictureSet
    test: PictureSet


def load_pose_sets(options: PoseDataOptions, progress: Progress | None = None) -> PoseSets:
    """Reads, or renders what is not there yet; no clip is on two sides.

    Raises:
        InputError, DataError: as the readers do; or too few clips to divide.
    """
    if options.source == "rendered":
        return PoseSets(*(_load_rendered(options, side, progress) for side in _SEEDS))
    return divide(_read_labelled(options), options)


def load_test_pictures(options: PoseDataOptions, progress: Progress | None = None) -> PictureSet:
    """The test side alone, for which rendered people to train on need not be drawn; raises as `load_pose_sets`."""
    if options.source == "rendered":
        return _load_rendered(options, "test", progress)
    return load_pose_sets(options).test


def _read_labelled(options: PoseDataOptions) -> PictureSet:
    root, pictures = Path(options.root), Path(options.pictures) if options.pictures else None
    if options.source == "coco":
        return read_coco_people(root, pictures)
    if options.source == "mpii":
        return read_mpii(root, pictures)
    return read_penn_action(root)


def divide(pictures: PictureSet, options: PoseDataOptions) -> PoseSets:
    """Clips at random to the three sides; raises `DataError` when one would be empty."""
    clips = pictures.clips()
    order = np.random.default_rng([options.seed, 5]).permutation(len(clips))
    n_val, n_test = (max(1, round(share * len(clips))) for share in (options.val_share, options.test_share))
    if len(clips) <= n_val + n_test:
        raise DataError(f"{options.root} has {len(clips)} pictures or clips, too few to train, choose and test on")
    sides = np.split(order, [n_val, n_val + n_test])
    val, test, train = (pictures.only([p for i in side for p in clips[i]]) for side in sides)
    return PoseSets(train, val, test)


def _load_rendered(options: PoseDataOptions, side: str, progress: Progress | None) -> PictureSet:
    wanted = options.rendered
    scenes = {"train": wanted.scenes, "val": wanted.val_scenes, "test": wanted.test_scenes}
    shared = {name: getattr(wanted, name) for name in
              ("people", "least_people", "frames", "step_s", "height", "occlusion", "passing")}  # fmt: skip
    scene = SceneOptions(scenes=scenes[side], seed=options.seed + _SEEDS[side], **shared)
    return read_or_render(Path(options.root) / side, scene, progress)


def read_or_render(folder: Path, options: SceneOptions, progress: Progress | None = None) -> PictureSet:
    """A rendered set; drawn anew unless the folder holds one of exactly these options."""
    recipe = folder / "recipe.txt"
    if not (recipe.is_file() and recipe.read_text() == repr(options) and (folder / "labels.json").is_file()):
        if (folder / "labels.json").is_file() and not recipe.is_file():
            raise InputError(f"{folder} holds labels that formnet did not render; choose another task.data.root")
        recipe.unlink(missing_ok=True)
        write_rendered_pictures(folder, options, progress)
        recipe.write_text(repr(options))
    return read_coco_people(folder)


class PictureMemory:
    """Pictures that were read once, as long as they fit into so many bytes; those that came first stay."""

    def __init__(self, most: int) -> None:
        self._left, self._kept = most, dict[Path, NDArray[np.uint8]]()

    def read(self, picture: LabelledPicture) -> NDArray[np.uint8]:
        """As `LabelledPicture.read`; not to be written into."""
        if (known := self._kept.get(picture.path)) is not None:
            return known
        pixels = picture.read()
        if pixels.nbytes <= self._left:
            self._left -= pixels.nbytes
            self._kept[picture.path] = pixels
        return pixels


class PoseBatches(NumberedEpochs):
    """Fresh batches, `steps_per_epoch` an epoch; every view comes once before any comes again."""

    def __init__(self, views: Sequence[View], spec: PoseNetworkSpec, options: PoseDataOptions) -> None:
        if not views:
            raise DataError(
                f"{options.root} has nothing to train on: {spec.kind} with {spec.method} needs "
                + (f"clips of {spec.frames} frames with one person" if spec.kind == "rpstn" else "labelled people")
            )
        self._views, self._spec, self._options = views, spec, options
        self._queue: list[int] = []
        self._memory = PictureMemory(int(options.kept_gb * 1e9))

    def __len__(self) -> int:
        return self._options.steps_per_epoch

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        rng = np.random.default_rng([self._options.seed, 6, self.begin_epoch()])
        for _ in range(self._options.steps_per_epoch):
            while len(self._queue) < self._options.batch_size:
                self._queue += rng.permutation(len(self._views)).tolist()
            rows = [self._queue.pop(0) for _ in range(self._options.batch_size)]
            yield collate([
                draw_sample(self._views[row], self._spec, self._options.augment, rng, self._memory.read) for row in rows
            ])  # fmt: skip

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "queue": list(self._queue)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        self._queue = [int(row) for row in state["queue"]]


def collate(samples: Sequence[dict[str, np.ndarray]]) -> dict[str, Tensor]:
    """A batch of tensors, the pictures as networks expect them."""
    batch = {name: torch.from_numpy(np.stack([sample[name] for sample in samples])) for name in samples[0]}
    batch["pictures"] = prepare(batch["pictures"])
    return batch


def make_loader(views: Sequence[View], spec: PoseNetworkSpec, options: PoseDataOptions) -> DataLoader:
    """Endless training batches for Lightning."""
    return DataLoader(PoseBatches(views, spec, options), batch_size=None)
