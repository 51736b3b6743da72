"""Gathers the subcommands; turns every error a user can cause into one sentence and exit code 2."""

from __future__ import annotations

import contextlib
import contextvars
import importlib
import os
import sys
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from formnet import __version__
from formnet.errors import DataError, FormnetError, InputError
from formnet.terminal.stopping import Stopped, find_stop, has_arrived, stop_on_signals
from formnet.terminal.streams import is_closed, one_line, prepare_streams

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
    "recorded": ("formnet.cli.recorded", "Pose recordings of a data set on bodies, to train lifters on."),
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
    tell(str(error))
    if isinstance(error, DataError):
        for problem in error.problems:
            print(f"  - {one_line(problem)}", file=sys.stderr)


def tell(sentence: str) -> None:
    """One line on standard error, whatever names stand in it."""
    with contextlib.suppress(OSError, ValueError):
        print(f"formnet: {one_line(sentence)}", file=sys.stderr, flush=True)


def run(arguments: list[str] | None = None) -> int:
    """Runs the command line and returns its exit code (2 for everything a user can mend)."""
    # What a command says of its inputs and outputs holds for this run alone.
    return contextvars.copy_context().run(_run, sys.argv[1:] if arguments is None else arguments)


def _run(arguments: list[str]) -> int:
    stop_on_signals()
    try:
        _check(arguments)
        code = app(args=arguments, prog_name="formnet", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except FormnetError as error:
        fail(error)
        return 2
    except SystemExit as leaving:
        if isinstance(leaving.__context__, BrokenPipeError):
            return _NOBODY_READS
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except Stopped as stopped:
        return _end_stopped(stopped)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): there is nobody left to tell.
        return _NOBODY_READS
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        tell(f"{where}{error.strerror or error}; free space, or check the path and its permissions")
        return 2
    except MemoryError:
        tell("there is not enough memory for this; give a shorter clip or a smaller file, or close other programs")
        return 2
    except Exception as error:
        if (lost := find_stop()) is not None:
            return _end_stopped(lost)
        if hasattr(error, "format_message") and hasattr(error, "exit_code"):
            # Click's own, wherever this version of Typer keeps them.
            return _refuse_usage(error, arguments)
        if os.environ.get(_TRACEBACK):
            raise
        tell(f"internal error ({type(error).__name__}: {error}); please report it, with what {_TRACEBACK}=1 prints")
        return 1
    return code if isinstance(code, int) else 0


def _end_stopped(stopped: Stopped) -> int:
    """Says what is kept; the exit code."""
    has_arrived()
    tell(str(stopped))
    return stopped.code


def _refuse_usage(error: Any, arguments: list[str]) -> int:
    """One sentence for options and arguments that cannot be; the help where there are none."""
    context = getattr(error, "ctx", None)
    where = "formnet" if context is None else context.command_path
    named = next((one for one in arguments if one.startswith("-") and Path(one).exists()), None)
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
    elif named is not None:
        tell(f"{named} looks like an option; write ./{named} for the file of that name")
    else:
        tell(f"{error.format_message().rstrip('.')}; see {where} --help")
    return int(error.exit_code)


def _check(arguments: list[str]) -> None:
    """Raises `InputError` for what no command can mean."""
    for argument in arguments:
        if argument == "" or (argument.startswith("--") and argument.endswith("=") and argument.count("=") == 1):
            raise InputError('"" is no path and no value; give one, or leave the option out')
    if "--json" in arguments and is_closed(sys.stdout):
        raise InputError("standard output is closed, so nothing can be printed; redirect it to a file")


_TRACEBACK = "FORMNET_TRACEBACK"
_NOBODY_READS = 141
"""The code of a program that SIGPIPE ended."""


def main() -> None:
    """Entry point of the console command."""
    prepare_streams()
    code = run()
    for stream in (sys.stdout, sys.stderr):
        # A reader that went away, or a stream that was closed because of it, wants nothing any more.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    # Everything is written: taking torch and MediaPipe apart, object by object, would keep the user waiting a second.
    os._exit(code)
