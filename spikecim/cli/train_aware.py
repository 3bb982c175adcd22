"""`spikecim train` for what needs PyTorch and is no image network: hardware-aware perceptrons, and the Transformer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spikecim.cli.shell import stages
from spikecim.errors import ParameterError
from spikecim.files import make_folder
from spikecim.units import parse_quantity

Told = tuple[str, dict[str, str], str]
METHOD = "hardware-aware"
AGE = "1 h"


@dataclass(frozen=True)
class Aware:
    """Options of a hardware-aware training, as given.

    Raises
    ------
    ParameterError
        If an option is given that would be without effect, or the age is no time.
    """

    quantisation: str | None
    after: str | None
    chip_index: int | None

    def __post_init__(self) -> None:
        given = {"--after": self.after, "--chip-index": self.chip_index}
        for option, value in given.items():
            if value is not None and not self.wanted:
                raise ParameterError(f"{option} {value}: is for --quantisation {METHOD} only")
        if self.wanted and self.seconds < 0:
            raise ParameterError(f"--after {self.after}: must be a time of 0 s or more")

    @property
    def wanted(self) -> bool:
        return self.quantisation == METHOD

    @property
    def seconds(self) -> float:
        try:
            return parse_quantity(self.after or AGE, "second")
        except ParameterError as error:
            raise ParameterError(f"--after {self.after}: {error}") from None


def check_method(quantisation: str) -> None:
    """Raise ParameterError unless `quantisation` is a method of training SPIRIT's perceptron."""
    from spikecim.conversion.perceptron import METHODS
    from spikecim.datasets.choices import check_choice

    check_choice("--quantisation", quantisation, (*METHODS, METHOD))


def train_aware(data: str, out: Path, chip: str, aware: Aware, seed: int, *, quiet: bool) -> Told:
    """Train SPIRIT's perceptron for its chips; name, notes and size."""
    from spikecim.datasets import NAMES
    from spikecim.datasets.choices import check_choice
    from spikecim.experiments.spirit_aware import AwareExperiment
    from spikecim.training.ready import save_network

    check_choice("data set", data, NAMES)
    make_folder(out.parent)
    with stages(quiet=quiet) as stage:
        network = AwareExperiment(
            chip=chip,
            dataset=data,
            seconds=aware.seconds,
            seed=seed,
            chip_index=aware.chip_index,
            progress=stage,
        ).run()
    save_network(network, out)
    return network.name, network.notes, f"{network.n_in} x {network.n_out} weights"


def train_transformer(out: Path, checkpoint: Path | None, seed: int, *, quiet: bool) -> Told:
    """Train the Transformer on the made language; the same."""
    from spikecim.models.extras import needs

    if checkpoint is not None:
        raise ParameterError("--checkpoint: the Transformer trains in one go; leave it out")
    with needs("torch", "training a network"):
        from spikecim.training.deep.translation import made_texts
        from spikecim.training.deep.translation_files import save_translator
        from spikecim.training.deep.translation_training import train_translation
    make_folder(out.parent)
    with stages(quiet=quiet) as stage:
        translator = train_translation(made_texts(), seed=seed, progress=stage)
    save_translator(translator, out)
    notes = {**translator.notes, "held_out_accuracy": translator.notes["validation_words"]}
    return "transformer-made", notes, f"{sum(p.numel() for p in translator.module.parameters()):,} parameters"
