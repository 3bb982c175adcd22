"""What an update rule is told: rate, velocity, rounding and writing, each in hardware terms."""

from __future__ import annotations

from dataclasses import dataclass

from spikecim.errors import ParameterError
from spikecim.toml import one_of

RULES = ("sgd", "momentum", "residual", "mixed-precision", "tiki-taka", "v2.1")
ROUNDINGS = ("auto", "stochastic", "nearest", "toward-zero")
NORMALISATIONS = ("auto", "max", "power-of-two", "gradient", "none")
RESETS = ("auto", "never", "epoch")
RESCALES = ("auto", "none")
PHASES = ("both", "alternate")
# What "auto" stands for: (rounding, normalisation, reset); every other rule is like sgd.
_AUTO = {
    "sgd": ("stochastic", "max", "never"),
    "residual": ("nearest", "max", "never"),
    "mixed-precision": ("toward-zero", "gradient", "never"),
    "tiki-taka": ("stochastic", "gradient", "never"),
    "v2.1": ("nearest", "power-of-two", "epoch"),
}
# What no other rule looks at: there it must keep its default.
_OF_ONE_RULE = {
    "transfer_every": "tiki-taka",
    "transfer_rate": "tiki-taka",
    "transfer_carry": "tiki-taka",
    "weight_bits": "v2.1",
}
_RANGES: dict[str, tuple[float, float]] = {
    "rate": (0.0, 1e6),
    "gamma": (0.0, 0.9999),
    "velocity_bits": (0, 32),
    "threshold": (0.0, 1e4),
    "norm_memory": (0.0, 1.0),
    "most_pulses": (0, 32767),
    "transfer_every": (1, 10**6),
    "transfer_rate": (0.0, 100.0),
    "weight_bits": (2, 16),
}


