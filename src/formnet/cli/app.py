"""Gathers the subcommands; turns every error a user can cause into one sentence and exit code 2."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from formnet import __version__
from formnet.errors import DataError, FormnetError

# Subcommand → (module, one line of help). A module is imported only when its command is asked for, so that
# `formnet --help` answers at once and a broken optional part breaks only itself.
COMMANDS: dict[str, tuple[str, str]] = {
    "classify": ("formnet.cli.classify", "Judge every repetition in clips."),
    "compare": ("formnet.cli.compare", "Compare a performance with a reference, part by part."),
    "match": ("formnet.cli.match", "Find the frame of a video that is most like a picture."),
    "index": ("formnet.cli.index", "Index a library of poses for search."),
    "search": ("formnet.cli.search", "Find the nearest poses of an index."),
    "pose": ("formnet.cli.pose", "Estimate poses and export them to other tools."),
    "data": ("formnet.cli.data", "List, check and prepare data sets."),
    "standards": ("formnet.cli.standards", "List, show and check standards: named sets of limits."),
    "measures": ("formnet.cli.standards", "List every measure with its unit, definition and errors."),
    "ranges": ("formnet.cli.ranges", "Read ranges of right and wrong form from labelled repetitions."),
    "synth": ("formnet.cli.synth", "Render simulated squats with their truth."),
    "fit-noise": ("formnet.cli.fit_noise", "Refit the error model of the pose estimator."),
    "fit-errors": ("formnet.cli.fit_errors", "Refit the errors of measures on simulated people."),
    "demo": ("formnet.cli.demo", "Judge the embedded example clip."),
    "doctor": ("formnet.cli.doctor", "Check the installation and say what is wrong."),
}


class LazyGroup(TyperGroup):
    """Imports a subcommand's module when it is called; the list of commands comes from `COMMANDS`."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        return typer.core.TyperCommand(cmd_name, help=COMMANDS[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, stub, rest = super().resolve_command(ctx, args)
        return name, None if stub is None else load_command(str(name)), rest


def load_command(name: str) -> Any:
    """The subcommand `name`: a function of that name in its module, or a Typer app where it has subcommands."""
    entry = getattr(importlib.import_module(COMMANDS[name][0]), name.replace("-", "_"))
    if isinstance(entry, typer.Typer):
        group = entry
    else:
        group = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)
        group.command(name, context_settings={"help_option_names": ["-h", "--help"]})(entry)
    group._add_completion = False
    command = typer.main.get_command(group)
    command.name = name
    return command


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"formnet {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
) -> None:
    """Judge how well a person performs an exercise, from an ordinary video.

    Start with: formnet classify clip.mp4
    """


def fail(error: FormnetError) -> None:
    """Prints one sentence to standard error, and every finding where there are several."""
    print(f"formnet: {error}", file=sys.stderr)
    if isinstance(error, DataError):
        for problem in error.problems:
            print(f"  - {problem}", file=sys.stderr)


def run(arguments: list[str] | None = None) -> int:
    """Runs the command line and returns its exit code (2 for everything a user can mend)."""
    try:
        app(args=arguments, prog_name="formnet", standalone_mode=True)
    except FormnetError as error:
        fail(error)
        return 2
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except KeyboardInterrupt:
        print("formnet: stopped; nothing half-written was left", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`): there is nobody left to tell.
        sys.stderr.close()
        return 141
    return 0


def main() -> None:
    """Entry point of the console command."""
    code = run()
    for stream in (sys.stdout, sys.stderr):
        # A reader that went away, or a stream that was closed because of it, wants nothing any more.
        with contextlib.suppress(BrokenPipeError, ValueError):
            stream.flush()
    # Everything is written: taking torch and MediaPipe apart, object by object, would keep the user waiting a second.
    os._exit(code)
