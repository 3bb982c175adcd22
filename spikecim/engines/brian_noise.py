"""Counter-based read noise as a Brian2 function, for each of its code generation targets (see `streams`)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.layered.program import LayerProgram
from spikecim.program import Program
from spikecim.streams import GOLDEN, MIX_1, MIX_2, NOISE_CENTRE, event_key, gaussian_steps


def noise_function(program: Program | LayerProgram) -> Any:
    """Counter-based read noise as a Brian2 function (sample, tick, port, neuron index) -> whole number."""
    from brian2 import Function

    n_in, n_out, seed = program.n_in, program.n_out, program.noise_seed

    def steps(sample: Any, tick: Any, port: Any, neuron: Any) -> NDArray[np.float64]:
        whole = [np.asarray(x).astype(np.uint64) for x in (sample, tick, port, neuron)]
        key = event_key(seed, whole[0], whole[1], whole[2] % np.uint64(n_in))
        return gaussian_steps(key, whole[3] % np.uint64(n_out)).astype(float)

    function = Function(steps, arg_units=[1, 1, 1, 1], return_unit=1, stateless=True)
    function.implementations.add_implementation("numpy", code=steps)
    function.implementations.add_implementation("cython", code=_CYTHON_NOISE % _constants(program))
    function.implementations.add_implementation("cpp", code=_CPP_NOISE % _constants(program))
    return function


def _constants(program: Program | LayerProgram) -> dict[str, int]:
    return {
        "golden": GOLDEN,
        "mix1": MIX_1,
        "mix2": MIX_2,
        "centre": NOISE_CENTRE,
        "seed": program.noise_seed,
        "n_in": program.n_in,
        "n_out": program.n_out,
    }


_CPP_NOISE = """
static inline uint64_t spikecim_mix(uint64_t x) {
    x = (x ^ (x >> 30)) * %(mix1)dULL;
    x = (x ^ (x >> 27)) * %(mix2)dULL;
    return x ^ (x >> 31);
}
static inline double noise_steps(double sample, double tick, double port, double neuron) {
    uint64_t w = spikecim_mix((uint64_t)sample + %(seed)dULL);
    w = spikecim_mix(w + (uint64_t)tick * %(golden)dULL);
    w = spikecim_mix(w + ((uint64_t)port %% %(n_in)dULL) * %(golden)dULL);
    w = spikecim_mix(w + ((uint64_t)neuron %% %(n_out)dULL + 1ULL) * %(golden)dULL);
    uint64_t total = (w & 0xFFFF) + ((w >> 16) & 0xFFFF) + ((w >> 32) & 0xFFFF) + (w >> 48);
    return (double)total - %(centre)d.0;
}
"""
_CYTHON_NOISE = """
from libc.stdint cimport uint64_t
cdef inline uint64_t spikecim_mix(uint64_t x):
    x = (x ^ (x >> 30)) * <uint64_t>%(mix1)dULL
    x = (x ^ (x >> 27)) * <uint64_t>%(mix2)dULL
    return x ^ (x >> 31)
cdef double noise_steps(double sample, double tick, double port, double neuron):
    cdef uint64_t w = spikecim_mix(<uint64_t>sample + <uint64_t>%(seed)dULL)
    w = spikecim_mix(w + <uint64_t>tick * <uint64_t>%(golden)dULL)
    w = spikecim_mix(w + (<uint64_t>port %% <uint64_t>%(n_in)d) * <uint64_t>%(golden)dULL)
    w = spikecim_mix(w + (<uint64_t>neuron %% <uint64_t>%(n_out)d + 1) * <uint64_t>%(golden)dULL)
    cdef uint64_t total = (w & 0xFFFF) + ((w >> 16) & 0xFFFF) + ((w >> 32) & 0xFFFF) + (w >> 48)
    return <double>total - %(centre)d.0
"""
