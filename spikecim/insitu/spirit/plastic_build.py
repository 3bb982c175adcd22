"""A fresh virtual chip to a plastic program: every write that learning can make is drawn before, in whole electrons.

The charges of a cell are those of `arrays.groups.read_groups`, cell by cell: k g G V_read t_pulse / e, with the gain g
of the injector that its side feeds. The cell model writes each cell `n_pool` times to each state (devices/oxram.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.constants import elementary_charge

from spikecim.arrays.codes.unary_bipolar import UnaryBipolar
from spikecim.build import VirtualChip, build
from spikecim.chips.spec import ChipSpec
from spikecim.engines.plastic_program import HRS, LRS, PlasticProgram
from spikecim.engines.plastic_rule import StdpRule
from spikecim.errors import ParameterError
from spikecim.insitu.spirit.living_chip import check_chip
from spikecim.network import Network
from spikecim.streams import name_key, stream

N_POOL = 32


@dataclass(frozen=True, kw_only=True)
class PlasticChip:
    """A chip that STDP writes, and what its writes cost in pulses.

    Attributes
    ----------
    made : VirtualChip
        As it was built.
    program : PlasticProgram
        What an engine needs.
    pulses : int32 (2, n_in, n_out, 2, n_cells, n_pool)
        Pulses of each write in the pool, by state: one, or as many as write-verify needed.
    """

    made: VirtualChip
    program: PlasticProgram
    pulses: NDArray[np.int32]


def build_plastic(
    chip: ChipSpec, network: Network, rule: StdpRule, seed: int, chip_index: int = 0, *, n_pool: int = N_POOL
) -> PlasticChip:
    """Program virtual chip number `chip_index` with `network` and make it plastic; see `plastic_chip`."""
    return plastic_chip(build(chip, network, seed, chip_index), rule, seed, n_pool=n_pool)


def plastic_chip(made: VirtualChip, rule: StdpRule, seed: int, *, n_pool: int = N_POOL) -> PlasticChip:
    """Draw the pools of a fresh chip.

    Parameters
    ----------
    made : VirtualChip
    rule : StdpRule
    seed : int
        Names the draws of the switching; the writes themselves are named by the chip.
    n_pool : int
        Writes drawn for each cell and state; write number c takes number c modulo `n_pool`.

    Raises
    ------
    ParameterError
        If the chip has aged, does not store weights as groups of excitatory and inhibitory cells, or reads a row
        otherwise than alone.
    """
    check_chip(made.chip)
    code = made.chip.synapse.weight_code()
    if not isinstance(code, UnaryBipolar):
        raise ParameterError(f"chip {made.chip.name}: STDP writes cells of code unary-bipolar, not {code}")
    if not made.past.fresh:
        raise ParameterError("learning starts on a fresh chip; this one has aged")
    if n_pool < 1:
        raise ParameterError(f"n_pool is {n_pool}; at least one write must be drawn for each cell")
    resistance, pulses = _writes(made, n_pool)
    cells = (*made.cells.target.shape[:2], 2, code.levels)
    array = made.chip.array
    drawn = array.read_voltage.value * array.pulse_width.value / elementary_charge
    drawn = drawn / (resistance + array.access_resistance.value).reshape(2, *cells, n_pool)
    lrs = made.cells.target.reshape(cells)
    program = PlasticProgram(
        program=made.program.with_(delta_s=None),
        pool=_charges(drawn, made),
        drawn=np.rint(drawn).astype(np.int64),
        lrs=lrs,
        writes=np.zeros(cells, np.int64),
        rule=rule,
        seed=name_key(seed, "stdp", "switch"),
    ).with_()
    return PlasticChip(made=made, program=program, pulses=pulses.reshape(2, *cells, n_pool))


def _writes(made: VirtualChip, n_pool: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Ohms and pulses of every write in the pool, (2, n_in, n_out, n_cells, n_pool); number 0 is the cell as it is."""
    future, fresh = made.future, made.cells
    body = future.cell.body(fresh.target.shape, future.seed, *future.path)
    resistance = np.empty((2, *fresh.target.shape, n_pool))
    pulses = np.empty(resistance.shape, np.int32)
    for state in (HRS, LRS):
        targets = np.full(fresh.target.shape, state == LRS)
        for number in range(n_pool):
            draws = stream(future.seed, *future.path, "stdp", state, number)
            written = future.cell.rewrite(fresh, body, targets, draws)
            resistance[state, ..., number], pulses[state, ..., number] = written.resistance, written.pulses
    for state, here in ((HRS, ~fresh.target), (LRS, fresh.target)):
        resistance[state, ..., 0][here] = fresh.resistance[here]
        pulses[state, ..., 0][here] = fresh.pulses[here]
    return resistance, pulses


def _charges(drawn: NDArray[np.float64], made: VirtualChip) -> NDArray[np.int32]:
    """Signed electrons of every cell, by the sign of the input spike: it says which injector a side feeds."""
    gains = made.trim.gains
    # [sign of the input spike][side][neuron]: a negative spike crosses the sides over.
    signed = np.array([[gains[0], -gains[1]], [-gains[1], gains[0]]]) * made.trim.ratio
    by_cell = np.moveaxis(signed, 2, 1)[:, None, None, :, :, None, None]
    return np.rint(by_cell * drawn[None]).astype(np.int32)
