"""A set of rendered pictures with the joints of everybody in them: one, two or three people, some of them hidden.

Written as COCO keypoint JSON with JPEGs, so that it is trained on like any other set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from formnet.body import load_body
from formnet.conversion import conversion_matrix
from formnet.readers.pictures.base import HIDDEN, UNLABELLED, VISIBLE, LabelledPerson, LabelledPicture
from formnet.readers.pictures.coco_people import write_coco_people
from formnet.rendered.scenes import FilmedScene, SceneOptions, sample_scenes
from formnet.skeleton import BLAZEPOSE_33, SMPL_24, SPINE_27
from formnet.storage.files import atomic_path
from formnet.synth.camera import Camera
from formnet.synth.scene import find_hidden, render_scene

_SPINE = tuple(joint for joint in SPINE_27.joints if joint in SMPL_24 and joint not in BLAZEPOSE_33)
_PART_M = {"head": 0.17, "trunk": 0.22, "arm": 0.11, "leg": 0.13}


def write_rendered_pictures(
    folder: Path, options: SceneOptions, on_scene: Callable[[int, int], None] | None = None
) -> Path:
    """Draws a set into `folder/pictures` and its labels into `folder/labels.json`, which comes last; returns that."""
    done = []
    for number, scene in enumerate(sample_scenes(load_body(), options)):
        for frame, (picture, people) in enumerate(draw_scene(scene)):
            path = folder / "pictures" / f"{number:05d}_{frame:02d}.jpg"
            with atomic_path(path) as temporary:
                Image.fromarray(picture).save(temporary, quality=93)
            done.append(LabelledPicture(path, people, clip=f"{number:05d}", frame=frame))
        if on_scene is not None:
            on_scene(number + 1, options.scenes)
    write_coco_people(folder / "labels.json", done, SPINE_27)
    return folder / "labels.json"


def draw_scene(scene: FilmedScene) -> Iterator[tuple[np.ndarray, tuple[LabelledPerson, ...]]]:
    """Pictures (H, W, 3) of one scene, each with its people."""
    joints = [join_labelled(actor.posed.landmarks, actor.posed.joints) for actor in scene.actors]
    for frame, drawn in enumerate(render_scene((*scene.actors, *scene.strangers), scene.things, scene.camera)):
        people = tuple(
            _label(own[frame], actor.posed.vertices[frame], scene.camera, drawn.depth)
            for own, actor in zip(joints, scene.actors, strict=True)
        )
        yield drawn.picture, tuple(person for person in people if person.flags.any())


def join_labelled(landmarks: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """`SPINE_27` (..., 27, 3) from BlazePose landmarks (..., 33, 3) and SMPL joints (..., 24, 3)."""
    weights = np.nan_to_num(conversion_matrix(BLAZEPOSE_33, SPINE_27)).astype(landmarks.dtype)
    labelled = weights @ landmarks
    labelled[..., SPINE_27.indices(_SPINE), :] = joints[..., SMPL_24.indices(_SPINE), :]
    return labelled


def _label(joints: np.ndarray, vertices: np.ndarray, camera: Camera, depth: np.ndarray) -> LabelledPerson:
    pixels, outline = camera.project(joints), camera.project(vertices)
    size = np.array([camera.width, camera.height])
    is_hidden = find_hidden(depth, camera, joints, THICKNESS_M)
    inside = np.asarray(((pixels >= 0) & (pixels < size)).all(axis=1))
    flags = np.where(~inside, UNLABELLED, np.where(is_hidden, HIDDEN, VISIBLE)).astype(np.intp)
    low, high = np.clip(outline.min(axis=0), 0, size), np.clip(outline.max(axis=0), 0, size)
    seen = camera.to_camera(joints)
    solid = seen - seen[SPINE_27.index("pelvis")]
    # COCO's areas are those of masks: about half of the box for people who stand.
    area = 0.5 * float((high - low).prod())
    box = np.concatenate([low, high])
    return LabelledPerson(np.where(inside[:, None], pixels, np.nan), flags, box, max(area, 1.0), solid=solid)


def _part_thickness(joint: str) -> float:
    part = next(part for part, joints in SPINE_27.parts.items() if joint in joints)
    return _PART_M[part.split("_")[-1]]


THICKNESS_M = np.array([_part_thickness(joint) for joint in SPINE_27.joints])
"""How far (27,) the body reaches from each joint towards a camera; see `find_hidden`."""
