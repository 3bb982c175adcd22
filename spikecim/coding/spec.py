"""What a chip file states about input coding, the serial link and the decision."""

from __future__ import annotations

from typing import Annotated

from spikecim.coding.renewal import ENCODERS
from spikecim.errors import ParameterError
from spikecim.parameters import Choice, Count, Parameter, Quantity, Section
from spikecim.program import MOST_TICKS

Time = Annotated[Parameter[float], Quantity("second", 1e-12, 1e3)]


class LinkSpec(Section):
    """One serial link brings at most one word per tick (docs/semantics.md, point 1)."""

    tick: Time
    input_bits: Annotated[Parameter[int], Count(1, 64)]
    output_bits: Annotated[Parameter[int], Count(1, 64)]


class CodingSpec(Section):
    """Rate code of the input values."""

    encoder: Annotated[Parameter[str], Choice(tuple(ENCODERS))]
    full_scale_period: Time
    zero_rate_rel: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 1.0)]
    jitter_rel: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 1.0)]
    window: Time

    def check(self) -> None:
        if self.jitter_rel.value > 0 and not ENCODERS[self.encoder.value].jittered:
            raise ParameterError(
                f"jitter_rel {self.jitter_rel.text()} is without effect with encoder {self.encoder.value}; "
                "set jitter_rel to 0 or encoder to jittered"
            )

    def window_ticks(self, tick_s: float) -> int:
        """Presentation window in ticks."""
        ticks = round(self.window.value / tick_s)
        if not 1 <= ticks <= MOST_TICKS:
            raise ParameterError(f"coding.window is {ticks} ticks long; allowed 1 .. {MOST_TICKS} (see link.tick)")
        return ticks


class DecisionSpec(Section):
    """Signed-count decision: the leader must be `delta_s` spikes ahead (N2D2's TerminateDelta)."""

    delta_s: Annotated[Parameter[int], Count(1, 1000)]
