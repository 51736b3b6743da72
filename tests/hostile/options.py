"""The table of hostile options, models, standards and settings, of every command and of train.py and evaluate.py."""

from __future__ import annotations

import numpy as np

from tests.hostile import files
from tests.hostile.files import DIGITS, Make, archive, motion, raw, safetensors, text
from tests.hostile.rows import Row

_DEEP_SIDECAR = text('{"network": ' + files.deep() + "}")
_RATE = "the frame rate must be above 0"


def _of(command: str, says: str, name: str = "", make: Make | None = None) -> Row:
    return Row(name or command, make, says, command)


OPTIONS = [
    # Numbers on the command line.
    *[_of(f"classify {{good}} --fps {value}", _RATE) for value in ("1e9", "1e300", "nan", "inf", "0", "-1")],
    _of("compare {good} {good} --fps nan", _RATE),
    _of("pose {good} -o o.npz --fps nan", _RATE),
    _of("doctor {good} --fps nan", _RATE),
    _of("match {good} {good} --fps nan", _RATE),
    _of("index . -o o.npz --fps nan", _RATE),
    _of("classify {good} --fps fast", "Invalid value for '--fps'"),
    _of("classify {good} --slow-motion nan", "--slow-motion must be above 0"),
    _of("classify {good} --slow-motion 1e300", "--slow-motion must be above 0"),
    _of("classify {good} --rotate nan", "--rotate must be 90, 180, 270 or auto"),
    _of(f"classify {{good}} --rotate {DIGITS}", "--rotate must be 90, 180, 270 or auto"),
    _of("classify {good} --rotate 45", "--rotate must be 90, 180, 270 or auto"),
    _of("classify {good} --size 0x0", "--size must be the picture's width and height"),
    _of("classify {good} --size 1e9x1e9", "--size must be the picture's width and height"),
    _of("classify {good} --person 0", "Invalid value for '--person'"),
    _of("classify {good} --person 99999999999999999999", "has no person"),
    _of("compare {good} {good} --threshold nan", "--threshold must be a score of 0–100"),
    _of("compare {good} {good} --band nan", "--band must be a share"),
    *[_of(f"compare {{good}} {{good}} --smooth {value}", "the smoothing must be 0.5–100 Hz")
      for value in ("nan", "inf", "1e300", "1e-300", "-1", "101")],
    _of("compare {good} {good} --weight trunk=1e300", "with a weight from 0 to 100"),
    _of("compare {good} {good} --weight trunk=nan", "with a weight from 0 to 100"),
    _of("compare {good} {good} --max-gap nan", "--max-gap must be 0–60 s"),
    _of("compare {good} {good} --max-gap 1e300", "--max-gap must be 0–60 s"),
    _of("compare {good} {good} --reference-person 0", "--person must be 1"),
    _of("search {good} few.npz --person 0", "does not exist"),
    _of("compare {good} {good} --metric x", "unknown metric 'x'"),
    _of("compare {good} {good} --person 0", "--person"),
    _of("match {good} {good} --threshold inf", "--threshold must be a score of 0–100"),
    _of("match {good} {good} --person -1", "--person"),
    _of("synth o --fps nan", "--fps"),
    _of("synth o --yaw nan", "--yaw"),
    _of("synth o --yaw 1e300", "--yaw"),
    _of("synth o --clips 1000000000000", "--clips"),
    _of("synth o --reps 1000000000000", "--reps"),
    _of("synth o --width 95", "--width"),
    _of("synth o --width 1000000 --height 1000000", "--width"),
    _of("synth o --seed -1", "--seed"),
    _of("synth o --classes good,bad", "bad"),
    _of("fit-noise o.npz --per-class 0", "--per-class"),
    _of("fit-noise o.npz --processes 0", "--processes"),
    _of("fit-noise o.npz --per-class 1000000000000", "--per-class"),
    _of("fit-errors o.json --people 1", "--people"),
    _of("fit-errors o.json --people 1000000000000", "--people"),
    _of("fit-errors o.json --seed -1", "--seed"),
    # Words on the command line.
    _of("classify", "Missing argument"),
    _of("classify {good} --jason", "No such option"),
    _of("clasify {good}", "No such command"),
    _of("classify {good} --lifter os.system", "os.system"),
    _of("classify {good} --standard os.system", "there is no standard 'os.system'"),
    _of("classify {good} --standard gone.yaml", "does not exist"),
    _of("classify {good} --model gone.safetensors", "gone.safetensors is not there"),
    _of("pose {good} -o o.xyz", "the format of o.xyz is not clear"),
    _of("pose {good} -o gone/../o.npz --format nothing", "is not clear"),
    _of("index gone", "gone is no folder"),
    _of("search {good} gone.npz", "does not exist"),
    _of("doctor gone.mp4", "does not exist"),
    _of("standards show gone", "there is no standard 'gone'"),
    _of("standards check gone.yaml", "does not exist"),
    _of("ranges gone", "gone"),
    _of("ranges . --set os.system", "os.system"),
    _of("ranges . --option x", "expected"),
    _of("ranges . --most 0", "--most"),
    _of("data check os.system .", "os.system"),
    _of("data check folder gone", "gone"),
    _of("data prepare folder gone --out o", "gone"),
    _of("data check squat7 . --option x", "expected --option KEY=VALUE"),
    _of("data list x", "unexpected extra argument"),
    _of("demo --out {good}/o", "is a file"),
    _of("measures x", "unexpected extra argument"),
    # Outputs.
    _of("classify {good} --out {good}", "cannot be a folder"),
    _of("pose {good} -o {good}", "is an input and would be destroyed"),
    _of("pose {good} -o /dev/full --format npz", "cannot be written"),
    _of("pose {good} -o /proc/o.npz", "cannot be written"),
    _of(f"pose {{good}} -o {'n' * 300}.npz", "cannot be written"),
    _of(f"pose {{good}} -o {'n/' * 3000}o.npz", "File name too long"),
    _of(f"classify {'n' * 300}.mp4", "File name too long"),
    _of(f"compare {'n' * 300}.mp4 {{good}}", "File name too long"),
    # Standards.
    _of("standards check {}", "is no ordinary file", "pipe.yaml", files.pipe),
    _of("standards check {}", "could not determine a constructor", "run.yaml",
        text("!!python/object/apply:os.mkdir [ran]\n")),
    _of("standards check {}", "is no valid standard", "laughs.yaml", text(
        "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
            f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True)))),
    _of("standards check {}", "is no YAML", "deep.yaml", text(files.deep(20_000))),
    _of("standards show {}", "is no text", "binary.yaml", raw(bytes(range(128, 256)))),
    _of("classify {good} --standard {}", "is empty", "empty.yaml", raw(b"")),
    _of("standards check {}", "is no valid standard", "list.yaml", text("- 1\n- 2\n")),
    _of("standards check {}", "is no valid standard", "nan.yaml", text(
        "name: x\nrules:\n  - fault: depth\n    measure: thigh\n    limit: .nan\n")),
    _of("standards check {}", "is no", "digits.yaml", text(f"name: {DIGITS}\nrules: []\n")),
    _of("standards check {}", "more than a standard may have", "large.yaml", files.sparse(3 * 2**30)),
    # Indexes.
    _of("search {good} {}", "no index of poses", "motion.npz", archive(motion())),
    _of("search {good} {}", "is no ordinary file", "pipe.npz", files.pipe),
    _of("search {good} {}", "is damaged", "wrong.npz", archive({
        "format": np.array("formnet-index-1"), "vectors": np.full((3, 30), np.nan), "sources": np.array(["a"]),
        "source_numbers": np.array([0, 7, -9]), "frames": np.zeros(3, int), "times_s": np.full(3, np.nan)})),
    _of("search {picture} {} --count 0", "--count", "few.npz", lambda path: _write_index(path)),
    _of("search {picture} {} --apart nan", "--apart", "few.npz", lambda path: _write_index(path)),
    _of("search {picture} {} --count 99999999999999999999", "--count", "few.npz", lambda path: _write_index(path)),
    _of("search {picture} {} --metric os", "search takes distances", "few.npz", lambda path: _write_index(path)),
    # Models.
    _of("classify {good} --model {}", "m.json is missing", "m.safetensors", raw(safetensors({}))),
    _of("classify {good} --model {}", "nested too deeply", "m.safetensors", lambda path: _pair(path, _DEEP_SIDECAR)),
    _of("classify {good} --model {}", "holds a number of 6000 digits", "m.safetensors",
        lambda path: _pair(path, text(f'{{"format_version": {DIGITS}}}'))),
    _of("classify {good} --model {}", "m.json is missing", "m.safetensors", lambda path: _pair(path, files.pipe)),
    _of("classify {good} --model {}", "no text", "m.safetensors", lambda path: _pair(path, raw(bytes(range(256))))),
    _of("classify {good} --model {}", "m.safetensors", "m.safetensors", lambda path: _pair(path, text("[]"))),
    _of("classify {good} --model {}", "no readable safetensors", "m.safetensors",
        lambda path: _pair(path, text("{}"), safetensors(b"{}", length=2**62))),
    _of("classify {good} --model {}", "no readable safetensors", "m.safetensors", lambda path: _pair(
        path, text("{}"), safetensors({"w": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 4]}}, bytes(4)))),
    _of("classify {good} --model {}", "m.ckpt", "m.ckpt", raw(b"cos\nmkdir\n(S'ran'\ntR.")),
    _of("classify {good} --model {}", "m.ckpt", "m.ckpt", files.pipe),
    _of("classify {good} --model {}", "it is packed, which PyTorch's own never are", "packed.ckpt", archive(motion())),
    _of("classify {good} --lifter {}", "l.json is missing", "l.safetensors", raw(safetensors({}))),
    _of("classify {good} --lifter {}", "nested too deeply", "l.safetensors", lambda path: _pair(path, _DEEP_SIDECAR)),
    _of("classify letter.mp4 --estimator {}", "letter.mp4", "e.onnx", raw(b"no network")),
]  # fmt: skip


