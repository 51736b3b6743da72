"""Tables with a row for each joint and frame become tables with a row for each frame."""

from __future__ import annotations

_JOINT_COLUMNS = frozenset(
    f"{what}{ending}"
    for what in ("joint", "keypoint", "bodypart", "body_part", "landmark", "part", "point", "marker")
    for ending in ("", "_name", "_id", "_index")
) | {"name", "label"}  # fmt: skip
_FIELDS = ("x", "y", "z", "confidence", "conf", "score", "visibility", "likelihood", "prob", "c", "v")


def widen_long_table(rows: list[list[str]]) -> list[list[str]]:
    """The table with columns such as left_knee_x; itself where it is no table of one joint a row.

    Args:
        rows: of one width, the names of the columns first.
    """
    header = [name.strip().lower() for name in rows[0]]
    joint = next((column for column, name in enumerate(header) if name in _JOINT_COLUMNS), None)
    if joint is None or not {"x", "y"} <= set(header):
        return rows
    fields = [column for column, name in enumerate(header) if name in _FIELDS]
    keys = [column for column in range(len(header)) if column != joint and column not in fields]
    # A joint that comes again begins another frame, whatever else tells frames apart.
    frames: list[tuple[list[str], dict[str, list[str]]]] = []
    for row in rows[1:]:
        told, name = [row[column] for column in keys], row[joint].strip()
        if not frames or frames[-1][0] != told or name in frames[-1][1]:
            frames.append((told, {}))
        frames[-1][1][name] = [row[column] for column in fields]
    names = list(dict.fromkeys(name for _, joints in frames for name in joints))
    wide = [[header[column] for column in keys] + [f"{name}_{header[column]}" for name in names for column in fields]]
    nothing = [""] * len(fields)
    for told, joints in frames:
        wide.append(told + [cell for name in names for cell in joints.get(name, nothing)])
    return wide
