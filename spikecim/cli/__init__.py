"""The command line: parse, call, print. Nothing heavy is imported until a command needs it."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of the `spikecim` command."""
    try:
        from spikecim.cli.app import app
        from spikecim.cli.usage import call

        sys.exit(call(app))
    except KeyboardInterrupt:
        # Outside a command (an import, say) Ctrl-C still ends quietly.
        sys.stderr.write("interrupted\n")
        sys.exit(130)
