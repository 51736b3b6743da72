"""Quantities of one repetition, each with unit, definition and error: what every verdict rests on."""
