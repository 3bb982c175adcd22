"""Shapley values in exact arithmetic: who contributed what to the worth of a coalition (Shapley 1953).

phi_i = mean over orders of v(those before i, and i) - v(those before i). Every order shares out v(all) - v(none)
without rest, so the values do too. Players in ordered groups, the second coming only after the first is complete, are
two games one after the other (precedence constraints: Faigle and Kern, Int. J. Game Theory 21, 1992, 249-266).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import factorial

import numpy as np
from numpy.typing import NDArray

from spikecim.streams import stream

Coalition = frozenset[int]


def shapley_values(n_players: int, worths: Sequence[int]) -> list[Fraction]:
    """Exact values of players 0..n_players-1 from the worths of all 2^n coalitions; bit k of an index: k is in it."""
    values = []
    for player in range(n_players):
        total = 0
        for mask in range(2**n_players):
            if not mask >> player & 1:
                before = mask.bit_count()
                orders = factorial(before) * factorial(n_players - before - 1)
                total += orders * (worths[mask | 1 << player] - worths[mask])
        values.append(Fraction(total, factorial(n_players)))
    return values


def members(mask: int) -> list[int]:
    """Players of the coalition written as the bits of `mask`."""
    return [player for player in range(mask.bit_length()) if mask >> player & 1]


def order_of(n_players: int, number: int, seed: int) -> list[int]:
    """Order in which the players join in draw `number`: odd draws reverse the one before (antithetic pairs).

    In a pair each player comes as often before as after any other, which takes most of the noise out of the mean.
    """
    order = stream(seed, "attribution", "order", number // 2).permutation(n_players)
    return [int(player) for player in (order[::-1] if number % 2 else order)]


def prefixes(order: Sequence[int]) -> list[Coalition]:
    """The coalitions that grow along `order`, from the empty to the whole one."""
    return [frozenset(order[:size]) for size in range(len(order) + 1)]


def marginals(order: Sequence[int], worths: NDArray[np.int64]) -> NDArray[np.int64]:
    """What each player, by number, added when it joined, (n_players,); `worths` are those of `prefixes(order)`."""
    added = np.zeros(len(order), np.int64)
    added[list(order)] = np.diff(worths)
    return added
