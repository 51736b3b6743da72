"""One short squat in pixels, and how every tool would write it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from formnet.motion import FloatArray, Motion
from formnet.skeleton import SKELETONS, Skeleton

SIZE = (1280, 720)
N_FRAMES = 24
# A person from the front, standing: x to the right of the middle, y from the floor up, in shares of the height. The
# person's left is at +x.
_MIDLINE = {"nose": 0.93, "head": 0.94, "head_top": 1.0, "neck": 0.82, "spine3": 0.75, "spine1": 0.6, "pelvis": 0.53}
_LEFT = {
    "eye_inner": (0.01, 0.945), "eye": (0.02, 0.945), "eye_outer": (0.025, 0.945), "ear": (0.04, 0.94),
    "mouth": (0.015, 0.91), "shoulder": (0.12, 0.82), "elbow": (0.17, 0.64), "wrist": (0.19, 0.48),
    "hand": (0.19, 0.44), "pinky": (0.2, 0.43), "index": (0.19, 0.42), "thumb": (0.18, 0.43), "hip": (0.08, 0.53),
    "knee": (0.1, 0.28), "ankle": (0.11, 0.04), "heel": (0.11, 0.02), "foot_index": (0.14, 0.0),
    "small_toe": (0.16, 0.0),
}  # fmt: skip
_ABOVE_KNEES = 0.3
_SHORTENING = 1.2


def squat_points(skeleton: Skeleton, n_frames: int = N_FRAMES) -> FloatArray:
    """(T, J, 3) x, y in pixels of a picture of 1280 × 720 and confidence; down and up once."""
    depth = 0.25 * np.sin(np.linspace(0, np.pi, n_frames)) ** 2
    points = np.zeros((n_frames, len(skeleton), 3))
    for column, joint in enumerate(skeleton.joints):
        if joint in _MIDLINE:
            x, up = 0.0, _MIDLINE[joint]
        else:
            side, name = joint.split("_", 1)
            x, up = _LEFT[name]
            x = x if side == "left" else -x
        lowered = depth if up > _ABOVE_KNEES else 0.2 * depth * (up > 0.1)
        # Whoever squats leans, too: seen from the front the trunk shortens.
        lowered = lowered + _SHORTENING * depth * max(0.0, up - _MIDLINE["pelvis"])
        points[:, column, 0] = 640 + 500 * x
        points[:, column, 1] = 650 - 500 * (up - lowered)
        points[:, column, 2] = 0.5 + 0.01 * column
    return points.round(3)


def as_motion(skeleton: Skeleton, fps: float = 30.0, n_frames: int = N_FRAMES) -> Motion:
    points = squat_points(skeleton, n_frames)
    return Motion(points[..., :2], points[..., 2], np.arange(n_frames) / fps, skeleton, "pixel")


def flat(pose: FloatArray) -> list[float]:
    return [float(value) for value in pose.ravel()]


def widen(points: FloatArray, n_points: int) -> FloatArray:
    """Points of hands and face behind those of the body."""
    more = np.repeat(points[:, :1] + [3.0, 5.0, 0.0], n_points - points.shape[1], axis=1)
    return np.concatenate([points, more], axis=1)


COCO = squat_points(SKELETONS["coco17"])
OPEN = squat_points(SKELETONS["coco18"])


def alphapose(points: FloatArray = COCO, **changes: Any) -> list[dict[str, Any]]:
    return [
        {"image_id": f"{frame}.jpg", "category_id": 1, "keypoints": flat(pose), "score": 2.9,
         "box": [1.0, 2.0, 3.0, 4.0], "idx": [0.0], **changes}
        for frame, pose in enumerate(points)
    ]  # fmt: skip


def openpose_frame(pose: FloatArray) -> dict[str, Any]:
    return {"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": flat(pose)}]}


def _dump(content: Any) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "poses.json"
        path.write_text(json.dumps(content))
        return path

    return write


def _lines(contents: list[Any]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "clip.mp4.openpifpaf.json"
        path.write_text("\n".join(json.dumps(content) for content in contents) + "\n")
        return path

    return write


def _folder(name: str, suffix: str, texts: list[str]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        inside = folder / name
        inside.mkdir()
        for frame, text in enumerate(texts):
            (inside / suffix.format(frame)).write_text(text)
        return inside

    return write


def _array(name: str, save: Callable[[Path, FloatArray], None]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        save(folder / name, COCO)
        return folder / name

    return write


def _csv(header: list[list[str]], rows: list[list[object]], between: str = ",") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "table.csv"
        lines = [*header, *[[str(cell) for cell in row] for row in rows]]
        path.write_text("\n".join(between.join(line) for line in lines) + "\n")
        return path

    return write


def _text(name: str, text: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_text(text)
        return folder / name

    return write


def shares(points: FloatArray) -> FloatArray:
    return points / [*SIZE, 1.0]


def _yolo_line(pose: FloatArray) -> str:
    return " ".join(map(str, [0, 0.5, 0.5, 0.2, 0.6, *flat(pose), 0.93]))


def _coco_annotations(points: FloatArray, feet: FloatArray | None = None) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    for frame, pose in enumerate(points):
        row = {"id": frame + 1, "image_id": 100 + frame, "category_id": 1, "bbox": [0, 0, 1, 1],
               "num_keypoints": 17, "keypoints": flat(pose)}  # fmt: skip
        if feet is not None:
            row |= {"foot_kpts": flat(feet[frame]), "face_kpts": [0.0] * 204, "lefthand_kpts": [0.0] * 63}
        rows.append(row)
    images = [
        {"id": 100 + frame, "file_name": f"clip/{frame:05d}.jpg", "width": SIZE[0], "height": SIZE[1]}
        for frame in range(len(points))
    ]
    return {"images": images, "annotations": rows, "categories": [{"id": 1, "name": "person"}]}


def _mmpose(points: FloatArray) -> dict[str, Any]:
    return {
        "meta_info": {"dataset_name": "coco", "keypoint_id2name": {}},
        "instance_info": [
            {"frame_id": frame, "instances": [{"keypoints": pose[:, :2].tolist(), "bbox": [[0, 0, 1280, 720]],
             "keypoint_scores": pose[:, 2].tolist(), "bbox_score": 0.9}]}
            for frame, pose in enumerate(points)
        ],
    }  # fmt: skip


def _ultralytics(pose: FloatArray) -> dict[str, Any]:
    points = {"x": pose[:, 0].tolist(), "y": pose[:, 1].tolist(), "visible": pose[:, 2].tolist()}
    return {"name": "person", "class": 0, "confidence": 0.9, "keypoints": points}


HALPE, BODY, WHOLE = (squat_points(SKELETONS[name]) for name in ("halpe26", "body25", "coco23"))
BLAZE = squat_points(SKELETONS["blazepose33"])
_NAMES = SKELETONS["coco17"].joints
_BLAZE_NAMES = SKELETONS["blazepose33"].joints
_COLUMNS = ["frame", *[f"{name}_{field}" for name in _NAMES for field in ("x", "y", "score")]]
_TABLE = [[n, *flat(p)] for n, p in enumerate(COCO)]
_VISION = {
    f"{side}_{joint}": f"{side}_{bone}"
    for side in ("left", "right")
    for joint, bone in (("hip", "upLeg"), ("knee", "leg"), ("ankle", "foot"), ("shoulder", "shoulder_1"),
                        ("elbow", "forearm"), ("wrist", "hand"))
} | {"nose": "nose"}  # fmt: skip


def _candidates(points: FloatArray, *, with_totals: bool) -> dict[str, Any]:
    """The points of one person in a list of their own, in another order than the person's."""
    order = [*range(1, len(points)), 0]
    places = [[*points[j].tolist(), n] if with_totals else points[j, :2].tolist() for n, j in enumerate(order)]
    return {"candidate": places, "subset": [[order.index(j) for j in range(len(points))] + [20.5, 18] * with_totals]}


