"""Runs ngspice on our netlists and compares: many circuits in one process, read back in full precision."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.solve import solve
from spikecim.arrays.crossbar.spice import netlist
from spikecim.errors import MissingExtraError, ParameterError

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Circuit:
    """An array with one input vector (n_rows,), as `netlist` takes it."""

    crossbar: Crossbar
    inputs: ArrayLike
    read_voltage: float | None = None


def ngspice_path() -> str:
    """Where ngspice is.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    path = shutil.which("ngspice")
    if path is None:
        raise MissingExtraError(
            "ngspice is not on the PATH, and the comparison needs it; install it, for example: apt-get install ngspice"
        )
    return path


def operating_points(netlists: Sequence[str]) -> list[dict[str, float]]:
    """Operating point of each deck, all in one ngspice process: names such as ``"v(r0_0)"``, ``"i(vout0)"`` to values.

    Raises
    ------
    MissingExtraError
        If ngspice is not installed.
    ParameterError
        If it finds no operating point for a deck.
    """
    program = ngspice_path()
    with tempfile.TemporaryDirectory(prefix="spikecim-ngspice-") as folder:
        for number, text in enumerate(netlists):
            (Path(folder) / f"{number}.cir").write_text(text, encoding="ascii", errors="replace")
        script = ["* all circuits", ".control", "set filetype=binary"]
        for number in range(len(netlists)):
            # A circuit is dropped when done, or the next ones would wade through it.
            script += [f"source {number}.cir", "op", f"write {number}.raw", "destroy all", "remcirc"]
        (Path(folder) / "all.cir").write_text("\n".join([*script, "quit", ".endc", ".end", ""]), encoding="ascii")
        done = subprocess.run(
            [program, "-n", "-b", "all.cir"], cwd=folder, capture_output=True, text=True, errors="replace", check=False
        )
        return [_read(Path(folder) / f"{number}.raw", number, done) for number in range(len(netlists))]


def _read(path: Path, number: int, done: subprocess.CompletedProcess[str]) -> dict[str, float]:
    """Values of a binary raw file of one point; the header is text, then doubles of this machine."""
    head, _, body = path.read_bytes().partition(b"Binary:\n") if path.exists() else (b"", b"", b"")
    # After a failure ngspice writes its table of constants instead.
    if b"Plotname: Operating Point" not in head:
        said = [line.strip() for line in (done.stderr + done.stdout).splitlines() if "rror" in line]
        reason = said[0] if said else f"exit code {done.returncode}"
        raise ParameterError(f"circuit {number}: ngspice found no operating point ({reason}); look at its netlist")
    lines = head.decode("ascii", errors="replace").partition("Variables:\n")[2].splitlines()
    names = [line.split("\t")[2] for line in lines]
    values = np.frombuffer(body, np.float64)
    if len(values) != len(names):
        raise ParameterError(
            f"circuit {number}: ngspice wrote {len(values)} values for {len(names)} names; is its disk full?"
        )
    return dict(zip(names, values.tolist(), strict=True))


def column_currents(point: Mapping[str, float], n_cols: int) -> Floats:
    """Currents (n_cols,) in ampere of an operating point."""
    return np.array([point[f"i(vout{j})"] for j in range(n_cols)])


def ngspice_currents(crossbar: Crossbar, inputs: ArrayLike, *, read_voltage: float | None = None) -> Floats:
    """What `solve` returns as currents, (n_samples, n_cols) in ampere, from ngspice; `inputs` as there."""
    rows = np.atleast_2d(np.asarray(inputs))
    decks = [netlist(crossbar, row, read_voltage=read_voltage) for row in rows]
    return np.stack([column_currents(point, crossbar.shape[1]) for point in operating_points(decks)])


def compare_with_ngspice(circuits: Iterable[Circuit], *, method: str = "auto") -> list[float]:
    """Largest difference of a column current from ngspice's, as a share of the largest current; one for each circuit.

    Raises
    ------
    MissingExtraError
        If ngspice is not installed.
    ShapeError, ParameterError, CircuitError
        As `solve` does with `method`.
    """
    listed = list(circuits)
    decks = [netlist(circuit.crossbar, circuit.inputs, read_voltage=circuit.read_voltage) for circuit in listed]
    return [_difference(circuit, point, method) for circuit, point in zip(listed, operating_points(decks), strict=True)]


def _difference(circuit: Circuit, point: Mapping[str, float], method: str) -> float:
    crossbar, vector = circuit.crossbar, np.asarray(circuit.inputs)[None]
    theirs = column_currents(point, crossbar.shape[1])
    ours = solve(crossbar, vector, read_voltage=circuit.read_voltage, method=method).currents[0]
    largest = float(np.abs(theirs).max())
    return float(np.abs(ours - theirs).max()) / largest if largest > 0.0 else float(np.abs(ours).max())
