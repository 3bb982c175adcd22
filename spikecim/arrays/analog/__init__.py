"""Analog multiply arrays: weights as differential pairs of sliced cells, five classes of error one by one."""