def _dwpose(points: FloatArray) -> dict[str, Any]:
    bodies = _candidates(shares(points), with_totals=False)
    return {"bodies": bodies | {"score": [points[:, 2].tolist()]}, "hands": [[[0.1, 0.2]] * 21] * 2,
            "faces": [[[0.1, 0.2]] * 68]}  # fmt: skip


# What a tool writes → (how to write it, the joint set that must be read).
FORMATS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "AlphaPose": (_dump(alphapose()), "coco17"),
    "AlphaPose, 26 points": (_dump(alphapose(HALPE)), "halpe26"),
    "AlphaPose, 136 points": (_dump(alphapose(widen(HALPE, 136))), "halpe26"),
    "AlphaPose, 133 points": (_dump(alphapose(widen(WHOLE, 133))), "coco23"),
    "AlphaPose, nested points": (
        _dump([{**row, "keypoints": pose.tolist()} for row, pose in zip(alphapose(), COCO, strict=True)]), "coco17"),
    "AlphaPose cmu": (
        _dump({f"{n}.jpg": {"version": "AlphaPose v0.3", "bodies": [{"joints": flat(p)}]} for n, p in enumerate(OPEN)}),
        "coco18"),
    "AlphaPose open": (
        _dump({f"{n}.jpg": {"version": "AlphaPose v0.3", "people": [{"pose_keypoints_2d": flat(p)}]}
               for n, p in enumerate(OPEN)}),
        "coco18"),
    "AlphaPose sep-json": (
        _folder("sep-json", "{}.json", [json.dumps({"version": "AlphaPose v0.3", "bodies": [{"joints": flat(p)}]})
                                        for p in OPEN]),
        "coco18"),
    "PoseFlow": (
        _dump({f"{n}.jpg": [{"keypoints": flat(p), "scores": 2.9, "idx": 1}] for n, p in enumerate(COCO)}), "coco17"),
    "OpenPose folder": (
        _folder("openpose", "clip_{:012d}_keypoints.json", [json.dumps(openpose_frame(p)) for p in BODY]), "body25"),
    "OpenPose, BODY_25B": (
        _folder("openpose", "clip_{:012d}_keypoints.json",
                [json.dumps(openpose_frame(p)) for p in squat_points(SKELETONS["body25b"])]),
        "body25b"),
    "Pose2Sim folder": (
        _folder("take 1_json", "take 1_{:06d}.json", [json.dumps(openpose_frame(p)) for p in HALPE]), "halpe26"),
    "ControlNet": (
        _dump([{"people": [{"pose_keypoints_2d": flat(p)}], "canvas_width": SIZE[0], "canvas_height": SIZE[1]}
               for p in shares(OPEN)]),
        "coco18"),
    "COCO results": (
        _dump([{"image_id": n, "category_id": 1, "keypoints": flat(p), "score": 0.9} for n, p in enumerate(COCO)]),
        "coco17"),
    "COCO annotations": (_dump(_coco_annotations(COCO)), "coco17"),
    "COCO-WholeBody": (_dump(_coco_annotations(COCO, WHOLE[:, 17:])), "coco23"),
    "MMPose": (_dump(_mmpose(COCO)), "coco17"),
    "MMPose, 133 points": (_dump(_mmpose(widen(WHOLE, 133))), "coco23"),
    "RTMPose, list of lists": (
        _dump([[{"keypoints": p[:, :2].tolist(), "keypoint_scores": p[:, 2].tolist()}] for p in HALPE]), "halpe26"),
    "openpifpaf lines": (
        _lines([{"frame": n, "predictions": [{"keypoints": flat(p), "bbox": [0, 0, 1, 1], "score": 0.9, "id_": 1}]}
                for n, p in enumerate(COCO)]),
        "coco17"),
    "YOLO labels": (
        _folder("labels", "clip_{}.txt", [_yolo_line(p) for p in shares(COCO)]), "coco17"),
    "YOLO tojson": (
        _dump([[{"name": "person", "class": 0, "confidence": 0.9, "box": {"x1": 0, "y1": 0, "x2": 1, "y2": 1},
                 "keypoints": {"x": p[:, 0].tolist(), "y": p[:, 1].tolist(), "visible": p[:, 2].tolist()}}]
               for p in COCO]),
        "coco17"),
    "TF.js": (
        _dump([{"score": 0.9, "keypoints": [{"x": p[j, 0], "y": p[j, 1], "score": p[j, 2], "name": name}
                                            for j, name in enumerate(_NAMES)]} for p in COCO]),
        "coco17"),
    "MediaPipe landmarks": (
        _dump([[{"x": x, "y": y, "z": -0.1, "visibility": c} for x, y, c in p] for p in shares(BLAZE).tolist()]),
        "blazepose33"),
    "DeepLabCut": (
        _csv([["scorer", *["DLC"] * 51], ["bodyparts", *[name for name in _NAMES for _ in range(3)]],
              ["coords", *["x", "y", "likelihood"] * 17]],
             [[n, *flat(p)] for n, p in enumerate(COCO)]),
        "coco17"),
    "MediaPipe results": (
        _dump([{"pose_landmarks": [[{"x": x, "y": y, "z": -0.1, "visibility": c} for x, y, c in p]],
                "pose_world_landmarks": [[{"x": 0.1, "y": 0.1, "z": 0.1}] * 33]} for p in shares(BLAZE).tolist()]),
        "blazepose33"),
    "frames under a key": (_dump({"version": 2, "frames": [{"keypoints": flat(p)} for p in COCO]}), "coco17"),
    "table of a spreadsheet": (
        _csv([["frame", *[f"{name}_{field}" for name in _NAMES for field in ("x", "y", "score")]]],
             [[n, *[str(v).replace(".", ",") for v in flat(p)]] for n, p in enumerate(COCO)], ";"),
        "coco17"),
    "one joint a row": (
        _csv([["frame", "keypoint", "x", "y", "confidence"]],
             [[n, name, *pose[j]] for n, pose in enumerate(COCO) for j, name in enumerate(_NAMES)]),
        "coco17"),
    "array": (_array("points.npy", np.save), "coco17"),
    "archive of one array": (_array("points.npz", lambda path, points: np.savez(path, keypoints=points)), "coco17"),
    "MediaPipe table": (
        _csv([["frame", *[f"{field}{j}" for j in range(1, 34) for field in "xyzv"]]],
             [[n, *[v for x, y, c in p.tolist() for v in (x, y, 0.1, c)]] for n, p in enumerate(shares(BLAZE))]),
        "blazepose33"),
    "named table": (
        _csv([["frame", *[f"{name.upper()}_{field}" for name in _NAMES for field in ("x", "y", "visibility")]]],
             [[n, *flat(p)] for n, p in enumerate(COCO)]),
        "coco17"),
    "SLEAP": (
        _csv([["track", "frame_idx", "instance.score",
               *[f"{name}.{field}" for name in _NAMES for field in ("x", "y", "score")]]],
             [["", n, 0.9, *flat(p)] for n, p in enumerate(COCO)]),
        "coco17"),
    "YOLO tojson, a text for each frame": (
        _dump([json.dumps([_ultralytics(p)]) for p in COCO]), "coco17"),
    "YOLO tojson, several lines for each frame": (
        _text("poses.json", "\n".join(json.dumps([_ultralytics(p)], indent=2) for p in COCO)), "coco17"),
    "YOLO to_csv": (
        _csv([["", "name", "class", "keypoints"]],
             [[n, "person", 0, f'"{_ultralytics(p)["keypoints"]}"'] for n, p in enumerate(COCO)]),
        "coco17"),
    "YOLO to_df": (
        _csv([["", "name", "keypoints.x", "keypoints.y", "keypoints.visible"]],
             [[n, "person", *(f'"{value}"' for value in _ultralytics(p)["keypoints"].values())]
              for n, p in enumerate(COCO)]),
        "coco17"),
    "rtmlib": (
        _dump({"keypoints": COCO[:, None, :, :2].tolist(), "scores": COCO[:, None, :, 2].tolist()}), "coco17"),
    "rtmlib, an object for each frame": (
        _dump({"frames": [{"frame": n, "keypoints": [p[:, :2].tolist()], "scores": [p[:, 2].tolist()]}
                          for n, p in enumerate(HALPE)]}),
        "halpe26"),
    "rtmlib, archive": (
        _array("rtm.npz", lambda path, points: np.savez(path, keypoints=points[:, None, :, :2],
                                                        scores=points[:, None, :, 2])),
        "coco17"),
    "MMPose, a result for each frame": (
        _dump([{"predictions": [[{"keypoints": p[:, :2].tolist(), "keypoint_scores": p[:, 2].tolist()}]]}
               for p in COCO]),
        "coco17"),
    "MediaPipe results of a web page": (
        _dump([{"poseLandmarks": [{"x": x, "y": y, "z": -0.1, "visibility": c} for x, y, c in p],
                "poseWorldLandmarks": [{"x": 0.1, "y": 0.1, "z": 0.1}] * 33} for p in shares(BLAZE).tolist()]),
        "blazepose33"),
    "MediaPipe array": (
        _array("points.npy", lambda path, _: np.save(path, np.insert(shares(BLAZE), 2, -0.1, axis=2))), "blazepose33"),
    "MediaPipe flat array": (
        _array("points.npy", lambda path, _: np.save(path, np.insert(shares(BLAZE), 2, -0.1, axis=2).reshape(-1, 132))),
        "blazepose33"),
    "MediaPipe body and hands in a table": (
        _csv([["frame", *[f"{part}_{j}_{field}" for part, n in (("pose", 33), ("left_hand", 21)) for j in range(n)
                          for field in ("x", "y", "visibility")]]],
             [[n, *flat(p), *[""] * 63] for n, p in enumerate(BLAZE)]),
        "blazepose33"),
    "MediaPipe body and hands": (
        _dump([{"frame": n, "keypoints": flat(p)} for n, p in enumerate(widen(BLAZE, 75))]), "blazepose33"),
    "numbers as text": (
        _dump([{**row, "keypoints": [str(v) for v in row["keypoints"]]} for row in alphapose()]), "coco17"),
    "table without names": (_csv([], [flat(p) for p in COCO]), "coco17"),
    "table without names, numbered": (_csv([], [[n, *flat(p)] for n, p in enumerate(COCO)]), "coco17"),
    "numpy.savetxt": (_csv([], [flat(p) for p in COCO], " "), "coco17"),
    "field before joint": (
        _csv([["frame", *[f"{field}_{name}" for name in _NAMES for field in ("x", "y", "conf")]]],
             [[n, *flat(p)] for n, p in enumerate(COCO)]),
        "coco17"),
    "field joined to joint": (
        _csv([["Frame", *[f"{name}{field}" for name in _NAMES for field in ("X", "Y", "Score")]]],
             [[n, *flat(p)] for n, p in enumerate(COCO)]),
        "coco17"),
    "pandas' names of two levels": (
        _csv([["frame", *[f"\"('{name}', '{field}')\"" for name in _NAMES for field in ("x", "y", "likelihood")]]],
             [[n, *flat(p)] for n, p in enumerate(COCO)]),
        "coco17"),
    "table between blanks": (
        _csv([["frame", *[f"{name}_{field}" for name in _NAMES for field in ("x", "y", "conf")]]],
             [[n, *flat(p)] for n, p in enumerate(COCO)], "  "),
        "coco17"),
    "MMPose 0.x, results of a test": (
        _dump([{"preds": [p.tolist()], "boxes": [[1, 2, 3, 4, 5, 0.9]], "image_paths": [f"img/{n:06d}.jpg"]}
               for n, p in enumerate(COCO)]),
        "coco17"),
    "MMPose 0.x, a list for each frame": (
        _dump([[{"bbox": [1, 2, 3, 4, 0.9], "keypoints": p.tolist(), "track_id": 0}] for p in COCO]), "coco17"),
    "Detectron2": (
        _dump([{"frame": n, "pred_boxes": [[1, 2, 3, 4]], "pred_keypoints": [p.tolist()]} for n, p in enumerate(COCO)]),
        "coco17"),
    "Ultralytics' tensors": (
        _dump([{"frame": n, "xy": [p[:, :2].tolist()], "conf": [p[:, 2].tolist()]} for n, p in enumerate(COCO)]),
        "coco17"),
    "lists of arrays": (_dump([[p.tolist()] for p in COCO]), "coco17"),
    "YOLO labels of all frames in one file": (
        _text("all.txt", "\n".join(f"{n} {_yolo_line(p)}" for n, p in enumerate(shares(COCO)))), "coco17"),
    "Halpe with hands": (_dump(alphapose(widen(HALPE, 68))), "halpe26"),
    "MediaPipe, protocol buffers as JSON": (
        _dump([{"landmark": [{"x": x, "y": y, "z": -0.1, "visibility": c} for x, y, c in p]}
               for p in shares(BLAZE).tolist()]),
        "blazepose33"),
    "MediaPipe, a landmark a line": (
        _lines([{"frame": n, "landmark": _BLAZE_NAMES[j], "x": x, "y": y, "z": -0.1, "visibility": c}
                for n, p in enumerate(shares(BLAZE).tolist()) for j, (x, y, c) in enumerate(p)]),
        "blazepose33"),
    "named points of numbered frames": (
        _dump({str(n): {_BLAZE_NAMES[j]: [x, y, -0.1, c] for j, (x, y, c) in enumerate(p)}
               for n, p in enumerate(shares(BLAZE).tolist())}),
        "blazepose33"),
    "ML Kit": (
        _dump([{"landmarks": [{"type": _BLAZE_NAMES[j].upper(), "position": {"x": x, "y": y}, "inFrameLikelihood": c,
                               "position3D": {"x": x, "y": y, "z": -10.0}} for j, (x, y, c) in enumerate(p)]}
               for p in BLAZE.tolist()]),
        "blazepose33"),
    "ml5": (
        _dump([[{"pose": {"score": 0.9, "keypoints": [{"score": c, "part": _NAMES[j], "position": {"x": x, "y": y}}
                                                      for j, (x, y, c) in enumerate(p)]}, "skeleton": []}]
               for p in COCO.tolist()]),
        "coco17"),
    "Vision": (
        _dump({"Frames": [{"Joints": {_VISION.get(name, "{}_{}").format(*name.split("_")) + "_joint":
                                      {"location": [x, y], "confidence": c}
                                      for name, (x, y, c) in zip(_NAMES, p, strict=True)}} for p in COCO.tolist()]}),
        "coco17"),
    "ZED": (
        _dump([{"body_list": [{"id": 0, "keypoint_2d": p[:, :2].tolist(), "keypoint": [[0.0, 0.0, 0.0]] * 18,
                               "keypoint_confidence": (100 * p[:, 2]).tolist()}]} for p in OPEN]),
        "coco18"),
    "messages of a robot": (
        _lines([{"header": {"seq": n}, "skeletons": [{"keypoints": [{"name": name, "x": x, "y": y, "score": c}
                                                                    for name, (x, y, c) in zip(_NAMES, p, strict=True)]}
                                        ]} for n, p in enumerate(COCO.tolist())]),
        "coco17"),
    "PoseTrack of 2017": (
        _dump({"annolist": [{"image": [{"name": f"{n:06d}.jpg"}], "annorect": [{"annopoints": [{"point": [
                   {"id": [j], "x": [x], "y": [y], "score": [c]} for j, (x, y, c) in enumerate(p)]}]}]}
               for n, p in enumerate(COCO.tolist())]}),
        "coco17"),
    "pandas, records": (_dump([dict(zip(_COLUMNS, row, strict=True)) for row in _TABLE]), "coco17"),
    "pandas, columns": (
        _dump({name: {str(n): row[k] for n, row in enumerate(_TABLE)} for k, name in enumerate(_COLUMNS)}), "coco17"),
    "pandas, split": (_dump({"columns": _COLUMNS, "index": list(range(N_FRAMES)), "data": _TABLE}), "coco17"),
    "arrays of numbered people": (_dump({"keypoints": [{"0": p.tolist()} for p in COCO], "skeleton": {}}), "coco17"),
    "OpenPose in Python": (_lines([_candidates(p, with_totals=True) for p in OPEN]), "coco18"),
    "DWPose": (_dump([_dwpose(p) for p in OPEN]), "coco18"),
    "DWPose, scores": (
        _dump([{"bodies": p[:, :2].tolist(), "body_scores": [p[:, 2].tolist()], "hands": [[[0.1, 0.2]] * 21] * 2}
               for p in shares(OPEN)]),
        "coco18"),
    "DWPose, archive": (
        _array("dwpose.npz", lambda path, _: np.savez(
            path, candidate=np.insert(OPEN, 3, 0, axis=2), subset=np.tile(np.arange(20.0), (N_FRAMES, 1, 1)))),
        "coco18"),
    "bodies, hands and faces, archive": (
        _array("dwpose.npz", lambda path, _: np.savez(
            path, bodies=OPEN, hands=np.full((N_FRAMES, 2, 21, 2), 0.5), faces=np.full((N_FRAMES, 1, 68, 2), 0.5))),
        "coco18"),
    "MoveNet": (
        _array("points.npy", lambda path, points: np.save(path, shares(points)[:, None, None][..., [1, 0, 2]])),
        "coco17"),
}  # fmt: skip
