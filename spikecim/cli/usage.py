"""Words that no command takes, as one line: an unknown option, a missing argument, a number out of its range."""

from __future__ import annotations

import sys

import typer

_USER_ERROR = 2


def call(app: typer.Typer) -> int:
    """Run `app` on the words of the command line; its exit code."""
    try:
        return app(standalone_mode=False) or 0
    except Exception as error:
        # The base class of these errors has no public name in all versions of typer.
        told = getattr(error, "format_message", None)
        if told is None:
            raise
        message = str(told()).rstrip()
        if not message or "\n" in message:  # a group called without a command: its help, if it is not shown yet
            sys.stderr.write(f"{message}\n" if message else "")
            return _USER_ERROR
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "spikecim"
        sys.stderr.write(f"error: {message.rstrip('.')}; see {command} --help\n")
        return _USER_ERROR
