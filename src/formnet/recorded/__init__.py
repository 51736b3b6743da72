"""Recorded people: motions of data sets posed on the body, so that tempo, sway and style are people's own."""
