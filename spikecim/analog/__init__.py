"""PyTorch networks on analog multiply arrays: the five error classes, virtual chips, hardware-aware training.

Import its modules (`convert`, `calibrate`, `deploy`, `aware`, `ann`, `task`); PyTorch loads only then.
"""
