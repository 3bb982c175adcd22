"""Update rules of learning on the chip, in terms of what a circuit does: memory words, pulses, row phases."""
