"""Puts the nodes of a file's graph in order: one line from input to output, no cycle, no branch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from spikecim.errors import ModelError


def sorted_nodes(source: str, needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Names in an order in which each comes after all that it `needs`.

    Raises
    ------
    ModelError
        If there is a cycle; the message names its nodes.
    """
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        loop = " -> ".join(repr(name) for name in error.args[1][:8])
        raise ModelError(f"{source}: the nodes form a cycle ({loop}); only chains are supported") from None


def walk(source: str, first: str, last: str, edges: Iterable[tuple[str, str]]) -> list[str]:
    """Names from `first` to `last` along `edges`, which must form one line through all their nodes.

    Raises
    ------
    ModelError
        If an edge branches, joins or is doubled, or a node lies aside.
    """
    following: dict[str, str] = {}
    needs: dict[str, set[str]] = {first: set(), last: set()}
    for start, end in edges:
        if start in following:
            text = "twice" if following[start] == end else f"to {following[start]!r} and {end!r}"
            raise ModelError(f"{source}: node {start!r} leads {text}; branches are not supported")
        following[start] = end
        needs.setdefault(start, set())
        if needs.setdefault(end, set()):
            both = f"{next(iter(needs[end]))!r} and {start!r}"
            raise ModelError(f"{source}: node {end!r} is fed by {both}; joins and recurrence are not supported")
        needs[end].add(start)
    sorted_nodes(source, needs)
    names = [first]
    while names[-1] in following:
        names.append(following[names[-1]])
    if aside := sorted(set(needs) - set(names)):
        raise ModelError(f"{source}: node {aside[0]!r} is not on the line from {first!r} to {last!r}; check the edges")
    if names[-1] != last:
        raise ModelError(f"{source}: no edges lead from {first!r} to {last!r}")
    return names
