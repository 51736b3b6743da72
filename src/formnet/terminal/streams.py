"""Standard output and error that take every word: whatever their encoding, also when they are closed."""

from __future__ import annotations

import codecs
import os
import sys
import unicodedata

_PLAIN = {
    "–": "-", "—": "-", "−": "-", "‑": "-", "→": "->", "←": "<-", "…": "...", "×": "x", "·": "*", "•": "*", "✓": "ok",
    "✗": "x", "°": " deg", "±": "+-", "≥": ">=", "≤": "<=", "≈": "~", "“": '"', "”": '"', "„": '"', "’": "'", "‘": "'",
    "█": "#", "░": ".", "▒": ":", "▏": "|", "━": "-", "╸": "-", "╺": "-", "─": "-", "│": "|", "\u00a0": " ",
    "\u202f": " ", "\u2009": " ", "ß": "ss", "²": "2", "³": "3", "µ": "u", "½": "1/2",
}  # fmt: skip


def prepare_streams() -> None:
    """Makes the streams safe to write to.

    A character that an encoding lacks is written plainly (→ as ->), and bytes of a file name that are no text as
    \\udcXX. A number of a closed stream is taken, so that no file of ours gets it and what a library prints into it.
    """
    _fill_closed()
    codecs.register_error("formnet-plain", _replace)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="formnet-plain")


def one_line(text: str) -> str:
    """The text with line breaks and control characters of names as escapes, so that a sentence stays one line."""
    return "".join(
        character if character.isprintable() or character == " " or unicodedata.category(character) in ("Co", "Cs")
        else character.encode("unicode_escape").decode()
        for character in text
    )  # fmt: skip


def is_closed(stream: object) -> bool:
    """True for a standard stream that the program was started without."""
    return stream is None


def make_plain(text: str) -> str:
    """The text in ASCII, readable: known signs by their usual stand-ins, letters without their accents."""
    return "".join(_plain_character(character) for character in text)


def _plain_character(character: str) -> str:
    if character.isascii():
        return character
    if character in _PLAIN:
        return _PLAIN[character]
    base = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return base or character.encode("ascii", "backslashreplace").decode()


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return make_plain(error.object[error.start : error.end]), error.end


def _fill_closed() -> None:
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
