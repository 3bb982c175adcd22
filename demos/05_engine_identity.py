"""Three engines, one answer: oracle, Brian2 and compiled engine agree to the last spike, read noise included."""

import time

from spikecim.chips import load_chip
from spikecim.emulator import Emulator
from spikecim.engines import ENGINES, get_engine
from spikecim.experiments.material import material_or_fallback, network_for
from spikecim.results.compare import compared_spikes, first_difference


def main(small: bool = False) -> None:
    chip = load_chip("spirit")
    test = material_or_fallback(chip, "mnist", "test", limit=10 if small else 300)
    emulator = Emulator(chip=chip, network=network_for(chip, test.dataset), engine="stepper")
    oracle = emulator.run(test.values, test.labels)
    program, trains = oracle.program, oracle.trains

    print(f"{trains.n_samples} images, {trains.n_spikes:,} input spikes, a virtual chip with spread and read noise")
    for name in ENGINES:
        get_engine(name).run(program, trains.window(0, 1))  # compile and import outside the clock
        started = time.perf_counter()
        record = get_engine(name).run(program, trains)
        seconds = time.perf_counter() - started
        spikes, differing = compared_spikes(oracle.record, record)
        same = first_difference(oracle.record, record) or "decisions, counts and residues equal too"
        print(f"{name:<8} {seconds:9.4f} s   {spikes:,} output spikes compared, {differing} differing; {same}")

    # The check has teeth: read one sentence of the neuron's description differently and it says where that shows.
    other = get_engine("event").run(program.with_(comparator="on_event"), trains)
    names = ("a continuous comparator", "one that tests on input spikes only")
    print("\nanother comparator:", first_difference(oracle.record, other, names))


if __name__ == "__main__":
    main()
