"""``python -m spikecim`` is the `spikecim` command."""

from spikecim.cli import main

main()
