"""A chunk of samples of a layered program as Brian2 equations: one group of neurons for each layer, samples as blocks.

The schedule of `brian_network` makes a spike reach the next layer one step later by itself: synapses act before
thresholds are tested, so what they see are the spikes of the step before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.engines.brian_network import SCHEDULE
from spikecim.engines.brian_noise import noise_function
from spikecim.layered.program import NEVER, LayeredProgram, LayerProgram, Pulses
from spikecim.spikes import SpikeTrains, flat_ranges

NEURON = """
q : 1                       # membrane charge, electrons
ready : 1                   # step from which it may fire again
upper : 1 (constant)        # thresholds, reset packets, rails and leak, electrons, all positive
lower : 1 (constant)
packet_up : 1 (constant)
packet_down : 1 (constant)
rail_high : 1 (constant)
rail_low : 1 (constant)
leak : 1 (constant)
sample : 1 (constant)       # number of the sample, which names its read noise
"""
MAY_FIRE = "t_in_timesteps >= ready and t_in_timesteps < fire_to"
PACKETS = {"up": "q -= packet_up", "down": "q += packet_down"}
SYNAPSE = """
charge_up : integer (constant)      # electrons of a positive spike, and of a negative one
charge_down : integer (constant)
"""


@dataclass(frozen=True, kw_only=True)
class LayeredNetwork:
    """The Brian2 objects of a chunk of samples.

    Attributes
    ----------
    network : brian2.Network
    inputs : dict of brian2.SpikeGeneratorGroup
        Positive and negative input spikes, "up" and "down"; line l of sample s has index ``s * n_in + l``.
    neurons : list of brian2.NeuronGroup
        One for each layer; neuron n of sample s has index ``s * n_out + n``.
    spikes : list of dict of brian2.EventMonitor
        "up" and "down" spikes of each layer.
    charges : list of float64 (n_samples * n_out,)
        Filled while the network runs: charge of the last layer after each checkpoint's ticks.
    """

    network: Any
    inputs: dict[str, Any]
    neurons: list[Any]
    spikes: list[dict[str, Any]]
    charges: list[NDArray[np.float64]]


def assemble(program: LayeredProgram, trains: SpikeTrains, n_samples: int) -> LayeredNetwork:
    """Return a network with room for `n_samples` samples and input spikes of the signs that `trains` hold."""
    import brian2

    clock, signs = brian2.Clock(program.tick_s * brian2.second), {"up": 1, "down": -1}
    inputs = {
        event: brian2.SpikeGeneratorGroup(
            n_samples * program.n_in, [], [] * brian2.second, clock=clock, when="start", sorted=True
        )
        for event, sign in signs.items()
        if (trains.signs == sign).any()
    }
    neurons = [_neurons(program, layer, n_samples, clock) for layer in program.layers]
    spikes = [{event: brian2.EventMonitor(group, event) for event in signs} for group in neurons]
    synapses = [
        _synapses(program.layers[0], (group, neurons[0]), n_samples, {event: "spike"}, clock)
        for event, group in inputs.items()
    ]
    synapses += [
        _synapses(layer, ends, n_samples, {event: event for event in signs}, clock)
        for layer, *ends in zip(program.layers[1:], neurons, neurons[1:], strict=False)
    ]
    charges: list[NDArray[np.float64]] = []
    monitors = (monitor for pair in spikes for monitor in pair.values())
    connected = (part for part in synapses if part is not None)
    network = brian2.Network(
        *inputs.values(), *neurons, *connected, *monitors, _checkpoints(program, neurons[-1], charges, clock)
    )
    network.schedule = SCHEDULE
    return LayeredNetwork(network=network, inputs=inputs, neurons=neurons, spikes=spikes, charges=charges)


def _checkpoints(program: LayeredProgram, neurons: Any, charges: list[NDArray[np.float64]], clock: Any) -> Any:
    """Operation that notes the charge of `neurons` after each checkpoint's ticks.

    Runs from one checkpoint to the next would not do: at the end of a run Brian2 forgets the spikes of the last step.
    """
    import brian2

    def note() -> None:
        if clock.timestep + 1 in program.checkpoints:
            charges.append(np.array(neurons.q[:]))

    return brian2.NetworkOperation(note, clock=clock, when="end")


def input_events(
    program: LayeredProgram, trains: SpikeTrains, samples: NDArray[np.int64], sign: int
) -> tuple[NDArray[np.int64], Any]:
    """Input spikes of one sign of the chosen samples as (index, time), sorted by time."""
    import brian2

    counts = trains.counts()[samples]
    index = flat_ranges(trains.offsets[samples], counts)
    block = np.repeat(np.arange(len(samples)), counts)
    chosen = trains.signs[index] == sign
    index, block = index[chosen], block[chosen]
    order = np.argsort(trains.ticks[index], kind="stable")
    times = trains.ticks[index][order] * program.tick_s * brian2.second
    return (block * program.n_in + trains.lines[index])[order], times


def _neurons(program: LayeredProgram, layer: LayerProgram, n_samples: int, clock: Any) -> Any:
    import brian2

    hold = min(max(layer.refractory_ticks, 1), program.n_ticks)
    pulses = {f"pulse_{k}": part for k, part in enumerate(layer.pulses)}
    neurons = brian2.NeuronGroup(
        n_samples * layer.n_out,
        NEURON + "".join(f"{name} : 1 (constant)\n" for name in pulses),
        events={"up": f"q >= upper and {MAY_FIRE}", "down": f"q <= -lower and {MAY_FIRE}"},
        namespace={"fire_to": min(layer.fire_to, program.n_ticks), "hold": hold},
        clock=clock,
    )
    values: dict[str, NDArray[Any]] = {
        "q": layer.initial,
        "ready": np.full(layer.n_out, layer.fire_from),
        "upper": np.where(layer.threshold_up == NEVER, np.inf, layer.threshold_up),
        "lower": np.where(layer.threshold_down == NEVER, np.inf, layer.threshold_down),
        "packet_up": layer.reset_up,
        "packet_down": layer.reset_down,
        "rail_high": layer.rail_high,
        "rail_low": layer.rail_low,
        "leak": layer.leak,
        **{name: part.charge for name, part in pulses.items()},
    }
    for name, value in values.items():
        setattr(neurons, name, np.tile(value.astype(float), n_samples))
    if layer.leak.any():
        neurons.run_regularly("q -= clip(q, -leak, leak)", when="before_synapses")
    for name, part in pulses.items():
        neurons.run_regularly(f"q += {name} * int({_fires(part, program.n_ticks)})", when="after_synapses")
    neurons.run_regularly("q = clip(q, -rail_low, rail_high)", when="before_thresholds")
    for event, packet in PACKETS.items():
        reset = "q = 0" if layer.hard_reset else packet
        neurons.run_on_event(event, f"{reset}\nready = t_in_timesteps + hold")
    return neurons


def _fires(pulses: Pulses, n_ticks: int) -> str:
    """Condition of the steps in which `pulses` are read."""
    start, stop, period = (min(value, n_ticks) for value in (pulses.start, pulses.stop, pulses.period))
    return f"t_in_timesteps >= {start} and t_in_timesteps < {stop} and (t_in_timesteps - {start}) % {period} == 0"


def _synapses(layer: LayerProgram, ends: Any, n_samples: int, events: dict[str, str], clock: Any) -> Any | None:
    """Links from every line of every sample; `events` names the event of the source that each pathway listens to."""
    import brian2

    line, target, group = _links(layer)
    if len(line) == 0:
        return None
    model, namespace = SYNAPSE, {}
    # Charges are kept as 32-bit integers to save room; NumPy adds doubles to doubles many times faster.
    arrives = "1.0 * charge_{event}"
    if layer.noisy:
        model += "read_noise : integer (constant)\n"
        arrives += " + floor(read_noise * noise_steps(sample_post, t_in_timesteps, i, j) / 65536)"
        namespace["noise_steps"] = noise_function(layer)
    if layer.ramp is not None:
        arrives = f"floor(({arrives}) * ramp(t) / 65536)"
        namespace["ramp"] = brian2.TimedArray(layer.ramp.astype(float), dt=clock.dt)
    effects = {event: "q_post += " + arrives.format(event=event) for event in events}
    synapses = brian2.Synapses(*ends, model, on_pre=effects, on_event=events, namespace=namespace, clock=clock)
    block = np.arange(n_samples, dtype=np.int32)[:, None]
    # Synapses are created in the order given: sample, line, neuron.
    synapses.connect(i=(block * layer.n_in + line).ravel(), j=(block * layer.n_out + target).ravel())
    synapses.charge_up = np.tile(layer.charge[0, group], n_samples)
    synapses.charge_down = np.tile(layer.charge[1, group], n_samples)
    if layer.noisy:
        synapses.read_noise = np.tile(layer.read_noise[group], n_samples)
    return synapses


def _links(layer: LayerProgram) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """(line, neuron, cell group) of all links of one sample; lines that share a row have links of their own."""
    links = layer.wiring.links
    lines = np.flatnonzero(layer.route >= 0)
    rows = layer.route[lines]
    counts = links.fan_out()[rows]
    index = flat_ranges(links.offsets[rows], counts)
    return np.repeat(lines, counts).astype(np.int32), links.targets[index], links.groups[index]


def count_links(layer: LayerProgram) -> int:
    """Links of one sample as `assemble` writes them out."""
    return int(layer.wiring.links.fan_out()[layer.route[layer.route >= 0]].sum())
