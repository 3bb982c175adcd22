"""The physical array behind a read: wires, drivers, clamps, idle rows and unused cells around a network's own cells."""
