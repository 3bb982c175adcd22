"""A device and a rule tried on one weight before a study begins, so that what cannot go together is said at once."""

from __future__ import annotations

import numpy as np

from spikecim.errors import ParameterError
from spikecim.insitu.layer import make_layer
from spikecim.insitu.rules.spec import UpdateSpec
from spikecim.insitu.study.devices import device_of
from spikecim.insitu.study.spec import DeviceChoice, RuleChoice


def try_layer(pair: tuple[DeviceChoice, RuleChoice], pairing: str) -> None:
    """Make a layer (1, 1).

    Raises
    ------
    ParameterError
        Naming device and rule, if the rule cannot have this device or pairing.
    """
    device, rule = pair
    update = UpdateSpec(rate=rule.rates[0], **rule.settings)
    try:
        make_layer(np.zeros((1, 1), np.float32), device_of(device), pairing, update, 1.0, 0, "trial")
    except ParameterError as error:
        raise ParameterError(f"device {device.name!r} with rule {rule.name!r}: {error}") from None
