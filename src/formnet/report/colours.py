"""Colours of pages and plots, once. Pictures and videos have brighter ones of their own (`report/drawing.py`)."""

from __future__ import annotations

GOOD, FAULT, UNSURE = "#1a7f4b", "#c0392b", "#b7791f"
LINE, TEXT, SOFT = "#e3e6ea", "#1d2733", "#66727f"
COURSES = ("#1f6fb2", "#8a4fbf", "#c77700")
"""Of lines over time, in the order in which they are drawn."""

PAGE = {"good": GOOD, "fault": FAULT, "unsure": UNSURE, "line": LINE, "text": TEXT, "soft": SOFT}
"""What the style sheet of the pages calls them."""
