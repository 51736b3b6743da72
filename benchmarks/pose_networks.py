"""Pose networks side by side on rendered people never seen, and the best one on real clips.

    python benchmarks/pose_networks.py [--networks deconv fields …] [--write]
    python benchmarks/pose_networks.py --ceiling                          # AP of faultless maps
    python benchmarks/pose_networks.py --split [--networks fields …]      # what three people's AP is lost to
    python benchmarks/pose_networks.py --real CLIP… [--networks deconv]   # against BlazePose heavy, joint by joint
    python benchmarks/pose_networks.py --spine CLIP… --out FOLDER         # pictures of the spine's joints

Every network is trained at a size that a processor affords: crops of 96 × 128 pixels around one person, whole pictures
of 256 × 192 with up to three, in 16 bits where PyTorch deems it safe. The first is trained longest; the others but the
hourglass, which shares no layer with it, begin with a shorter run of the first, as networks usually do with one trained
on ImageNet. Pictures, weights and figures are kept in --work, so a run that is stopped goes on with the row it was at.
One thread; seconds are of the processor.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as lightning
import torch
from common import run_main
from page import REPOSITORY
from PIL import Image, ImageDraw
from pose_split import answer_faultlessly, split_loss
from rich.console import Console
from rich.progress import track as progress

from formnet.conversion import convert_motion
from formnet.errors import FormnetError
from formnet.pose.estimator import create_estimator, estimate_pose
from formnet.pose.metrics.oks import evaluate_oks, oks_sigmas
from formnet.pose.model_bundle import Eyes
from formnet.pose.networks.description import SEVERAL, PoseNetworkSpec, load_pose_network
from formnet.pose.track import PoseTrack
from formnet.pose.video import read_frames
from formnet.readers.pictures.base import PictureSet
from formnet.rendered.scenes import SceneOptions
from formnet.skeleton import SPINE_27, Skeleton
from formnet.storage.files import atomic_path, cache_dir
from formnet.training.pose.data import PoseDataOptions, PoseSets, read_or_render
from formnet.training.pose.measure import answer_views, measure_network, true_people
from formnet.training.pose.module import PoseFitOptions
from formnet.training.pose.run import PoseOptions, learn_shape, run_pose_training
from formnet.training.pose.views import PoseAugment, list_views

_ENCODER = {"widths": (32, 64, 128, 256), "blocks": (1, 1, 1, 1), "width": 64}
_CROP = {**_ENCODER, "size": (96, 128), "sigma": 1.5}
_WHOLE = {**_ENCODER, "size": (256, 192), "sigma": 1.5}
_OFFSETS = {**_WHOLE, "blocks": (2, 2, 2, 2), "width": 96, "method": "offsets", "lateral": True}
_VIDEO = {**_CROP, "kind": "rpstn"}
_MANY: dict[str, Any] = {"batch": 8, "pictures": "many"}
_CLIPS: dict[str, Any] = {"steps": 5000, "batch": 4, "learning_rate": 1e-3, "pictures": "passed"}


@dataclass(frozen=True)
class Row:
    """A network of the table.

    Attributes:
        spec: values of `PoseNetworkSpec`.
        steps, batch: of its training.
        start: what it begins with, where layers are the same; None: nothing.
        first: what finds the people at whom a conditioned network looks again.
        learning_rate: the greatest.
        erase: share of the samples in which a patch is covered; of clips in some frames.
        pictures: which of `SETS` it learns from: "single", "many", or "passed", where somebody walks past.
    """

    title: str
    spec: Mapping[str, Any]
    steps: int
    batch: int
    start: Row | None = None
    learning_rate: float = 3e-3
    erase: float = 0.15
    pictures: str = "single"
    first: Row | None = None

    @property
    def folder(self) -> str:
        """Of a row that others begin with, under `runs`."""
        size = "x".join(map(str, self.spec["size"]))
        return f"start_{self.pictures}_{self.spec.get('method', 'heatmaps')}_{size}_{self.steps}"


_START = Row("what the others begin with", _CROP, 2000, 32)
_SMALL = Row("dense offsets, smaller pictures", {**_OFFSETS, "size": (192, 160)}, 15000, start=_START,
             learning_rate=2e-3, **_MANY)  # fmt: skip
_FRAME = Row("what networks of clips begin with", _CROP, 2000, 32, pictures="passed")
_QUICK = Row("dense offsets, quickly, smaller pictures", {**_OFFSETS, "size": (192, 160)}, 8000, start=_FRAME,
             learning_rate=2e-3, **_MANY)  # fmt: skip
_FIRST = Row("dense offsets, first look", _OFFSETS, 2000, start=_QUICK, learning_rate=8e-4, **_MANY)
_AGAIN = {**_ENCODER, "size": (128, 160), "sigma": 1.5, "lateral": True, "conditioned": True}
_LIKELY = {**_ENCODER, "method": "cells", "sigma": 1.0, "patches": True}
_PIECE = Row("what both looks begin with", {**_LIKELY, "size": (96, 128)}, 1250, 32, pictures="passed")
_GLANCE = Row("dense offsets, a glance", {**_OFFSETS, "size": (192, 160), "blocks": (1, 1, 2, 2), "width": 64,
              "patches": True}, 4500, start=_PIECE, learning_rate=2e-3, **_MANY)  # fmt: skip
_CLOSE = {**_LIKELY, "lateral": True, "conditioned": True, "margin": 1.05}
_SMALLER = Row("second look, smaller crops", {**_CLOSE, "size": (96, 128)}, 3500, 32, _PIECE, pictures="many",
               first=_GLANCE)  # fmt: skip
# In the order in which they are worth having.
NETWORKS = {
    "deconv": Row("SimpleBaseline, deconvolutions", _CROP, 5000, 32),
    "offsets": Row("dense offsets", _OFFSETS, 2500, start=_SMALL, learning_rate=8e-4, **_MANY),
    "conditioned": Row("dense offsets, then crops conditioned on them", _AGAIN, 16500, 32, _FRAME, pictures="many",
                       first=_FIRST),
    "found": Row("dense offsets at a glance, then likely cells of crops", {**_CLOSE, "size": (128, 160)}, 2500, 32,
                 _SMALLER, 1e-3, pictures="many", first=_GLANCE),
    "fields": Row("part affinity fields, two stages", {**_WHOLE, "method": "fields", "stages": 2}, 2500, start=_START,
                  **_MANY),
    "rpstn": Row("RPSTN, five frames", _VIDEO, start=_FRAME, **_CLIPS),
    "rpstn_frames": Row("RPSTN frame by frame", {**_VIDEO, "propagate": False}, start=_FRAME, **_CLIPS),
    "tags": Row("associative embedding", {**_WHOLE, "method": "tags"}, 4000, start=_START, **_MANY),
    "rpstn_norelation": Row("RPSTN without the relation extractor", {**_VIDEO, "relation": "none"}, start=_FRAME,
                            **_CLIPS),
    "location": Row("VNect's location maps", {**_CROP, "method": "location"}, 250, 32, _START),
    "personlab": Row("PersonLab", {**_WHOLE, "method": "personlab"}, 1000, start=_START, **_MANY),
    "rpstn_nonlocal": Row("RPSTN, non-local block instead", {**_VIDEO, "relation": "nonlocal"}, start=_FRAME, **_CLIPS),
    "hourglass": Row("two stacked hourglasses", {**_CROP, "kind": "hourglass", "width": 32, "stages": 2}, 500, 32),
}  # fmt: skip
SETS = {
    "single_train": SceneOptions(scenes=2400, frames=5, seed=101),
    "single_val": SceneOptions(scenes=80, frames=5, seed=102),
    "single_test": SceneOptions(scenes=200, frames=5, seed=103),
    "passed_train": SceneOptions(scenes=1600, frames=5, passing=0.75, seed=121),
    "passed_val": SceneOptions(scenes=60, frames=5, passing=1.0, seed=122),
    "passed_test": SceneOptions(scenes=240, frames=5, passing=1.0, seed=123),
    "many_train": SceneOptions(scenes=3600, frames=2, step_s=0.6, people=3, least_people=2, height=384, seed=111),
    "many_val": SceneOptions(scenes=90, people=3, height=384, seed=112),
    "two_test": SceneOptions(scenes=160, people=2, least_people=2, height=384, seed=113),
    "three_test": SceneOptions(scenes=160, people=3, least_people=3, height=384, seed=114),
}
_TESTS = {"single": ("single",), "many": ("two", "three"), "passed": ("single", "passed")}
"""What networks are tested on, by what they learn from; the last as their training ends."""
Figures = dict[str, float]
WORK = cache_dir() / "pose_networks"
RESULTS = REPOSITORY / "benchmarks" / "pose_networks.json"
PAGE = REPOSITORY / "docs" / "pose_networks.md"
_BEGIN, _END = "<!-- table: benchmarks/pose_networks.py --write -->", "<!-- end of table -->"
_EVERY_FRAMES = 5
"""Of real clips every fifth frame is compared."""
_NEAR = 0.05
"""Share of the person's height within which two estimators agree."""
_EPOCH = 250
"""Steps between two looks at the validation pictures."""
_SHOWN = ("train/loss", "val/pck", "val/pck_hidden", "val/pck_person", "val/ap", "val/mpjpe_mm")


