"""Sixteen 32-bit integers as one compiled value: the vector instructions of the machine, written as arithmetic.

A kernel that computes with `Lanes` and `Flags` holds its values in registers by construction, where plain loops over 16
array entries depend on the compiler proving that no two arrays overlap. Integer addition, subtraction and
multiplication wrap at 32 bits. Machines with narrower registers run the same code in several instructions.

Kernels that use these operations are cached on disk by their own file only: after a change here, clear the cache.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

WIDTH = 16
_I32, _I64 = ir.IntType(32), ir.IntType(64)
_LANES, _FLAGS = ir.VectorType(_I32, WIDTH), ir.VectorType(ir.IntType(1), WIDTH)


class VectorType(types.Type):
    """Numba's name for a vector value."""


Lanes, Flags = VectorType("lanes32x16"), VectorType("flags16")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: VectorType) -> None:
        super().__init__(manager, kind, _LANES if kind == Lanes else _FLAGS)


def _compare(sign: str) -> Callable[..., Any]:
    return lambda builder, a, b: builder.icmp_signed(sign, a, b)


def _call(name: str, builder: Any, *values: Any) -> Any:
    kind = ir.FunctionType(_LANES, [value.type for value in values])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), values)


def _define(result: Any, arguments: tuple[Any, ...], emit: Callable[..., Any]) -> Any:
    """An operation whose instructions `emit(builder, *values)` writes."""

    def lower(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return emit(builder, *values)

    if len(arguments) == 1:
        return intrinsic(lambda _typing, a: (result(*arguments), lower))
    if len(arguments) == 2:
        return intrinsic(lambda _typing, a, b: (result(*arguments), lower))
    return intrinsic(lambda _typing, a, b, c: (result(*arguments), lower))


def _broadcast(builder: Any, value: Any) -> Any:
    nothing = ir.Constant(_LANES, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(_I32, 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(_LANES, [0] * WIDTH))


def _mask(builder: Any, flags: Any) -> Any:
    return builder.zext(builder.bitcast(flags, ir.IntType(WIDTH)), _I64)


splat = _define(Lanes, (types.int32,), _broadcast)
least = _define(Lanes, (Lanes, Lanes), lambda builder, a, b: _call("llvm.smin.v16i32", builder, a, b))
most = _define(Lanes, (Lanes, Lanes), lambda builder, a, b: _call("llvm.smax.v16i32", builder, a, b))
# pick(flags, a, b): a where the flag is set, else b.
pick = _define(Lanes, (Flags, Lanes, Lanes), lambda builder, flags, a, b: builder.select(flags, a, b))
# One bit per flag, lane 0 lowest.
mask_of = _define(types.int64, (Flags,), _mask)
# Place of the lowest one of a word that has any.
lowest = _define(types.int64, (types.int64,), lambda builder, word: builder.cttz(word, ir.IntType(1)(1)))


def _overload(symbol: Any, kind: VectorType, operation: Any) -> None:
    @overload(symbol, inline="always")
    def _choose(a, b):  # type: ignore[no-untyped-def]
        return (lambda a, b: operation(a, b)) if a == kind and b == kind else None


for _symbol, _sign in (("ge", ">="), ("gt", ">"), ("le", "<="), ("lt", "<"), ("eq", "==")):
    _overload(getattr(operator, _symbol), Lanes, _define(Flags, (Lanes, Lanes), _compare(_sign)))
for _symbol, _name in (("add", "add"), ("sub", "sub"), ("mul", "mul"), ("and_", "and_"), ("or_", "or_")):
    _emit = operator.attrgetter(_name)
    _overload(
        getattr(operator, _symbol),
        Lanes,
        _define(Lanes, (Lanes, Lanes), lambda builder, a, b, emit=_emit: emit(builder)(a, b)),
    )
_overload(operator.rshift, Lanes, _define(Lanes, (Lanes, Lanes), lambda builder, a, b: builder.ashr(a, b)))
_overload(operator.and_, Flags, _define(Flags, (Flags, Flags), lambda builder, a, b: builder.and_(a, b)))
_overload(operator.or_, Flags, _define(Flags, (Flags, Flags), lambda builder, a, b: builder.or_(a, b)))


def _address(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    words = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(words, [at]), _LANES.as_pointer())


@intrinsic
def load(_typing: Any, array: Any, at: Any) -> Any:
    """Entries at .. at + 15 of a flat int32 array."""

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.load(_address(context, builder, signature.args[0], *values), align=4)

    return Lanes(array, types.int64), lower


@intrinsic
def store(_typing: Any, array: Any, at: Any, value: Any) -> Any:
    """Write entries at .. at + 15 of a flat int32 array."""

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        builder.store(values[2], _address(context, builder, signature.args[0], *values[:2]), align=4)
        return context.get_dummy_value()

    return types.void(array, types.int64, Lanes), lower


class _Addresses(ir.Instruction):
    """Sixteen addresses from a base and sixteen indices: llvmlite's own `gep` takes no vector of indices."""

    def __init__(self, builder: Any, base: Any, at: Any) -> None:
        super().__init__(builder.block, ir.VectorType(base.type, WIDTH), "getelementptr", [base, at])
        builder._insert(self)

    def descr(self, buf: list[str]) -> None:
        base, at = self.operands
        buf.append(f"getelementptr i32, ptr {base.get_reference()}, {at.type} {at.get_reference()}\n")


def _at_lanes(name: str, result: Any, builder: Any, addresses: Any, *values: Any) -> Any:
    """Call LLVM's masked gather or scatter; `values` stand around (addresses, alignment)."""
    before, after = values
    arguments = [*before, addresses, ir.Constant(_I32, 4), *after]
    kind = ir.FunctionType(result, [value.type for value in arguments])
    name = f"llvm.masked.{name}.v16i32.v16p0"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


@intrinsic
def gather(_typing: Any, array: Any, at: Any, flags: Any, other: Any) -> Any:
    """Entries `at` (one index per lane) of a flat int32 array where the flag is set, else `other`."""

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        words = context.make_array(signature.args[0])(context, builder, values[0]).data
        addresses = _Addresses(builder, words, values[1])
        return _at_lanes("gather", _LANES, builder, addresses, [], values[2:])

    return Lanes(array, Lanes, Flags, Lanes), lower


@intrinsic
def scatter(_typing: Any, array: Any, at: Any, flags: Any, value: Any) -> Any:
    """Write `value` to entries `at` (one index per lane) of a flat int32 array where the flag is set."""

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        words = context.make_array(signature.args[0])(context, builder, values[0]).data
        _at_lanes("scatter", ir.VoidType(), builder, _Addresses(builder, words, values[1]), [values[3]], [values[2]])
        return context.get_dummy_value()

    return types.void(array, Lanes, Flags, Lanes), lower


@intrinsic
def transpose(_typing: Any, source: Any, at: Any, target: Any, to: Any) -> Any:
    """Write 16 rows of 16 words, found at `at` of a flat int32 array, as 16 columns at `to` of another or the same."""

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        first = _address(context, builder, signature.args[0], *values[:2])
        rows = [builder.load(builder.gep(first, [_I64(k)]), align=4) for k in range(WIDTH)]
        for bit in (1, 2, 4, 8):
            rows = _exchange(builder, rows, bit)
        first = _address(context, builder, signature.args[2], *values[2:])
        for k, row in enumerate(rows):
            builder.store(row, builder.gep(first, [_I64(k)]), align=4)
        return context.get_dummy_value()

    return types.void(source, types.int64, target, types.int64), lower


def _exchange(builder: Any, rows: list[Any], bit: int) -> list[Any]:
    """Swap row and column numbers in one bit: four such steps transpose 16 x 16."""
    swapped = list(rows)
    for k in range(WIDTH):
        if not k & bit:
            low = [n if not n & bit else WIDTH + (n ^ bit) for n in range(WIDTH)]
            high = [n | bit if not n & bit else WIDTH + n for n in range(WIDTH)]
            for row, choice in ((k, low), (k | bit, high)):
                swapped[row] = builder.shuffle_vector(rows[k], rows[k | bit], ir.Constant(_LANES, choice))
    return swapped
