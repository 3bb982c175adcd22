"""Read disturb as a bound: a read moves a cell in HRS towards LRS by at most a stated step of ln R.

SPIRIT's designers saw none in 750 to 800 million spikes (IEDM 2019), so a file states an upper bound, not a measured
drift. Reads are counted by row. Cells in LRS keep theirs: a read cannot SET them further against the clamp.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.errors import ParameterError
from spikecim.parameters import Parameter, Quantity, Switched


class DisturbSpec(Switched):
    """The step per read, and how many reads it is stated for."""

    step_per_read: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 1.0)]
    most_reads: Annotated[Parameter[float], Quantity("dimensionless", 1.0, 1e15)]

    def log_shift(self, reads: ArrayLike) -> NDArray[np.float64]:
        """Change of ln R of cells in HRS after `reads` of each row, any shape.

        Raises
        ------
        ParameterError
            Beyond `most_reads`.
        """
        counts = np.asarray(reads, np.float64)
        if counts.max(initial=0.0) > self.most_reads.value:
            raise ParameterError(
                f"{counts.max():g} reads of a row: read disturb is stated for 0 .. {self.most_reads.value:g} "
                "(cell.disturb.most_reads); choose a number within it"
            )
        return -self.step_per_read.value * counts
