"""Named sets of limits: a coach's opinion is a file, not code."""

DEFAULT_STANDARD = "coaching"
