"""Tiki-Taka: fast cells gather the gradient about their symmetric point, and their rows go to slow cells in turn.

Gokmen, Haensch, Front. Neurosci. 14 (2020) 103; with a carry as in its second version (Gokmen, "Enabling training of
neural networks on noisy hardware", 2021). An asymmetric cell under mixed pulses relaxes to its symmetric point; with
that as zero of the fast weights, what pulls plain SGD astray only makes their average forget.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spikecim.devices.pulsed.cells import PulsedCells, State, stored
from spikecim.devices.pulsed.device import PulsedDevice
from spikecim.devices.pulsed.pair import FloatMatrix, WeightCells, Writing
from spikecim.errors import ParameterError
from spikecim.insitu.rules.counts import UpdateCounts
from spikecim.insitu.rules.rule import Peak, power_of_two
from spikecim.insitu.rules.spec import UpdateSpec
from spikecim.streams import name_key, stream


class TikiTaka:
    """Gradients go to `fast`; every `transfer_every` updates the next row of it is read and asked of `slow`.

    The fast cells are single ones, read against a reference at the symmetric point of the typical cell: with spread,
    each cell's own point lies off it, as on a chip whose reference is one value. Only the slow weights are shown.
    """

    def __init__(self, slow: WeightCells, device: PulsedDevice, spec: UpdateSpec, seed: int, *path: str | int) -> None:
        self.spec, self.slow = spec, slow
        self.fast = WeightCells(device, "single", slow.shape, seed, *path, "fast")
        point = device.law.symmetric_point
        if not 0.0 <= point <= 1.0:
            raise ParameterError(
                f"update rule tiki-taka: device {device.name} has no symmetric point; use another rule"
            )
        self.zero = np.float32(2.0 * point - 1.0)
        self.fast.program(np.full(slow.shape, self.zero, np.float32))
        self.counts, self._peak, self._row = UpdateCounts(), Peak(spec.norm_memory), 0
        self._keys = tuple(np.uint64(name_key(seed, *path, name)) for name in ("rounding", "transfer rounding"))
        self._read_noise, self._read_key = 2.0 * device.spec.read.noise.value, name_key(seed, *path, "transfer read")
        self._writing = Writing(rounding=spec.rounding, threshold=spec.threshold, most=spec.most_pulses)
        self._carry: FloatMatrix | None = np.zeros(slow.shape, np.float32) if spec.transfer_carry else None
        self._transferring = replace(self._writing, rounding="toward-zero") if spec.transfer_carry else self._writing

    @property
    def cells(self) -> tuple[PulsedCells, ...]:
        return (*self.slow.cells, *self.fast.cells)

    @property
    def threads(self) -> int:
        return self.fast.threads

    @threads.setter
    def threads(self, n: int) -> None:
        self.fast.threads = n

    def weights(self) -> FloatMatrix:
        return self.slow.weights()

    def program(self, weights: FloatMatrix) -> None:
        self.slow.program(weights)

    def update(self, gradient: FloatMatrix, step: int, rate_factor: float, top: float) -> None:
        """Write the fast cells once and, when it is due, one row of the slow ones."""
        peak = self._peak.take(top)
        if top == 0.0:
            return
        norms = {"max": top, "power-of-two": power_of_two(top), "gradient": peak, "none": 1.0}
        scale = -self.spec.rate * rate_factor / norms[self.spec.normalise]
        self.counts.add(self.fast.write(gradient, scale, self._writing, (self._keys[0], step)))
        if self.counts.steps % self.spec.transfer_every == 0:
            self._transfer(step)

    def _transfer(self, step: int) -> None:
        row = self._row
        read = self.fast.weights()[row : row + 1] - self.zero
        if self._read_noise > 0.0:
            drawn = stream(self._read_key, step).standard_normal(read.shape)
            read += (self._read_noise * drawn).astype(np.float32)
        owed = None if self._carry is None else self._carry[row : row + 1]
        if owed is not None:
            self.counts.count_words(owed.size, 32)
        name, rate = (self._keys[1], step), self.spec.transfer_rate
        self.counts.add(self.slow.write(read, rate, self._transferring, name, first=row, carry=owed))
        self.counts.transfers += 1
        self._row = (row + 1) % self.slow.shape[0]

    def end_epoch(self) -> None:
        """Nothing: the fast cells forget by themselves."""

    def state(self) -> State:
        fast = {f"fast.{key}": value for key, value in self.fast.state().items()}
        carry = {} if self._carry is None else {"carry": self._carry.copy()}
        return {**self.slow.state(), **fast, **carry, "peak": np.array(self._peak.value), "row": np.array(self._row)}

    def restore(self, state: State) -> None:
        self.slow.restore(state)
        self.fast.restore({key.removeprefix("fast."): value for key, value in state.items() if key.startswith("fast.")})
        if self._carry is not None:
            self._carry[...] = stored(state, "carry", self._carry)
        self._peak.value = float(stored(state, "peak", np.array(0.0)))
        self._row = int(stored(state, "row", np.array(0)))
