"""The front door: load the chip, put a trained network on it, show it MNIST, read accuracy, spikes and energy."""

from spikecim.chips import load_chip
from spikecim.emulator import Emulator
from spikecim.experiments.material import material_or_fallback, network_for


def main(small: bool = False) -> None:
    chip = load_chip("spirit")
    # Without MNIST on this machine or a network to fetch it, scikit-learn's digits stand in.
    test = material_or_fallback(chip, "mnist", "test", limit=200 if small else None)
    network = network_for(chip, test.dataset)
    run = Emulator(chip=chip, network=network, seed=0).run(test.values, test.labels)
    ledger = run.ledger()

    print(f"{run.n_samples:,} images of {test.dataset} on one virtual chip of {chip.n_cells:,} RRAM cells")
    print(f"accuracy                     {run.accuracy():.2%}")
    print(f"input spikes per image       {run.input_spikes():.1f}")
    print(f"energy per image, core       {ledger.per_sample('core').mean():,.0f} pJ")
    print(f"energy per image, whole chip {ledger.per_sample('chip').mean():,.0f} pJ")
    print(f"per synaptic event, core     {ledger.per_synaptic_event_pj('core'):.2f} pJ ({ledger.reading} reading)")
    print()
    print("decision margin   accuracy   input spikes   core pJ      (all margins are read from the one run)")
    for delta_s in (2, 4, 6, 8, 10):
        core_pj = run.ledger(delta_s).per_sample("core").mean()
        print(f"{delta_s:15d}   {run.accuracy(delta_s):8.2%}   {run.input_spikes(delta_s):12.1f}   {core_pj:7,.0f}")


if __name__ == "__main__":
    main()
