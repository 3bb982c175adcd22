"""SGD, momentum, residual carry, mixed precision and the V2.1 rule: one array, with a velocity and a carry or without.

Mixed precision: Nandakumar et al., Front. Neurosci. 14 (2020) 406: changes add up in memory, whole pulses leave it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spikecim.devices.pulsed.cells import PulsedCells, State, stored
from spikecim.devices.pulsed.pair import FloatMatrix, WeightCells, Writing
from spikecim.insitu.rules.counts import UpdateCounts
from spikecim.insitu.rules.rule import Peak, power_of_two
from spikecim.insitu.rules.spec import UpdateSpec
from spikecim.insitu.rules.velocity import Velocity
from spikecim.streams import name_key

_CARRYING = ("residual", "mixed-precision")


class GradientRule:
    """Wanted change -rate u of every weight, u = g or v over its norm; rounded to pulses of `weight_cells`."""

    def __init__(self, weight_cells: WeightCells, spec: UpdateSpec, seed: int, *path: str | int) -> None:
        spec.check_cells(weight_cells.plus.spec.kind, weight_cells.pairing)
        self.spec, self.weight_cells = spec, weight_cells
        self.counts, self._peak = UpdateCounts(), Peak(spec.norm_memory)
        shape, self._key = weight_cells.shape, np.uint64(name_key(seed, *path, "rounding"))
        self._velocity = None
        if spec.gamma > 0.0:
            key = name_key(seed, *path, "velocity")
            self._velocity = Velocity(shape, spec.gamma, spec.velocity_bits, key)
        self._carry: FloatMatrix | None = np.zeros(shape, np.float32) if spec.rule in _CARRYING else None
        self._writing = Writing(
            rounding=spec.rounding,
            threshold=spec.threshold,
            most=spec.most_pulses,
            weight_step=2.0 ** (1 - spec.weight_bits) if spec.rule == "v2.1" else 0.0,
        )

    @property
    def cells(self) -> tuple[PulsedCells, ...]:
        return self.weight_cells.cells

    @property
    def carried(self) -> FloatMatrix | None:
        """What the cells are owed (n_in, n_out) in weights, if the rule carries."""
        return self._carry

    @property
    def threads(self) -> int:
        return self.weight_cells.threads

    @threads.setter
    def threads(self, n: int) -> None:
        self.weight_cells.threads = n

    def weights(self) -> FloatMatrix:
        return self.weight_cells.weights()

    def program(self, weights: FloatMatrix) -> None:
        self.weight_cells.program(weights)

    def update(self, gradient: FloatMatrix, step: int, rate_factor: float, top: float) -> None:
        """Write once; `top` is the largest |gradient|, finite. At zero the velocity fades and nothing is written."""
        peak, moved, top_moved = self._peak.take(top), gradient, top
        if self._velocity is not None:
            moved, top_moved = self._velocity.v, self._velocity.blend(gradient, peak, step)
            self.counts.count_words(gradient.size, self._velocity.word_bits)
        if top == 0.0 or top_moved == 0.0:
            return
        scale = -self.spec.effective_rate * rate_factor / self._norm(peak, top_moved)
        if self._carry is not None:
            self.counts.count_words(gradient.size, 32)
        writing = self._writing
        if self.spec.phases == "alternate":
            writing = replace(writing, only=-1 if step % 2 else 1)
        self.counts.add(self.weight_cells.write(moved, scale, writing, (self._key, step), carry=self._carry))

    def _norm(self, peak: float, top: float) -> float:
        how = self.spec.normalise
        if how == "gradient":
            return peak
        return {"max": top, "power-of-two": power_of_two(top), "none": 1.0}[how]

    def end_epoch(self) -> None:
        """Clear the velocity if the rule says so."""
        if self.spec.reset == "epoch" and self._velocity is not None:
            self._velocity.clear()

    def state(self) -> State:
        memory = {"velocity": self._velocity.v.copy()} if self._velocity is not None else {}
        if self._carry is not None:
            memory["carry"] = self._carry.copy()
        return {**self.weight_cells.state(), **memory, "peak": np.array(self._peak.value)}

    def restore(self, state: State) -> None:
        self.weight_cells.restore(state)
        if self._velocity is not None:
            self._velocity.v[...] = stored(state, "velocity", self._velocity.v)
        if self._carry is not None:
            self._carry[...] = stored(state, "carry", self._carry)
        self._peak.value = float(stored(state, "peak", np.array(0.0)))