def main(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    if arguments.real:
        for name in arguments.networks:
            report_agreement(compare_with_blazepose(arguments.work / "runs" / name, arguments.real), name)
        return
    if arguments.ceiling:
        report_ceiling(arguments.work)
        return
    if arguments.split:
        for name in arguments.networks:
            if NETWORKS[name].pictures == "many":
                report_split(name, arguments.work)
        return
    if arguments.spine:
        for clip in arguments.spine:
            draw_spine(arguments.work / "runs" / arguments.networks[0], clip, arguments.out)
        return
    rows = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    for name in arguments.networks:
        rows[name] = measure(name, arguments.work)
        if arguments.write:
            write_results({name: rows[name] for name in NETWORKS if name in rows})
    print(render_table({name: rows[name] for name in arguments.networks}, only_measured=True))


def write_results(rows: Mapping[str, Figures]) -> None:
    """After every row, so that nothing measured is lost."""
    with atomic_path(RESULTS) as temporary:
        temporary.write_text(json.dumps(rows, indent=1) + "\n")
    write_table(render_table(rows))


def measure(name: str, work: Path) -> Figures:
    """Figures of one network, from `work` if they are there; it is trained first where it is not."""
    row, run = NETWORKS[name], work / "runs" / name
    kept = run / "figures.json"
    if kept.is_file() and (figures := json.loads(kept.read_text()))["steps"] == row.steps:
        return dict(figures)
    training_s, tested = _train(name, row, work)
    figures = {"steps": row.steps, "samples": row.steps * row.batch, "training_s": training_s}
    figures |= dict(zip(("width", "height"), row.spec["size"], strict=True))
    figures |= {"start_steps": 0 if row.start is None else row.start.steps, "parameters": count_parameters(row)}
    figures["training_pictures"] = len(pictures(f"{row.pictures}_train", work))
    tests = _TESTS[row.pictures]
    network = load_pose_network(run / "pose.safetensors")
    sides = {side: measure_network(network, pictures(f"{side}_test", work)) for side in tests[:-1]}
    sides[tests[-1]] = tested
    for side, measured in sides.items():
        figures |= {f"{side}/{figure}": value for figure, value in measured.items()}
    with atomic_path(kept) as temporary:
        temporary.write_text(json.dumps(figures, indent=1))
    return figures


def _obtain(row: Row, work: Path) -> Path:
    """The weights of a row that others begin with, trained if they are not there."""
    weights = work / "runs" / row.folder / "pose.safetensors"
    if not weights.is_file():
        _train(row.folder, row, work)
    return weights


def _train(name: str, row: Row, work: Path) -> tuple[float, Figures]:
    """Trains a network into `work`; returns the seconds of the processor it took, and the figures of the test side."""
    names = (f"{row.pictures}_train", f"{row.pictures}_val", f"{_TESTS[row.pictures][-1]}_test")
    sets = PoseSets(*(pictures(name, work) for name in names))
    data = PoseDataOptions(root=str(work), batch_size=row.batch, steps_per_epoch=_EPOCH, val_samples=60, kept_gb=5.0,
                           augment=PoseAugment(turn_deg=8.0, erase=row.erase))  # fmt: skip
    fit = PoseFitOptions(learning_rate=row.learning_rate)
    start, first = (None if other is None else str(_obtain(other, work)) for other in (row.start, row.first))
    options = PoseOptions(row.spec, data, fit, start=start, first=first)
    began_s = time.process_time()
    figures = run_pose_training(options, _make_trainer(name, row.steps), work / "runs" / name, sets=sets)
    return time.process_time() - began_s, {key.removeprefix("test/"): value for key, value in figures.items()}


def pictures(name: str, work: Path) -> PictureSet:
    return read_or_render(work / "sets" / name, SETS[name])


def report_ceiling(work: Path) -> None:
    """Prints three people's AP from maps without a fault, at both sizes of pictures."""
    people = pictures("three_test", work)
    truth, sigmas = [true_people(picture, people.skeleton) for picture in people.pictures], oks_sigmas(people.skeleton)
    learnt, cases = learn_shape(pictures("many_train", work)), ((True, False), (False, False), (False, True))
    for method, size, (hidden, by_shape) in itertools.product(SEVERAL, ((192, 160), (256, 192)), cases):
        shape = learnt if by_shape else None
        spec = PoseNetworkSpec(people.skeleton, **{**_WHOLE, "size": size, "method": method, "shape": shape})
        figures = evaluate_oks(answer_faultlessly(spec, people, hidden=hidden), truth, sigmas)
        joints = "all joints" if hidden else "visible ones, others by shape" if by_shape else "visible ones"
        print(f"{method:10s} {size[0]} × {size[1]} {joints:29s} {figures['ap']:.3f} {figures['ar']:.3f}")


def report_split(name: str, work: Path) -> None:
    """Prints three people's AP with one thing put right at a time."""
    network, truth = load_pose_network(work / "runs" / name / "pose.safetensors"), pictures("three_test", work)
    found = answer_views(network, list_views(truth, network.opening.spec), flip=True)
    people = [true_people(picture, truth.skeleton) for picture in truth.pictures]
    print(f"{name}: AP, AP50, AP75 of three people")
    for title, figures in split_loss(found, people, oks_sigmas(truth.skeleton)).items():
        print(f"  {title:18s} {figures['ap']:.3f} {figures['ap50']:.3f} {figures['ap75']:.3f}")


def _make_trainer(name: str, steps: int):  # type: ignore[no-untyped-def]
    class Say(lightning.Callback):
        def on_validation_end(self, trainer: lightning.Trainer, _: lightning.LightningModule) -> None:
            shown = {key: round(float(value), 3) for key, value in trainer.callback_metrics.items() if key in _SHOWN}
            Console(stderr=True).print(name, trainer.global_step, shown)

    def make(*, callbacks: list, default_root_dir: Path):  # type: ignore[no-untyped-def, type-arg]
        return lightning.Trainer(
            max_epochs=steps // _EPOCH, accelerator="cpu", precision="bf16-mixed", callbacks=[*callbacks, Say()],
            logger=False, enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0,
            default_root_dir=default_root_dir,
        )  # fmt: skip

    return make


def render_table(rows: Mapping[str, Figures], *, only_measured: bool = False) -> str:
    """A table in Markdown for each kind of pictures that networks learn from."""
    tables = {
        pictures: [f"| network | training | {' | '.join(columns)} | s/frame | MB |", f"|{'---|' * (len(columns) + 4)}"]
        for pictures, columns in _COLUMNS.items()
    }
    for name, network in NETWORKS.items():
        if name in rows:
            tables[network.pictures].append(_render_row(network, rows[name]))
        elif not only_measured:
            blanks = " |" * (len(_COLUMNS[network.pictures]) + 1)
            weight = _weigh(count_parameters(network))
            tables[network.pictures].append(f"| {network.title} | not trained |{blanks} {weight:.1f} |")
    spent = ", ".join(f"{name} {row['training_s']:.0f}" for name, row in rows.items())
    parts = ["\n".join(lines) for lines in tables.values()]
    return "\n\n".join([*parts, f"Processor seconds of training: {spent}."])


_COLUMNS = {
    "single": {
        "PCK@0.2 torso": "single/pck",
        "visible": "single/pck_visible",
        "hidden": "single/pck_hidden",
        "person's box": "single/pck_person",
        "MPJPE mm": "single/mpjpe_mm",
        "hidden, mm": "single/mpjpe_mm_hidden",
    },
    "passed": {
        "PCK@0.2 torso": "passed/pck",
        "visible": "passed/pck_visible",
        "hidden": "passed/pck_hidden",
        "hidden, seen before": "passed/pck_lost",
        "nobody passes": "single/pck",
        "hidden there": "single/pck_hidden",
    },
    "many": {
        "AP of two": "two/ap",
        "of three": "three/ap",
        "AP50 of three": "three/ap50",
        "visible (three)": "three/ap_visible",
        "hidden (three)": "three/ap_hidden",
    },
}
"""Column → figure, by the pictures that networks learn from."""


def _render_row(network: Row, row: Figures) -> str:
    figures = _COLUMNS[network.pictures].values()
    values = [f"{row[name]:{'.0f' if '_mm' in name else '.3f'}}" if name in row else "" for name in figures]
    seconds = row[f"{_TESTS[network.pictures][-1]}/seconds_a_frame"]
    cells = [network.title, _describe_training(row), *values, f"{seconds:.3f}", f"{_weigh(int(row['parameters'])):.1f}"]
    return f"| {' | '.join(cells)} |"


def count_parameters(row: Row) -> int:
    """Of the network that a row describes."""
    spec = PoseNetworkSpec(SPINE_27, **row.spec)
    return sum(part.numel() for part in spec.build().parameters())


def _weigh(parameters: int) -> float:
    """MB of weights in 16 bits."""
    return parameters * 2 / 1e6


def _describe_training(row: Figures) -> str:
    """Steps of how many samples at which size, and after how many steps of what it began with."""
    steps, start = int(row["steps"]), int(row["start_steps"])
    size = f"{row['width']:.0f} × {row['height']:.0f}"
    return f"{steps} × {row['samples'] / steps:.0f}, {size}{f', from {start}' if start else ''}"


def write_table(table: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split(_BEGIN)[0], text.split(_END)[1]
    with atomic_path(PAGE) as temporary:
        temporary.write_text(f"{before}{_BEGIN}\n\n{table}\n\n{_END}{after}", encoding="utf-8")


def compare_with_blazepose(run: Path, clips: list[Path]) -> dict[str, tuple[int, int]]:
    """Joint → frames in which both estimators put it within 5 % of the person's height, and frames compared."""
    own, heavy = create_estimator(str(run / "pose.safetensors")), create_estimator(eyes=Eyes.EXACT)
    counts: dict[str, tuple[int, int]] = {}
    for clip in progress(clips, "clips", console=Console(stderr=True)):
        try:
            tracks = [estimate_pose(clip, estimator=e, max_fps=30 / _EVERY_FRAMES) for e in (own, heavy)]
        except FormnetError as error:
            Console(stderr=True).print(f"{clip.name}: {error}")
            continue
        for joint, near in agreement(*tracks).items():
            right, total = counts.get(joint, (0, 0))
            counts[joint] = (right + int(near.sum()), total + len(near))
    return counts


def agreement(track: PoseTrack, reference: PoseTrack) -> dict[str, np.ndarray]:
    """For each joint that both have, in which of the frames where the reference is sure of it they agree."""
    shared = tuple(joint for joint in track.image.skeleton.joints if joint in reference.image.skeleton)
    joints = Skeleton("shared", shared)
    own, true = (convert_motion(part.image, joints) for part in (track, reference))
    height_px = np.nanmax(reference.image.positions[..., 1], axis=1) - np.nanmin(
        reference.image.positions[..., 1], axis=1
    )
    away = np.linalg.norm(own.positions - true.positions, axis=-1) / np.nanmedian(height_px)
    sure = true.confidence > 0.5
    return {joint: (away[:, i] < _NEAR)[sure[:, i]] for i, joint in enumerate(shared)}


def report_agreement(counts: dict[str, tuple[int, int]], name: str) -> None:
    print(f"{name}: share of frames within {_NEAR:.0%} of the person's height of BlazePose heavy")
    for joint, (right, total) in counts.items():
        print(f"  {joint:18s} {right / max(total, 1):.2f}  ({total})")
    print(f"  {'all':18s} {sum(c[0] for c in counts.values()) / max(1, sum(c[1] for c in counts.values())):.2f}")


def draw_spine(run: Path, clip: Path, out: Path) -> None:
    """The lowest moment and the first of a clip, with all joints and the line from pelvis to head."""
    out.mkdir(parents=True, exist_ok=True)
    track = estimate_pose(clip, estimator=create_estimator(str(run / "pose.safetensors")), max_fps=10)
    lowest = int(np.nanargmax(track.image.joint("pelvis")[:, 1]))
    for number, frame in enumerate(read_frames(clip, max_fps=10)):
        if number in (0, lowest):
            scale = track.width / frame.image.shape[1]
            picture = Image.fromarray(frame.image)
            draw = ImageDraw.Draw(picture)
            places = track.image.positions[number] / scale
            for x, y in places:
                draw.ellipse([x - 3, y - 3, x + 3, y + 3], fill=(255, 60, 60))
            chain = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
            line = places[track.image.skeleton.indices(chain)]
            draw.line([tuple(map(float, place)) for place in line], fill=(60, 255, 60), width=3)
            picture.save(out / f"{clip.stem}_{number}.png")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--work", type=Path, default=WORK, help="pictures, weights, figures")
    parser.add_argument("--ceiling", action="store_true", help="AP and AR of three people from faultless maps")
    parser.add_argument("--split", action="store_true", help="what trained networks of several people lose AP to")
    parser.add_argument("--real", type=Path, nargs="+", help="clips to compare with BlazePose heavy")
    parser.add_argument("--spine", type=Path, nargs="+", help="clips to draw the spine in")
    parser.add_argument("--out", type=Path, default=Path("spine"), help="folder of those pictures")
    parser.add_argument("--write", action="store_true", help="write figures and table; other networks' stay")
    return parser.parse_args()


if __name__ == "__main__":
    run_main(lambda: main(_parse()))
