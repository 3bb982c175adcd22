"""SPIRIT learning on the chip: a tenth class or a drifted input, by single SET and RESET pulses of its binary cells."""
