"""How many threads the compiled kernels use; it changes the speed and never a result."""

from __future__ import annotations

from spikecim.errors import ParameterError


def max_threads() -> int:
    """Threads the compiled kernels can use on this machine."""
    import numba

    return int(numba.config.NUMBA_NUM_THREADS)


def set_threads(n: int) -> None:
    """Use `n` threads from now on.

    Raises
    ------
    ParameterError
        If `n` is below 1 or above the machine's number.
    """
    import numba

    if not 1 <= n <= max_threads():
        raise ParameterError(f"--jobs {n}: allowed 1 .. {max_threads()} on this machine")
    numba.set_num_threads(n)
