"""Studies of training on the chip: devices x rules x rates x seeds, tuned on validation and scored on test images."""
