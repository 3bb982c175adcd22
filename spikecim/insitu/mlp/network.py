"""Forward, error and gradient passes of a multilayer perceptron whose matrices lie on learning arrays.

h = sigmoid(g x W), loss = mean over samples of 1/2 sum (o - t)^2; the errors are those of backpropagation (Rumelhart,
Hinton, Williams, Nature 1986), each product read from arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.insitu.array_spec import PASSES
from spikecim.insitu.reads import Coded, LayerReads, ReadTime, coded_errors, coded_inputs, coded_pixels

FloatArray = NDArray[np.float64]


def sigmoid(x: FloatArray) -> FloatArray:
    """1 / (1 + e^-x), without overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * x)


@dataclass(frozen=True, kw_only=True)
class Pass:
    """What one forward pass leaves behind.

    Attributes
    ----------
    inputs : tuple of Coded
        What drives the rows of each layer.
    outputs : tuple of float64 (n, n_out)
        Outputs of each layer's neurons.
    matrices : tuple of float64 (n_in, n_out)
        What the arrays held, whole numbers.
    """

    inputs: tuple[Coded, ...]
    outputs: tuple[FloatArray, ...]
    matrices: tuple[FloatArray, ...]


@dataclass(frozen=True, kw_only=True)
class Network:
    """The digital side of the network: gains and neurons; the matrices are given to each pass.

    Attributes
    ----------
    reads : tuple of LayerReads
    gains : tuple of float
    """

    reads: tuple[LayerReads, ...]
    gains: tuple[float, ...]

    def matrices(self, weights: list[NDArray[np.float32]]) -> tuple[FloatArray, ...]:
        """What the arrays hold now."""
        return tuple(reads.matrix(weight) for reads, weight in zip(self.reads, weights, strict=True))

    def forward(self, pixels: NDArray[np.uint8], matrices: tuple[FloatArray, ...], when: ReadTime) -> Pass:
        """Outputs of all layers for `pixels` (n, n_in)."""
        bits = self.reads[0].spec.input_bits
        inputs, outputs = [coded_pixels(pixels, bits)], []
        for number, (reads, gain) in enumerate(zip(self.reads, self.gains, strict=True)):
            outputs.append(sigmoid(gain * reads.forward(inputs[number], matrices[number], when)))
            if number + 1 < len(self.reads):
                inputs.append(coded_inputs(outputs[number], bits))
        return Pass(inputs=tuple(inputs), outputs=tuple(outputs), matrices=matrices)

    def errors(self, seen: Pass, targets: FloatArray, when: ReadTime) -> tuple[Coded, ...]:
        """dL/d(g x W) of each layer through the error DAC; `targets` (n, n_out) are one-hot."""
        bits, last = self.reads[0].spec.error_bits, len(self.reads) - 1
        found: list[Coded] = []
        for number in range(last, -1, -1):
            out = seen.outputs[number]
            if number == last:
                back = out - targets
            else:
                above = number + 1
                back = self.gains[above] * self.reads[above].error(found[0], seen.matrices[above], when)
            found.insert(0, coded_errors(back * out * (1.0 - out), bits))
        return tuple(found)

    def gradients(self, seen: Pass, errors: tuple[Coded, ...], when: ReadTime) -> list[NDArray[np.float32]]:
        """dL/dW of each layer (n_in, n_out), mean over the samples."""
        n = len(when.samples)
        return [
            (reads.gradient(inputs, error, when) * (gain / n)).astype(np.float32)
            for reads, inputs, error, gain in zip(self.reads, seen.inputs, errors, self.gains, strict=True)
        ]


def one_hot(labels: NDArray[np.int64], n_classes: int) -> FloatArray:
    """Targets (n, n_classes)."""
    return np.asarray(labels[:, None] == np.arange(n_classes), np.float64)


__all__ = ["PASSES", "Network", "Pass", "one_hot", "sigmoid"]
