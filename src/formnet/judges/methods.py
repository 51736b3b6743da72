"""Methods of a benchmark by name: the plain judges, and what is registered beside them."""

from __future__ import annotations

from collections.abc import Sequence

from formnet.errors import InputError
from formnet.evaluation.benchmark import Method
from formnet.judges.plain.dtw import NearestNeighbourDTW
from formnet.judges.plain.forest import AngleForest
from formnet.judges.plain.majority import MajorityClass
from formnet.judges.plain.minirocket import MiniRocket

_PLAIN = ("formnet.judges.plain", "formnet.judges.parts")

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("majority", "majority class", MajorityClass, is_seeded=False, modules=_PLAIN),
        Method("dtw", "1-NN DTW", NearestNeighbourDTW, is_seeded=False, modules=_PLAIN),
        Method("minirocket", "MiniRocket", MiniRocket, modules=_PLAIN),
        Method("forest", "random forest on joint angles", AngleForest, modules=_PLAIN),
    )
}
"""What needs torch registers itself with `register_method` (see `benchmarks/common.py`)."""


def register_method(method: Method) -> None:
    """Adds a row to every benchmark that is run afterwards; raises `InputError` when the name is taken."""
    if method.name in METHODS:
        raise InputError(f"a method {method.name!r} is registered already; choose another name")
    METHODS[method.name] = method


def choose_methods(names: Sequence[str]) -> list[Method]:
    """The methods of these names; raises `InputError` for one that is not registered."""
    unknown = [name for name in names if name not in METHODS]
    if unknown:
        raise InputError(f"unknown method {', '.join(unknown)}; there are {', '.join(METHODS)}")
    return [METHODS[name] for name in names]
