"""What can go wrong, said in one sentence that names the remedy.

Everything a user can cause is a `FormnetError`; the command line prints its message and exits with
code 2. Invariants of our own code are `assert`.
"""

from __future__ import annotations

from collections.abc import Iterable


class FormnetError(Exception):
    """Base of every error that a user can cause; its text is one sentence with the remedy."""


class InputError(FormnetError):
    """A file or value that cannot be used: missing, unreadable, malformed, empty or hostile."""


class OtherContentError(InputError):
    """A sound file that holds something else than what is looked for: in a folder it is left out, and named."""


class PoseError(FormnetError):
    """A clip was read, but it does not show what is needed (nobody, too few frames, no repetition)."""


def add_noticed(sentence: str, noticed: Iterable[str]) -> str:
    """A refusal with what was noticed on the way, which may be the true reason: two people, a damaged file."""
    said = "; ".join(noticed)
    return f"{sentence} (also: {said})" if said else sentence


class SkeletonError(FormnetError):
    """A joint set lacks joints that are needed, or its name is not known."""


class CheckpointError(FormnetError):
    """A model file is missing, of another format, or does not fit this version."""


class DataError(FormnetError):
    """A data set is incomplete, damaged, or split in a way that leaks a person or a day.

    `problems` holds every finding, one sentence each.
    """

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems
