"""Gathers the subcommands; turns every error a user can cause into one sentence and exit code 2."""

from __future__ import annotations

import importlib
import os
import sys

import typer

from formnet import __version__
from formnet.errors import FormnetError

# Subcommand → (module, function or Typer app). A module is imported only when its command is asked for, so
# `formnet --help` needs no torch.
COMMANDS: dict[str, tuple[str, str]] = {}


def fail(message: str) -> None:
    """Prints one sentence to standard error; the caller exits with code 2."""
    print(f"formnet: {message}", file=sys.stderr)


def main() -> None:
    """Entry point of the console command."""
    raise NotImplementedError


_ = (importlib, os, typer, FormnetError, __version__)