def _pair(path: files.Path, sidecar: Make, weights: bytes | None = None) -> None:
    path.write_bytes(safetensors({}) if weights is None else weights)
    sidecar(path.with_suffix(".json"))


def _write_index(path: files.Path) -> None:
    from formnet.scoring.search import build_index, write_index
    from tests.scoring.motions import waving_in_picture

    write_index(path, build_index([("a", waving_in_picture(20), np.arange(20))]))


def _train(settings: str, says: str, name: str = "", make: Make | None = None) -> Row:
    return Row(name or settings, make, says, f"train.py {settings}")


SETTINGS = [
    _train("seed=-1", "seed"),
    _train("seed=1e30", "seed"),
    _train("threads=0", "expected threads to be"),
    _train("threads=many", "threads"),
    _train("fit.batch_size=0", "fit.batch_size to be a whole number of 1"),
    _train("model=resnet1d fit.members=0", "fit.members to be a whole number of 1"),
    _train("fit.patience=-1", "fit.patience"),
    _train("trainer.max_epochs=0", "trainer.max_epochs to be a whole number of 1"),
    _train("trainer.accelerator=gpu", "this machine has no gpu"),
    _train("trainer=gpu", "this machine has no"),
    _train("trainer.accelerator=tpu", "trainer.accelerator must be one of"),
    _train("trainer.devices=0", "trainer.devices must be 1 or more"),
    _train("trainer.precision=8", "expected trainer.precision to be str"),
    _train("trainer.strategy=os.system", "trainer.strategy must be one of"),
    _train("trainer.gradient_clip_val=nan", "trainer.gradient_clip_val"),
    _train("model=resnet1d fit.patience=3 fit.monitor=val/nothing", "val/nothing"),
    _train("data.val_share=2", "data.val_share to be a number of 0…0.9, got 2"),
    _train("data.noise=nan", "data.noise"),
    _train("data.count=0", "data.count"),
    _train("data.count=1000000000000", "data.count"),
    _train("data.n_folds=1", "data.n_folds"),
    _train("data.name=os.system", "os.system"),
    _train("model=resnet1d model.n_layers=0", "model.n_layers to be a whole number of 1"),
    _train("model=resnet1d model.width=1000000000", "model.width"),
    _train("model=resnet1d model.dropout=nan", "model.dropout"),
    _train("optimiser.lr=nan", "optimiser.lr"),
    _train("optimiser.lr=-1", "optimiser.lr"),
    _train("augment.scale=nan", "augment"),
    _train("preprocess.cutoff_hz=1e300", "cutoff_hz must be 0.5–100 Hz, got 1e+300"),
    _train("preprocess.gap_limit_s=1e300", "gap_limit_s must be 0–60"),
    _train("preprocess.n_frames=1000000000", "n_frames must be 4–10000"),
    _train("--multirun seed=range(1000000000000)", "asks for 1e+12 trainings, more than 1000"),
    _train("--multirun experiment=glob(*)", "does not name its values"),
    _train("unknown=1", "there is no setting unknown"),
    _train("fit.unknown=1", "there is no setting fit.unknown"),
    _train("+fit.unknown=1", "fit has no option unknown"),
    _train("resume=gone.ckpt", "resume=gone.ckpt is not there"),
    _train("resume={}", "cannot be read as a checkpoint", "last.ckpt", raw(b"cos\nmkdir\n(S'ran'\ntR.")),
    _train("resume={}", "it is packed", "packed.ckpt", archive(motion())),
    _train("resume={}", "pipe.ckpt", "pipe.ckpt", files.pipe),
    _train("data.root=gone", "data.root"),
    _train("experiment=squat7", "data.root is not given"),
    _train("experiment=squat7 data.root=gone", "gone"),
    _train("experiment=gone", "Could not find 'experiment/gone'"),
    _train("task=gone", "gone"),
    _train("task=lift task.epochs=0", "max_epochs"),
    _train("task=measure task.fit.batch_size=0", "batch_size"),
    _train("task=pose task.epochs=-1", "max_epochs"),
    _train("method=movement fit.batch_size=8", "is not used by"),
    _train("hydra.run.dir=/proc/o", "/proc/o"),
    _train("+data.source._target_=os.mkdir", "names something to run"),
    _train("seed", "seed"),
    _train("seed==", "seed"),
    Row("nothing", None, "expected a model file", "evaluate.py"),
    Row("gone", None, "gone.safetensors is not there", "evaluate.py gone.safetensors"),
    Row("m.safetensors", lambda path: _pair(path, _DEEP_SIDECAR), "nested too deeply", "evaluate.py {}"),
    Row("m.ckpt", raw(b"cos\nmkdir\n(S'ran'\ntR."), "m.ckpt", "evaluate.py {}"),
    Row("pipe.ckpt", files.pipe, "pipe.ckpt", "evaluate.py {}"),
    Row("packed.ckpt", archive(motion()), "it is packed", "evaluate.py {}"),
    Row("threads", None, "expected threads to be", "evaluate.py {shipped} threads=0"),
    Row("batch", None, "fit.batch_size", "evaluate.py {shipped} fit.batch_size=0"),
    Row("share", None, "data.val_share", "evaluate.py {shipped} data.val_share=2"),
    Row("width", None, "model.width", "evaluate.py {shipped} model.width=3"),
    Row("root", None, "data.root is not given", "evaluate.py {shipped} experiment=squat7"),
]  # fmt: skip
