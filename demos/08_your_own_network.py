"""From a trained PyTorch network to the chip: import it, convert it in every way that applies, compare."""

import numpy as np

from spikecim.datasets.pixels import load_images
from spikecim.explore.compare import CompareScene, compare
from spikecim.models.forward import forward
from spikecim.models.torch_module import from_torch
from spikecim.results.comparison import Comparison


def main(small: bool = False) -> None:
    try:
        import torch
    except ImportError:
        print('this demo trains with PyTorch: pip install "spikecim[torch]"')
        return
    train, test = load_images("digits", "fit"), load_images("digits", "test", limit=40 if small else None)
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3, padding=1, bias=False),
        torch.nn.BatchNorm2d(8),
        torch.nn.ReLU(),
        torch.nn.AvgPool2d(2),
        torch.nn.Conv2d(8, 16, 3),
        torch.nn.ReLU(),
        torch.nn.Flatten(),
        torch.nn.Linear(64, 10),
    )
    fit(module, train.values, train.labels, epochs=4 if small else 30)

    # Channels last from here on; the import checks itself against the module.
    network = from_torch(module.eval(), input_shape=(8, 8, 1), name="my-cnn")
    print(f"{network.name}: {network.n_parameters} parameters, {network.macs()} MACs an image")
    print(f"in NumPy: {100 * np.mean(forward(network, test.values).argmax(1) == test.labels):.1f} % of the test digits")
    scene = CompareScene(
        network=network,
        calibration=load_images("digits", "held-out").values[:200],
        images=test.values,
        labels=test.labels,
        dataset="digits",
        origin=test.extent,
        conversions=("relu-percentile",) if small else (),
        n_chips=2 if small else 5,
        steps=16,
    )
    show(compare(scene))


def fit(module: object, images: np.ndarray, labels: np.ndarray, epochs: int) -> None:
    """Plain Adam; PyTorch wants channels first."""
    import torch

    x = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    y = torch.from_numpy(labels.astype(np.int64))
    optimiser = torch.optim.Adam(module.parameters(), lr=5e-3)
    for _ in range(epochs):
        for chosen in torch.randperm(len(x)).split(64):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(module(x[chosen]), y[chosen]).backward()
            optimiser.step()


def show(found: Comparison) -> None:
    print(f"{'conversion':<22} {'chip':<20} accuracy   nJ core   input spikes")
    for row in found.rows:
        numbers = f"{100 * row.accuracy:6.1f} % {row.energy_core_nj:9.1f} {row.input_spikes_per_image:14.0f}"
        print(f"{row.conversion:<22} {row.chip:<20} {numbers}")


if __name__ == "__main__":
    main()
