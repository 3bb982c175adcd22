"""Hold all engines against each other on a converted network: every spike of every layer, on real images."""

from __future__ import annotations

from spikecim.conversion.registry import applicable, get_conversion
from spikecim.engines import ENGINES, get_engine
from spikecim.experiments.engines import REFERENCE, Comparison, Verification
from spikecim.explore.compare_chip import bounds_of, load_rig
from spikecim.explore.compare_material import calibration_for, find_model, images_for
from spikecim.layered_build import build_layers
from spikecim.progress import Stage, silent
from spikecim.results.layered_compare import differences

CHIPS = ("spirit-multi-ideal", "spirit-multi")
STEPS = 8


def verify_layers(
    model_name: str,
    dataset: str,
    images: int | None,
    seed: int,
    *,
    conversion: str | None = None,
    steps: int = STEPS,
    progress: Stage = silent,
) -> Verification:
    """Run `images` test images through a converted network on every engine; the stepper is the reference.

    Parameters
    ----------
    model_name : str
        A shipped network or a file, as for `spikecim compare`.
    conversion : str or None
        The first one that applies if None.
    steps : int
        Input steps of an image.
    """
    model = find_model(model_name)
    test = images_for(model, dataset, "test", limit=images)
    calibration = calibration_for(model, dataset)
    rule = get_conversion(conversion) if conversion else applicable(model)[0]
    comparisons = []
    for name in CHIPS:
        chip = load_rig(name).chip
        network = rule(model, calibration.values, bounds_of(chip, steps=steps))
        built = build_layers(chip, network, seed, delta_s=chip.decision.delta_s.value)
        trains = network.code.encode(test.values.reshape(test.n_samples, -1))
        progress(f"{name}: {REFERENCE}", 0, 1)
        oracle = get_engine(REFERENCE).run_layers(built.program, trains, keep="spikes")
        for other in (engine for engine in ENGINES if engine != REFERENCE):
            progress(f"{name}: {other}", 0, 1)
            again = get_engine(other).run_layers(built.program, trains, keep="spikes")
            found = differences(oracle, again, (REFERENCE, other))
            comparisons.append(
                Comparison(
                    chip=name,
                    engine=other,
                    spikes=sum(found.compared),
                    differing=sum(found.differing),
                    difference=found.first,
                )
            )
    what = f"{dataset} images through {model.name} ({rule.name})"
    return Verification(dataset=what, images=test.n_samples, comparisons=comparisons)
