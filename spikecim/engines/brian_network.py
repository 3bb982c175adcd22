"""SPIRIT's neuron and synapses as Brian2 equations, all samples as blocks of one network.

Two settings make Brian2 obey docs/semantics.md: synapses act before thresholds are tested (its default is after), and
input spikes are emitted at the start of a step. Charges are whole electrons held in doubles, exact below 2**53.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.engines.brian_noise import noise_function
from spikecim.program import CONTINUOUS, Program
from spikecim.spikes import SpikeTrains

SCHEDULE = ["start", "groups", "synapses", "thresholds", "resets", "end"]

NEURON = """
q : 1                       # membrane charge, electrons
upper : 1 (constant)        # thresholds, reset packets, rails and leak, electrons, all positive
lower : 1 (constant)
packet_up : 1 (constant)
packet_down : 1 (constant)
rail_high : 1 (constant)
rail_low : 1 (constant)
leak : 1 (constant)
arrived : 1                 # 1 in steps that bring an input spike
sample : 1 (constant)       # number of the sample, which names its read noise
"""
CROSSING = "(q >= upper or q <= -lower)"
RESET = "q = q - packet_up*int(q >= upper) + packet_down*int(q <= -lower)"


@dataclass(frozen=True, kw_only=True)
class BrianNetwork:
    """The Brian2 objects of a program, ready for monitors or equations of your own.

    Attributes
    ----------
    network : brian2.Network
        Run it for ``duration``.
    neurons : brian2.NeuronGroup
        Neuron n of sample s has index ``s * n_out + n``.
    synapses : brian2.Synapses
    inputs : brian2.SpikeGeneratorGroup
        Line l of sample s has index ``s * n_ports + l``; with negative input spikes n_ports is 2 n_in and the second
        half of the ports carries them.
    spikes : brian2.SpikeMonitor
        Records ``q`` just before the reset, so its sign is the sign of the spike.
    duration : brian2.Quantity
    n_ports : int
    """

    network: Any
    neurons: Any
    synapses: Any
    inputs: Any
    spikes: Any
    duration: Any
    n_ports: int


def build_network(program: Program, trains: SpikeTrains) -> BrianNetwork:
    """Return the program and its trains as Brian2 objects; nothing has run yet.

    Raises
    ------
    EngineError
        If the trains do not fit the program.
    """
    program.check_trains(trains)
    return assemble(program, trains, trains.n_samples, count_ports(program, trains))


def hold_ticks(program: Program) -> int:
    """Ticks from a spike to the next possible one; longer than the window is for ever, and one is no hold at all."""
    return min(program.refractory_ticks, program.n_ticks)


def count_ports(program: Program, trains: SpikeTrains) -> int:
    """Input ports per sample: one a line, or two when negative spikes occur."""
    return program.n_in * (2 if (trains.signs < 0).any() else 1)


def assemble(program: Program, trains: SpikeTrains, n_samples: int, n_ports: int) -> BrianNetwork:
    """Return a network with room for `n_samples` samples, the first of them driven by `trains`."""
    import brian2

    dt = program.tick_s * brian2.second
    indices, times = input_events(trains, n_ports, program)
    inputs = brian2.SpikeGeneratorGroup(
        n_samples * n_ports, indices, times, dt=dt, when="start", sorted=True, name="inputs"
    )
    neurons = _neurons(program, n_samples, trains.first_sample, dt)
    synapses = _synapses(program, (inputs, neurons), n_samples, n_ports, dt)
    spikes = brian2.SpikeMonitor(neurons, variables="q", name="spikes")
    network = brian2.Network(inputs, neurons, synapses, spikes)
    network.schedule = SCHEDULE
    return BrianNetwork(
        network=network,
        neurons=neurons,
        synapses=synapses,
        inputs=inputs,
        spikes=spikes,
        duration=program.n_ticks * dt,
        n_ports=n_ports,
    )


def _neurons(program: Program, n_samples: int, first_sample: int, dt: Any) -> Any:
    import brian2

    on_event = program.comparator != CONTINUOUS
    hold = hold_ticks(program)
    # Without "(unless refractory)" a neuron goes on integrating while it may not fire.
    neurons = brian2.NeuronGroup(
        n_samples * program.n_out,
        NEURON,
        threshold=f"{CROSSING} and arrived > 0" if on_event else CROSSING,
        reset=RESET,
        refractory=hold * dt if hold > 1 else False,
        dt=dt,
        name="neurons",
    )
    values = {
        "upper": program.threshold_up,
        "lower": program.threshold_down,
        "packet_up": program.reset_up,
        "packet_down": program.reset_down,
        "rail_high": program.rail_high,
        "rail_low": program.rail_low,
        "leak": program.leak,
    }
    for name, value in values.items():
        setattr(neurons, name, np.tile(value.astype(float), n_samples))
    neurons.sample = np.repeat(np.arange(n_samples) + first_sample, program.n_out)
    if program.leak.any():
        neurons.run_regularly("q -= clip(q, -leak, leak)", when="before_synapses", name="leakage")
    neurons.run_regularly("q = clip(q, -rail_low, rail_high)", when="before_thresholds", name="rails")
    if on_event:
        neurons.run_regularly("arrived = 0", when="end", name="clear_arrived")
    return neurons


def _synapses(program: Program, ends: tuple[Any, Any], n_samples: int, n_ports: int, dt: Any) -> Any:
    import brian2

    namespace: dict[str, Any] = {}
    model, effect = "charge : 1 (constant)", "q_post += charge"
    if program.noisy:
        model += "\nread_noise : 1 (constant)\nfirst_tick : 1 (shared)"
        where = "sample_post, t_in_timesteps + first_tick, i % n_ports, j"
        effect += f" + floor(read_noise * noise_steps({where}) / 65536)"
        namespace = {"noise_steps": noise_function(program), "n_ports": n_ports}
    if program.comparator != CONTINUOUS:
        effect += "\narrived_post = 1"
    synapses = brian2.Synapses(*ends, model, on_pre=effect, namespace=namespace, dt=dt, name="synapses")
    block = np.arange(n_samples)[:, None, None]
    port, neuron = np.arange(n_ports)[:, None], np.arange(program.n_out)
    shape = (n_samples, n_ports, program.n_out)
    synapses.connect(
        i=np.broadcast_to(block * n_ports + port, shape).ravel(),
        j=np.broadcast_to(block * program.n_out + neuron, shape).ravel(),
    )
    # Synapses are created in the order given: sample, port, neuron.
    synapses.charge = np.tile(program.charge.reshape(-1, program.n_out)[:n_ports].ravel().astype(float), n_samples)
    if program.noisy:
        noise = np.tile(program.read_noise, (n_ports // program.n_in, 1)).ravel().astype(float)
        synapses.read_noise = np.tile(noise, n_samples)
    return synapses


def input_events(trains: SpikeTrains, n_ports: int, program: Program) -> tuple[NDArray[np.int64], Any]:
    """Input spikes as (port index, time), sorted by time."""
    import brian2

    port = trains.lines + np.where(trains.signs < 0, program.n_in, 0)
    order = np.argsort(trains.ticks, kind="stable")
    return (trains.samples() * n_ports + port)[order], trains.ticks[order] * program.tick_s * brian2.second
