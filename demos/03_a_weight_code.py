"""How a weight becomes binary cells, what bad cells do to it, and why three copies fail as 3 p^2 - 2 p^3."""

from itertools import combinations

import numpy as np

from spikecim.arrays.codes import CODES, WeightCode

WEIGHTS = np.arange(-4, 5, dtype=np.int8)


def main(small: bool = False) -> None:
    print("weight +2 and -3 as cells (1 = LRS), and the largest weight error that bad cells can cause")
    for name, make in CODES.items():
        code = make(levels=4)
        cells = "  ".join("".join(map(str, row.astype(int))) for row in code.targets(np.array([2, -3], np.int8)))
        print(f"{name:<21} {code.cells_per_weight:2d} cells  {cells}")
        print(f"{'':<21} one bad cell: {abs(code.fault_table()).max():.2f} units, two: {worst_pair(code):.2f} units")
    print()
    majority_law(20_000 if small else 400_000)


def worst_pair(code: WeightCode) -> float:
    """Largest weight error that the neuron feels, over all weights and all pairs of flipped cells."""
    good = code.targets(WEIGHTS)
    errors = []
    for bad in combinations(range(code.cells_per_weight), 2):
        flipped = good.copy()
        flipped[:, bad] ^= True
        errors.append(np.abs(code.felt(flipped) - WEIGHTS).max())
    return float(max(errors))


def majority_law(n_weights: int) -> None:
    """Flip cells at random: a triple is wrong with 3 p^2 - 2 p^3, so eight of them are right with (1 - that)^8."""
    rng = np.random.default_rng(0)
    weights = rng.choice(WEIGHTS, n_weights)
    plain, tripled = CODES["unary-bipolar"](levels=4), CODES["triplicated-majority"](levels=4)
    print("cells bad      p of a triple       weights with a wrong cell")
    print("              law    counted       plain      triplicated")
    for p in (0.002, 0.01, 0.05, 0.2):
        single = rng.random((n_weights, plain.cells_per_weight)) < p
        triples = (rng.random((n_weights, tripled.cells_per_weight)) < p).reshape(n_weights, -1, 3)
        lost = triples.sum(-1) >= 2
        # The code's own decoder must agree with the vote counted by hand.
        flipped = tripled.targets(weights) ^ triples.reshape(n_weights, -1)
        assert np.array_equal(tripled.decode(flipped), plain.decode(plain.targets(weights) ^ lost))
        law = 3 * p**2 - 2 * p**3
        print(f"{p:7.1%}  {law:9.4%}  {lost.mean():9.4%}  {single.any(-1).mean():9.2%}  {lost.any(-1).mean():13.3%}")


if __name__ == "__main__":
    main()
