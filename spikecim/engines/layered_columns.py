"""Addresses in the flat arrays of the compiled kernel for layered programs: which column of a table means what.

The kernel is cached on disk by the text of `layered_kernel.py` only: after a change here, raise its revision.
"""

from __future__ import annotations

LANES = 16
WORD = 64  # blocks of 16 neurons in one word of marks
# Columns of the table of layers, the head of `plan`. Where the layer's share of each array begins, in `data` ...
LINE, WEIGHT, SCALE, TARGET, PARAM, LEAK, RAMP, INITIAL, FIRST_DUE, PULSE_CHARGE = range(10)
# ... in `plan`, in `words`, in `longs`, and in the counts of all layers ...
EVENTS, ELECTRONS, PULSE, CHARGE, READY, DUE, LIST, OUT, MARKS, STATE, PULSE_STATE, COUNT, BUFFER = range(10, 23)
# ... its sizes, the steps from run to run, and its rules.
N_OUT, N_BLOCKS, N_PULSES, SIGN_STEP, OUTER_WEIGHT, OUTER_TARGET, INNER_WEIGHT, INNER_TARGET = range(23, 31)
PARAM_STEP, DENSE, SPARSE, NOISY, LEAKY, HARD, HOLD, FIRE_FROM, FIRE_TO, WAKE, SEED, N_COLUMNS = range(31, 43)
# State of a layer in `longs`: end of the spikes brought to it, next ticks, tick of the last leak, spikes kept, tallies.
END, NEXT_TEST, NEXT_PULSE, LEAKED, FILLED, DELIVERED, USED, MOVED, POSITIVE, NEGATIVE, N_STATE = range(11)
# Where a line leads: first weight, first neuron, outer and inner number of runs (-1: the line is cut), run length.
FIRST_WEIGHT, FIRST_NEURON, OUTER, INNER, LENGTH, N_PLACES = range(6)
# Rows of 16 neurons' parameters: fires above UP or below DOWN, both signed.
LOW, HIGH, UP, DOWN, RESET_UP, RESET_DOWN, N_PARAMETERS = (LANES * k for k in range(7))
N_TIMES = 3  # start, period, stop of a pulse
