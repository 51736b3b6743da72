"""Tables with a row for each joint and frame become tables with a row for each frame."""

from __future__ import annotations

from formnet.readers.keypoints.clock import time_unit_of
from formnet.readers.keypoints.names import joint_named, plain_key

FRAME_COLUMNS = (
    "frame", "frames", "frameidx", "frameid", "frameno", "framenum", "framenumber", "frameindex", "framecount", "fnum",
    "image", "imageid", "imagename", "imgname", "img", "imagepath", "filename", "file", "path", "index",
)  # fmt: skip
"""Names of columns that say the frame, without signs, the surer ones first."""
TRACK_COLUMNS = (
    "track", "trackid", "person", "personid", "individual", "individuals", "subject", "subjectid", "bodyid", "pid",
    "id",
)  # fmt: skip
_JOINT_COLUMNS = frozenset(
    f"{what}{ending}"
    for what in ("joint", "keypoint", "bodypart", "landmark", "part", "point", "marker", "node")
    for ending in ("", "name", "id", "index", "idx", "type")
) | {"name", "label", "type"}  # fmt: skip
_FIELDS = ("x", "y", "z", "confidence", "conf", "score", "visibility", "likelihood", "prob", "c", "v", "vis")


def widen_long_table(rows: list[list[str]]) -> list[list[str]]:
    """The table with columns such as left_knee_x; itself where it is no table of one joint a row.

    Args:
        rows: of one width, the names of the columns first.
    """
    header = [name.strip().lower() for name in rows[0]]
    joint = _find_joints(header, rows[1:])
    if joint is None or not {"x", "y"} <= set(header):
        return rows
    fields = [column for column, name in enumerate(header) if name in _FIELDS]
    keys = [column for column in range(len(header)) if column != joint and column not in fields]
    telling = [column for column in keys if _tells_row(header[column])]
    # Other columns differ from joint to joint, as a number of the row does.
    keys = telling or keys
    # A joint that comes again begins another person or frame, whatever else tells them apart.
    frames: list[tuple[list[str], dict[str, list[str]]]] = []
    open_frames: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for row in rows[1:]:
        told, name = [row[column] for column in keys], row[joint].strip()
        joints = open_frames.get(tuple(told))
        if joints is None or name in joints:
            joints = open_frames[tuple(told)] = {}
            frames.append((told, joints))
        joints[name] = [row[column] for column in fields]
    names = list(dict.fromkeys(name for _, joints in frames for name in joints))
    wide = [[header[column] for column in keys] + [f"{name}_{header[column]}" for name in names for column in fields]]
    nothing = [""] * len(fields)
    for told, joints in frames:
        wide.append(told + [cell for name in names for cell in joints.get(name, nothing)])
    return wide


def _find_joints(header: list[str], rows: list[list[str]]) -> int | None:
    """The column that names joints, else one that numbers them."""
    columns = [column for column, name in enumerate(header) if plain_key(name) in _JOINT_COLUMNS]
    named = (column for column in columns if any(joint_named(row[column]) for row in rows[:33]))
    return next(named, columns[0] if columns else None)


def _tells_row(name: str) -> bool:
    return plain_key(name) in (*FRAME_COLUMNS, *TRACK_COLUMNS) or time_unit_of(name) is not None
