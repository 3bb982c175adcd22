"""STDP as Brian2 equations: every binary cell is a synapse of its own; all samples are one run of one network.

Charge arrives in slot "synapses", neurons fire in "thresholds" and "resets", cells learn from that in "learning"
(docs/stdp.md). A clock that ticks once per sample brings neurons and traces back to rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from spikecim.engines.plastic_brian_tables import NEVER, cell_functions, table_function
from spikecim.engines.plastic_program import PlasticProgram
from spikecim.engines.plastic_rule import LATE
from spikecim.engines.plastic_teacher import Teacher
from spikecim.program import CONTINUOUS, Program
from spikecim.spikes import SpikeTrains

SCHEDULE = ["start", "groups", "synapses", "thresholds", "resets", "learning", "end"]
MAGNITUDES = {
    "upper": "threshold_up",
    "lower": "threshold_down",
    "packet_up": "reset_up",
    "packet_down": "reset_down",
    "rail_high": "rail_high",
    "rail_low": "rail_low",
    "leak": "leak",
}

NEURON = """
q : 1                       # membrane charge, electrons
upper : 1 (constant)        # thresholds, reset packets, rails and leak, electrons, all positive
lower : 1 (constant)
packet_up : 1 (constant)
packet_down : 1 (constant)
rail_high : 1 (constant)
rail_low : 1 (constant)
leak : 1 (constant)
sample : 1                  # number of the presentation, from 0
ready : 1                   # step from which on it may fire again
last_out : 1                # step and sign of the last output spike
out_sign : 1
arrived : 1                 # 1 in steps that bring an input spike
drive : 1                   # the teacher, in this sample
muted : 1
reward : 1
sets : 1                    # cells of this neuron written so far
resets : 1
"""
CROSSING = "(q >= upper or q <= -lower) and muted == 0 and ready <= t_in_timesteps"
RESET = """
out_sign = 1.0*int(q >= upper) - 1.0*int(q <= -lower)
last_out = 1.0*t_in_timesteps
ready = 1.0*t_in_timesteps + hold
q = q - packet_up*int(out_sign > 0) + packet_down*int(out_sign < 0)
"""
REST = """
sample = sample + 1
q = 0
ready = 0
last_out = NEVER
out_sign = 0
drive = drive_of(sample, i)
muted = muted_of(sample, i)
reward = reward_of(sample, i)
"""
AFTER_START = "(t_in_timesteps - sample*n_ticks - start)"
TEACH = f"q += drive*int({AFTER_START} >= 0 and {AFTER_START} % period == 0)"

CELL = """
side : 1 (constant)         # +1 excitatory, -1 inhibitory
number : 1 (constant)       # of the cell within its synapse
lrs : 1                     # 1 in LRS, 0 in HRS
writes : 1
last_in : 1                 # step and sign of the last input spike
in_sign : 1
"""
READ = """
in_sign = word_sign(t_in_timesteps, i)
last_in = 1.0*t_in_timesteps
q_post += cell_charge(i, j, number, lrs, writes, in_sign)
"""
NOISE = "q_post += int(number == 0)*read_noise(sample_post, t_in_timesteps, i, j)\n"
# At an output spike, lines that spiked not long ago go one way, and all others the other; so does a late input spike.
LATE_SPIKE = """
verdict = out_sign_post*reward_post*int(t_in_timesteps - last_out_post <= late_window)
reason = 2.0
direction = -verdict*in_sign
"""
OUTPUT_SPIKE = """
verdict = out_sign_post*reward_post
active = 1.0*int(t_in_timesteps - last_in <= window)
reason = 1.0 - active
direction = verdict*(active*in_sign - (1.0 - active))
"""
SWITCH = """
wanted = 1.0*int(direction*side > 0)
drawn = drawn_for(sample_post, t_in_timesteps, i, j, number, reason)
switched = 1.0*int(direction != 0)*int(wanted != lrs)*int(drawn < chance_of(reason, out_sign_post, wanted))
lrs = lrs + switched*(wanted - lrs)
writes = writes + switched
sets_post += switched*wanted
resets_post += switched*(1.0 - wanted)
"""


@dataclass(frozen=True, kw_only=True)
class PlasticNetwork:
    """The Brian2 objects of a plastic run.

    Attributes
    ----------
    network : brian2.Network
        Run it for ``duration``.
    inputs : brian2.SpikeGeneratorGroup
        One line each; the sign of an input spike is looked up.
    neurons : brian2.NeuronGroup
    cells : brian2.Synapses
        Cell c of (line, neuron) has index ``(line * n_out + neuron) * 2 n_cells + c``.
    spikes : brian2.SpikeMonitor
        Records ``q`` just before the reset, so its sign is the sign of the spike.
    ends : brian2.StateMonitor
        ``q``, ``sets`` and ``resets`` where samples begin, before they are brought to rest.
    duration : brian2.Quantity
    """

    network: Any
    inputs: Any
    neurons: Any
    cells: Any
    spikes: Any
    ends: Any
    duration: Any


def build_plastic_network(plastic: PlasticProgram, trains: SpikeTrains, teacher: Teacher) -> PlasticNetwork:
    """Return program, trains and teacher as Brian2 objects; nothing has run yet.

    Raises
    ------
    EngineError
        If trains or teacher do not fit the program.
    """
    import brian2

    plastic.check_run(trains, teacher)
    dt = plastic.program.tick_s * brian2.second
    step = trains.samples() * plastic.program.n_ticks + trains.ticks
    inputs = brian2.SpikeGeneratorGroup(
        plastic.n_in, trains.lines, step * dt, dt=dt, when="start", sorted=True, name="inputs"
    )
    neurons = _neurons(plastic.program, teacher, dt)
    cells = _cells(plastic, trains, (inputs, neurons), dt)
    spikes = brian2.SpikeMonitor(neurons, variables="q", name="spikes")
    window = plastic.program.n_ticks * dt
    ends = brian2.StateMonitor(
        neurons, ("q", "sets", "resets"), record=True, dt=window, when="start", order=-1, name="ends"
    )
    network = brian2.Network(inputs, neurons, cells, spikes, ends)
    network.schedule = SCHEDULE
    return PlasticNetwork(
        network=network,
        inputs=inputs,
        neurons=neurons,
        cells=cells,
        spikes=spikes,
        ends=ends,
        duration=trains.n_samples * window,
    )


def _neurons(program: Program, teacher: Teacher, dt: Any) -> Any:
    import brian2

    on_event = program.comparator != CONTINUOUS
    namespace = {
        "hold": max(program.refractory_ticks, 1),
        "n_ticks": program.n_ticks,
        "start": teacher.start,
        "period": teacher.period,
        "NEVER": NEVER,
        "drive_of": table_function(teacher.drive),
        "muted_of": table_function(teacher.muted),
        "reward_of": table_function(teacher.reward),
    }
    neurons = brian2.NeuronGroup(
        program.n_out,
        NEURON,
        threshold=f"{CROSSING} and arrived > 0" if on_event else CROSSING,
        reset=RESET,
        namespace=namespace,
        dt=dt,
        name="neurons",
    )
    for name, field in MAGNITUDES.items():
        setattr(neurons, name, getattr(program, field).astype(float))
    neurons.sample = -1
    neurons.run_regularly(REST, dt=program.n_ticks * dt, when="start", name="rest")
    if program.leak.any():
        neurons.run_regularly("q -= clip(q, -leak, leak)", when="before_synapses", name="leakage")
    if teacher.drive.any():
        neurons.run_regularly(TEACH, when="before_thresholds", order=0, name="teaching")
    neurons.run_regularly("q = clip(q, -rail_low, rail_high)", when="before_thresholds", order=1, name="rails")
    if on_event:
        neurons.run_regularly("arrived = 0", when="end", name="clear_arrived")
    return neurons


def _cells(plastic: PlasticProgram, trains: SpikeTrains, ends: tuple[Any, Any], dt: Any) -> Any:
    import brian2

    program, rule, n_numbers = plastic.program, plastic.rule, 2 * plastic.n_cells
    read = READ + (NOISE if program.noisy else "")
    if program.comparator != CONTINUOUS:
        read += "arrived_post = 1\n"
    on_pre = {"read": read}
    if rule.late_window and rule.chance[LATE].any():
        on_pre["late"] = LATE_SPIKE + SWITCH
    cells = brian2.Synapses(
        *ends,
        CELL,
        on_pre=on_pre,
        on_post={"learn": OUTPUT_SPIKE + SWITCH},
        namespace=cell_functions(plastic, trains),
        dt=dt,
        name="cells",
    )
    line, neuron, number = np.indices((plastic.n_in, plastic.n_out, n_numbers)).reshape(3, -1)
    # Synapses are created in the order given.
    cells.connect(i=line, j=neuron)
    cells.learn.when = "learning"
    if "late" in on_pre:
        # In the same slot, after the read: the neuron has not fired yet, so its last spike is one of an earlier tick.
        cells.late.order = 1
    cells.side = np.where(number < plastic.n_cells, 1.0, -1.0)
    cells.number = number
    cells.lrs = plastic.lrs.ravel().astype(float)
    cells.writes = plastic.writes.ravel().astype(float)
    cells.in_sign = 1.0
    cells.run_regularly("last_in = NEVER", dt=program.n_ticks * dt, when="start", name="forget")
    return cells
