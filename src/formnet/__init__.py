"""formnet: judges how well a person performs an exercise, from an ordinary video.

    import formnet as fn

    verdict = fn.judge(fn.read("squat.mp4"))

The functions live in `formnet.api`; what they need is imported when the first of them is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from formnet.api import (
        compare,
        estimate_pose,
        evaluate,
        find_repetitions,
        judge,
        load_dataset,
        read,
        train,
    )

__version__ = "0.1.0"
__all__ = ["compare", "estimate_pose", "evaluate", "find_repetitions", "judge", "load_dataset", "read", "train"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("formnet.api"), name)
    raise AttributeError(f"module 'formnet' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
