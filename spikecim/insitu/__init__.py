"""Training on the chip: update rules in hardware terms, arrays in all three passes, learning loops, studies."""