@dataclass(frozen=True, kw_only=True)
class UpdateSpec:
    """An update rule with its numbers; the wanted change of a weight is -rate u, u the normalised gradient or velocity.

    ``"auto"`` becomes what the rule usually has as soon as the spec is made; docs/update-rules.md lists it.

    Attributes
    ----------
    rule : str
        One of `RULES`.
    rate : float
        Largest change of a weight per update, in weights (the window is 2 wide), if `normalise` is ``"max"``.
        It is the rate of plain SGD: `effective_rate` says what a rule with velocity makes of it.
    gamma : float
        v = gamma v + (1 - gamma) g; 0 keeps no velocity.
    velocity_bits : int
        Bits of a stored velocity, sign included, with one exponent per layer; 0 stores 32-bit floats.
    reset : str
        When the velocity is cleared: ``"never"`` or ``"epoch"``.
    rounding : str
        From wanted pulses to whole ones: ``"stochastic"``, ``"nearest"`` or ``"toward-zero"``.
    threshold : float
        A wanted change below this many pulses writes nothing.
    normalise : str
        ``"max"`` by the largest |v| of this update, ``"power-of-two"`` by the power of two nearest to it,
        ``"gradient"`` by the largest raw |g| lately (see `norm_memory`), ``"none"`` not at all.
    norm_memory : float
        The largest |g| lately fades by this factor from update to update until a larger one comes.
    rescale : str
        ``"auto"`` multiplies the rate by (1 - gamma) where the normalisation hides that averaging made v smaller.
    most_pulses : int
        Most pulses of one weight in one update; 0 is as many as cross the window.
    phases : str
        ``"both"``: every update drives a row in two phases, one per polarity. ``"alternate"``: updates of even number
        only raise weights, those of odd number only lower them; without a carry, what has the other sign is lost.
    transfer_every, transfer_rate : int, float
        Tiki-Taka: updates between two transfers of a row, and the share of the fast weight that is asked of the slow.
    transfer_carry : bool
        Tiki-Taka version 2: transfers add up in digital memory and leave it as whole pulses, so that the slow cells are
        not pulsed to and fro.
    weight_bits : int
        V2.1: one step of the weight is 2 ^ (1 - weight_bits).

    Raises
    ------
    ParameterError
        If a value is unknown or out of range, or has no effect in this rule.
    """

    rule: str = "sgd"
    rate: float = 0.1
    gamma: float = 0.0
    velocity_bits: int = 0
    reset: str = "auto"
    rounding: str = "auto"
    threshold: float = 0.0
    normalise: str = "auto"
    norm_memory: float = 0.99
    rescale: str = "auto"
    most_pulses: int = 0
    phases: str = "both"
    transfer_every: int = 1
    transfer_rate: float = 0.1
    transfer_carry: bool = False
    weight_bits: int = 5

    def __post_init__(self) -> None:
        for key, allowed in (
            ("rule", RULES),
            ("rounding", ROUNDINGS),
            ("normalise", NORMALISATIONS),
            ("reset", RESETS),
            ("rescale", RESCALES),
            ("phases", PHASES),
        ):
            one_of(getattr(self, key), allowed, f"update rule: {key}")
        for key, (low, high) in _RANGES.items():
            if not low <= getattr(self, key) <= high:
                raise ParameterError(
                    f"update rule {self.rule}: {key} is {getattr(self, key)}; allowed {low:g} .. {high:g}"
                )
        usual = dict(zip(("rounding", "normalise", "reset"), _AUTO.get(self.rule, _AUTO["sgd"]), strict=True))
        for key, value in usual.items():
            if getattr(self, key) == "auto":
                object.__setattr__(self, key, value)
        self._check_together()

    def check_cells(self, kind: str, pairing: str) -> None:
        """Refuse cells that this rule cannot write.

        Parameters
        ----------
        kind : str
            Of the device: ``"curve"`` or ``"table"``.
        pairing : str
            ``"single"`` or ``"pair"``.

        Raises
        ------
        ParameterError
            Saying what to take instead.
        """
        paired, plain = pairing != "single", self.rule == "v2.1"
        faults = {
            "its weights are single cells; use pairing single": plain and paired,
            "it takes the step of a curve as a chance, and this device is a table of measured steps; "
            "use a device with a curve, or another rule": plain and kind == "table",
            "phases alternate: a pair needs both polarities; use both": paired and self.phases == "alternate",
        }
        self._refuse(faults)

    def _check_together(self) -> None:
        fast, bare = self.rule == "tiki-taka", self.gamma == 0.0
        hiding = self.normalise in ("max", "power-of-two")
        faults = {
            f"gamma is {self.gamma:g}, but sgd keeps no velocity; use momentum": self.rule == "sgd" and self.gamma > 0,
            "gamma is 0; give a gamma above 0, or use sgd": self.rule in ("momentum", "v2.1") and bare,
            "velocity_bits has no effect without gamma": self.velocity_bits > 0 and bare,
            f"velocity_bits is {self.velocity_bits}; allowed 0 (floats) or 3 .. 32": self.velocity_bits in (1, 2),
            "gamma has no effect in tiki-taka, whose fast weights average": fast and self.gamma > 0,
            "phases alternate has no effect in tiki-taka; use both": fast and self.phases == "alternate",
            "reset epoch has no effect without gamma: there is no velocity to clear": self.reset == "epoch" and bare,
            "rescale none has no effect without gamma: nothing is rescaled": self.rescale == "none" and bare,
            "rescale none has no effect in v2.1, which never rescales": (
                self.rescale == "none" and self.rule == "v2.1"
            ),
            f"rescale none has no effect with normalise {self.normalise}: nothing is rescaled": (
                self.rescale == "none" and not hiding
            ),
            "norm_memory has an effect with normalise gradient or velocity_bits only": (
                self._given("norm_memory") and self.normalise != "gradient" and self.velocity_bits == 0
            ),
            **{
                f"{key} has an effect in {rule} only": self._given(key) and self.rule != rule
                for key, rule in _OF_ONE_RULE.items()
            },
        }
        self._refuse(faults)

    def _given(self, key: str) -> bool:
        """Whether `key` is not at its default."""
        return bool(getattr(self, key) != getattr(UpdateSpec, key))

    def _refuse(self, faults: dict[str, bool]) -> None:
        for fault, found in faults.items():
            if found:
                raise ParameterError(f"update rule {self.rule}: {fault}")

    @property
    def effective_rate(self) -> float:
        """Rate after the rescale with gamma: what was averaged over 1 / (1 - gamma) updates is paid once, not as often.

        The V2.1 rule has no such rescale.
        """
        hidden = self.normalise in ("max", "power-of-two") and self.rescale == "auto" and self.rule != "v2.1"
        return self.rate * (1.0 - self.gamma) if hidden else self.rate
