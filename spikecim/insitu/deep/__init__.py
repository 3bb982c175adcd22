"""Training of VGG-8-class networks on the chip, in PyTorch: every pass of every layer goes through the array model."""

from spikecim.models.extras import needs

with needs("torch", "training a deep network on the chip"):
    import torch  # noqa: F401
