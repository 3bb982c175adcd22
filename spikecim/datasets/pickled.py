"""Reads a batch of CIFAR-10's Python version as data: its opcodes are interpreted here, nothing is imported or run.

A batch is a dict of "labels" (list of whole numbers) and "data" (uint8 array, n x 3072). Of all that a pickle can do
this reader knows texts, numbers, tuples, lists, dicts, and the names with which numpy writes an array.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# What numpy 1 and 2 write for an array; `encode` is how Python 3 writes bytes for Python 2.
KNOWN = frozenset(
    {
        "numpy.core.multiarray _reconstruct",
        "numpy._core.multiarray _reconstruct",
        "numpy ndarray",
        "numpy dtype",
        "_codecs encode",
    }
)


@dataclass(frozen=True)
class _Name:
    """A name that a pickle would import; here only a word."""

    text: str


@dataclass
class _Array:
    """An array on its way: empty until BUILD brings shape and bytes."""

    value: NDArray[np.uint8] | None = None


class _Uint8:
    """The only dtype there is."""


_MARK = object()


def read_batch(data: bytes) -> tuple[NDArray[np.uint8], list[int]]:
    """Return pixels (n, n_values) and labels of a pickled batch.

    Raises
    ------
    ValueError
        If it is truncated, no such batch, or asks for anything but the known names.
    """
    try:
        batch = _Machine().run(data)
    except (IndexError, KeyError, TypeError, AttributeError, OverflowError) as fault:
        raise ValueError("damaged pickle: its instructions make no sense") from fault
    if not isinstance(batch, dict):
        raise ValueError("pickle without a dict of data and labels")
    pixels, labels = batch.get("data"), batch.get("labels")
    if not isinstance(pixels, _Array) or pixels.value is None or not isinstance(labels, list):
        raise ValueError("pickle without an array 'data' and a list 'labels'")
    if not all(type(label) is int for label in labels):
        raise ValueError("pickle whose labels are not all whole numbers")
    return pixels.value, labels


class _Machine:
    """A stack, a memo, and what each opcode does to them."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, data: bytes) -> Any:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name == "STOP":
                return self.stack.pop()
            self.step(opcode.name, argument)
        raise ValueError("truncated pickle")

    def step(self, name: str, argument: Any) -> None:
        if name in _PUSHED:
            self.stack.append(argument)
        elif name in _MADE:
            self.stack.append(_MADE[name]())
        elif name in _ACTIONS:
            _ACTIONS[name](self, argument)
        elif name not in _IGNORED:
            raise ValueError(f"pickle with opcode {name}, which a CIFAR-10 batch does not have")

    def to_mark(self) -> list[Any]:
        """Take everything above the last mark, and the mark."""
        place = len(self.stack) - 1
        while self.stack[place] is not _MARK:
            place -= 1
        taken = self.stack[place + 1 :]
        del self.stack[place:]
        return taken

    def top(self, n: int) -> tuple[Any, ...]:
        taken = [self.stack.pop() for _ in range(n)]
        return tuple(reversed(taken))

    def put(self, index: int | None) -> None:
        self.memo[len(self.memo) if index is None else index] = self.stack[-1]

    def name(self, text: str) -> None:
        if text not in KNOWN:
            raise ValueError(f"pickle that asks for {text.replace(' ', '.')!r}; only a numpy array is read from it")
        self.stack.append(_Name(text))

    def extend(self, values: list[Any]) -> None:
        self.stack[-1].extend(values)

    def set_items(self, pairs: list[Any]) -> None:
        # Only texts as keys: the hash of a tuple of tuples of ... can take for ever.
        self.stack[-1].update(zip(map(_text, pairs[::2]), pairs[1::2], strict=True))

    def reduce(self) -> None:
        callee, arguments = self.top(2)
        self.stack.append(_call(callee, arguments))

    def build(self) -> None:
        (state,) = self.top(1)
        if isinstance(self.stack[-1], _Array):
            self.stack[-1].value = _filled(state)
        elif not isinstance(self.stack[-1], _Uint8):
            raise ValueError("pickle that sets the state of something other than a numpy array")


def _call(callee: Any, arguments: tuple[Any, ...]) -> Any:
    match callee, arguments:
        case _Name(text="numpy.core.multiarray _reconstruct" | "numpy._core.multiarray _reconstruct"), (
            _Name(text="numpy ndarray"),
            *_,
        ):
            return _Array()
        case _Name(text="numpy dtype"), (kind, *_) if _text(kind) == "u1":
            return _Uint8()
        case _Name(text="_codecs encode"), (str(text), encoding) if _text(encoding) in ("latin1", "latin-1"):
            return text.encode("latin-1")
    raise ValueError("pickle that calls something other than what makes a uint8 array")


def _filled(state: Any) -> NDArray[np.uint8]:
    _, shape, kind, is_fortran, content = state
    if not isinstance(kind, _Uint8) or is_fortran:
        raise ValueError("pickled array that is not uint8 in C order")
    raw = content.encode("latin-1") if isinstance(content, str) else content
    return np.frombuffer(raw, np.uint8).reshape(tuple(shape))


def _text(value: Any) -> str:
    """Python 2 wrote texts as bytes; nothing else will do."""
    if not isinstance(value, (str, bytes)):
        raise ValueError("pickle with something other than a text as a name")
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _stack_global(machine: _Machine, _: Any) -> None:
    module, name = machine.top(2)
    machine.name(f"{_text(module)} {_text(name)}")


_TEXTS = {"SHORT_BINSTRING", "BINSTRING", "SHORT_BINBYTES", "BINBYTES", "SHORT_BINUNICODE", "BINUNICODE"}
_PUSHED = frozenset({"BININT", "BININT1", "BININT2"} | _TEXTS)
_IGNORED = frozenset({"PROTO", "FRAME"})
_MADE: Mapping[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "MARK": lambda: _MARK,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
}
_ACTIONS: Mapping[str, Callable[[_Machine, Any], None]] = {
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "MEMOIZE": lambda machine, _: machine.put(None),
    "BINGET": lambda machine, index: machine.stack.append(machine.memo[index]),
    "LONG_BINGET": lambda machine, index: machine.stack.append(machine.memo[index]),
    "GLOBAL": _Machine.name,
    "STACK_GLOBAL": _stack_global,
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.to_mark())),
    "TUPLE1": lambda machine, _: machine.stack.append(machine.top(1)),
    "TUPLE2": lambda machine, _: machine.stack.append(machine.top(2)),
    "TUPLE3": lambda machine, _: machine.stack.append(machine.top(3)),
    "APPEND": lambda machine, _: machine.extend(list(machine.top(1))),
    "APPENDS": lambda machine, _: machine.extend(machine.to_mark()),
    "SETITEM": lambda machine, _: machine.set_items(list(machine.top(2))),
    "SETITEMS": lambda machine, _: machine.set_items(machine.to_mark()),
    "REDUCE": lambda machine, _: machine.reduce(),
    "BUILD": lambda machine, _: machine.build(),
}
