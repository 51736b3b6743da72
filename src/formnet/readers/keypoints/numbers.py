"""A number in a text, as programs write it and as the spreadsheets of any country do."""

from __future__ import annotations

import re

_BLANKS = re.compile(r"(?<=\d)[\s'’_](?=\d{3}(?!\d))")


def number_in(text: str) -> float:
    """`1.5`, `1,5`, `1,234.5`, `1.234,5`, `1 234,5` or `1'234.5` as a number; NaN for other texts.

    A single comma is that of decimals.
    """
    text = text.strip()
    try:
        return float(text)
    except ValueError:
        pass
    text = _BLANKS.sub("", text)
    if text.count(",") and text.count("."):
        grouping = "," if text.rfind(".") > text.rfind(",") else "."
    else:
        grouping = next((mark for mark in ",." if text.count(mark) > 1), "")
    text = text.replace(grouping, "") if grouping else text
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("nan")
