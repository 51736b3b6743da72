"""Points that people set by hand: the files of Label Studio, LabelMe, Supervisely and Datumaro (CVAT), in the form in
which tools write people that they find."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from formnet.errors import InputError, OtherContentError
from formnet.motion import MAX_EVEN_FRAMES
from formnet.readers.keypoints.confidences import CONFIDENCE_OF_FLAG
from formnet.readers.keypoints.names import are_joints

Object = dict[str, Any]
_HASH = re.compile(r"^[0-9a-f]{8}-")
"""What Label Studio puts before the names of files."""
_MERGED = "export them as COCO keypoints (JSON)"


def unfold_annotations(content: Any, source: str) -> Any:
    """A parsed file of such a tool as frames of people with `keypoints`; every other one as it is.

    Raises:
        InputError: points without places.
        OtherContentError: points that the file does not name, or that it does not say whose they are.
    """
    try:
        return _unfold(content, source)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ZeroDivisionError, OverflowError):
        raise InputError(f"{source}: labelled points without names or places; export the file again") from None


def _unfold(content: Any, source: str) -> Any:
    if isinstance(content, dict):
        if isinstance(content.get("items"), list) and "categories" in content:
            return _read_datumaro(content)
        if isinstance(frames := content.get("frames"), list) and any("figures" in one for one in _objects(frames)):
            size = _size_of(content.get("size"), source)
            return {"frames": [_read_figures(one, source) | size for one in frames]}
        picture = _read_picture(content, source)
        return content if picture is None else picture
    if not isinstance(content, list) or not content or not all(isinstance(item, dict) for item in content):
        return content
    if all("shapes" in item for item in content):
        return [item | (_read_picture(item, source) or {}) for item in content]
    results = [_results_of_task(item) for item in content]
    if not any(results):
        return content
    if len(content) == 1 and any("sequence" in _value(one) for one in results[0]):
        return _read_sequences(results[0])
    return [_read_task(task, found, source) for task, found in zip(content, results, strict=True)]


def _objects(items: Any) -> list[Object]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _value(result: Object) -> Object:
    value = result.get("value")
    return value if isinstance(value, dict) else {}


def _size_of(size: Any, source: str) -> Object:
    known = size if isinstance(size, dict) else {}
    return {f"image{name}": known[name] for name in ("width", "height") if name in known}


def _group(points: list[tuple[Any, Object]], source: str) -> list[Object]:
    """People, from their points and what tells whose each is."""
    people: dict[Any, list[Object]] = defaultdict(list)
    for owner, point in points:
        people[owner].append(point)
    for own in people.values():
        if len({point["name"] for point in own}) < len(own):
            raise OtherContentError(
                f"{source} holds several people, and nothing says which point is whose; label one, or group the points "
                "of each"
            )
    return [{"keypoints": own} for own in people.values()]


def _read_picture(content: Object, source: str) -> Object | None:
    """LabelMe's `shapes` or Supervisely's `objects` of one picture; None for other objects."""
    shapes = [shape for shape in _objects(content.get("shapes")) if shape.get("shape_type") == "point"]
    if shapes:
        points = [(shape.get("group_id"), _point(shape.get("label"), *_first_place(shape))) for shape in shapes]
        return {"people": _group(points, source), **{f"image{name}": content.get(f"image{name.capitalize()}")
                                                     for name in ("width", "height")}}  # fmt: skip
    graphs = [one for one in _objects(content.get("objects")) if isinstance(one.get("nodes"), dict)]
    if not graphs:
        return None
    return {"people": [_read_graph(one["nodes"], source) for one in graphs], **_size_of(content.get("size"), source)}


def _first_place(shape: Object) -> tuple[Any, Any]:
    points = shape.get("points")
    place = points[0] if isinstance(points, list) and points else None
    return (place[0], place[1]) if isinstance(place, list) and len(place) >= 2 else (None, None)


def _point(name: Any, x: Any, y: Any, confidence: float = 1.0) -> Object:
    return {"name": str(name), "x": x, "y": y, "confidence": confidence}


def _read_graph(nodes: Mapping[str, Any], source: str) -> Object:
    """A person of Supervisely."""
    if not are_joints(nodes):
        raise OtherContentError(f"{source} names points by numbers whose meaning is in another file; {_MERGED}")
    points = []
    for name, node in nodes.items():
        place = node.get("loc") if isinstance(node, dict) else None
        if isinstance(place, list) and len(place) == 2 and not node.get("disabled"):
            points.append(_point(name, place[0], place[1]))
    return {"keypoints": points}


def _read_figures(frame: Any, source: str) -> Object:
    """A frame of a film of Supervisely."""
    if not isinstance(frame, dict):
        return {"people": []}
    people = []
    for figure in _objects(frame.get("figures")):
        geometry = figure.get("geometry")
        if isinstance(geometry, dict) and isinstance(geometry.get("nodes"), dict):
            people.append(_read_graph(geometry["nodes"], source))
    return {"frame": frame.get("index"), "people": people}


def _read_datumaro(content: Object) -> Any:
    categories = content["categories"]
    labels = categories.get("label", {}).get("labels", []) if isinstance(categories, dict) else []
    names = [label.get("name") if isinstance(label, dict) else None for label in labels]
    frames = []
    for item in _objects(content["items"]):
        people: list[Object] = []
        for skeleton in _objects(item.get("annotations")):
            points = []
            for element in _objects(skeleton.get("elements")):
                number, flags, place = (element.get(name) for name in ("label_id", "visibility", "points"))
                flag = flags[0] if isinstance(flags, list) and flags and flags[0] in (0, 1, 2) else 2
                if isinstance(number, int) and 0 <= number < len(names) and isinstance(place, list) and len(place) == 2:
                    points.append(_point(names[number], place[0], place[1], CONFIDENCE_OF_FLAG[flag]))
            people += [{"keypoints": points}] if points else []
        frame = (item.get("attr") or {}).get("frame", item.get("id"))
        frames.append({"frame": frame, "people": people, "orig_shape": (item.get("image") or {}).get("size")})
    return {"frames": frames} if any(frame["people"] for frame in frames) else content


def _results_of_task(task: Object) -> list[Object]:
    """What was labelled in one picture or film of Label Studio, in its full or its short form of JSON."""
    results = [
        result
        for annotation in _objects(task.get("annotations") or task.get("completions"))
        for result in _objects(annotation.get("result"))
        if "keypointlabels" in _value(result) or "sequence" in _value(result)
    ]
    if results:
        return results
    return [item | {"value": item} for part in task.values() for item in _objects(part) if "keypointlabels" in item]


def _read_task(task: Object, results: list[Object], source: str) -> Object:
    data = task.get("data")
    images = [text for text in (data if isinstance(data, dict) else task).values() if isinstance(text, str)]
    points, size = [], (1, 1)
    for result in results:
        value, names = _value(result), _value(result).get("keypointlabels")
        width, height = result.get("original_width"), result.get("original_height")
        if isinstance(names, list) and names and all(isinstance(value.get(axis), (int, float)) for axis in "xy"):
            is_known = isinstance(width, int) and isinstance(height, int)
            size = (width, height) if is_known else size  # type: ignore[assignment]
            place = (value["x"] * size[0] / 100, value["y"] * size[1] / 100)
            points.append((result.get("parentID"), _point(names[0], *place)))
    named = {"image": _HASH.sub("", images[0].rsplit("/", 1)[-1])} if images else {}
    sized = {} if size == (1, 1) else {"imagewidth": size[0], "imageheight": size[1]}
    return {**named, **sized, "people": _group(points, source)}


def _read_sequences(results: list[Object]) -> Object:
    """Boxes of Label Studio that follow a joint each through a film; what is between two of them lies between."""
    frames: dict[int, list[Object]] = defaultdict(list)
    fps = None
    for result in results:
        value = _value(result)
        names = value.get("labels") or value.get("videorectangle") or [""]
        boxes = [box for box in _objects(value["sequence"]) if isinstance(box.get("frame"), int)]
        if value.get("framesCount") and value.get("duration"):
            fps = value["framesCount"] / value["duration"]
        if not boxes:
            continue
        numbers = np.array([box["frame"] for box in boxes])
        if np.ptp(numbers) > MAX_EVEN_FRAMES:
            raise ValueError("more frames than a clip may have")
        shown = np.arange(numbers[0], numbers[-1] + 1)
        x, y = (np.interp(shown, numbers, [(box[axis] + box.get(side, 0) / 2) / 100 for box in boxes])
                for axis, side in (("x", "width"), ("y", "height")))  # fmt: skip
        is_on = np.array([box.get("enabled", True) for box in boxes])[np.searchsorted(numbers, shown, side="right") - 1]
        for place, number in enumerate(shown):
            if is_on[place] or number in numbers:
                frames[int(number) - 1].append(_point(names[0], float(x[place]), float(y[place])))
    people = [{"frame": number, "people": [{"keypoints": points}]} for number, points in sorted(frames.items())]
    return {"fps": fps, "frames": people}
