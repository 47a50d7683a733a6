"""Sale conditions of US equity trades, as letters of the consolidated tapes or as a bit mask, in our flags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce
from operator import or_
from pathlib import Path

import polars as pl

from tradewind.core.dtypes import Array, EventFlag
from tradewind.core.errors import DataError

__all__ = ["condition_flags", "condition_text", "is_bit_mask"]

AUCTION = EventFlag.AUCTION
IRREGULAR = EventFlag.OUT_OF_SEQUENCE
LETTERS = {
    **dict.fromkeys("O56X", AUCTION),
    **dict.fromkeys("MQ", AUCTION | IRREGULAR),
    **dict.fromkeys("BCGHLNPRTUVWZ47", IRREGULAR),
    "I": EventFlag.ODD_LOT,
}
"""O opening, 5 reopening, 6 closing, X cross; M and Q repeat the official close and open; the irregular ones do not
set the consolidated last price, or only if nothing else has: average price, cash, bunched sold, price variation, sold
last, next day, prior reference price, seller, Form T (extended hours), sold out of sequence, contingent, derivatively
priced. I is an odd lot. Source: UTP and CTA plans, sale condition tables."""

BITS = {
    **dict.fromkeys((6, 7, 8, 21), AUCTION),
    **dict.fromkeys((24, 26), AUCTION | IRREGULAR),
    **dict.fromkeys((1, 2, 3, 9, 10, 11, 13, 14, 18, 20, 22, 25), IRREGULAR),
    31: EventFlag.ODD_LOT,
}
"""The same conditions in AlgoSeek's mask (QuantConnect LEAN, ``TradeConditionFlags``): 0 regular, 1 cash, 2 next day,
3 seller, 5 intermarket sweep, 6/7/8 opening, closing, reopening print, 9 derivatively priced, 10 Form T, 11 sold,
13 extended hours, 14 out of sequence, 18 stock-option trade, 20 average price, 21 cross, 22 price variation,
24 official close, 25 prior reference price, 26 official open, 29 trade-through exempt, 31 odd lot."""

HEXADECIMAL = re.compile(r"[0-9A-Fa-f]+")


def is_bit_mask(codes: pl.Series) -> bool:
    """Whether conditions are hexadecimal masks, not letters: letters are at most four, and never a zero.

    Examples:
        >>> is_bit_mask(pl.Series(["1", "20000020"])), is_bit_mask(pl.Series(["@", "@ TI", "F"]))
        (True, False)
    """
    known = [code for code in codes.unique().to_list() if code and HEXADECIMAL.fullmatch(code)]
    return any("0" in code or len(code) > 4 for code in known)


def condition_text(path: Path, codes: pl.Series, column: str) -> pl.Series:
    """Conditions as text; integers are masks.

    Args:
        path: The file, for the error.
        codes: Shape (n,), text or integers.
        column: The column, for the error.

    Raises:
        DataError: When they are neither, such as lists of numbers.

    Examples:
        >>> condition_text(Path("x"), pl.Series([0x20000020, None]), "cond").to_list()
        ['20000020', None]
    """
    if codes.dtype in (pl.Null(), pl.Categorical()):
        return codes.cast(pl.String)
    if codes.dtype.is_integer():
        known = codes.unique().drop_nulls().to_list()
        return codes.replace_strict({code: format(code, "x") for code in known}, return_dtype=pl.String, default=None)
    if codes.dtype != pl.String:
        raise DataError(path, "conditions as text or masks", f"type {codes.dtype}", field=column)
    return codes


def condition_flags(path: Path, rows: Array | Sequence[int], codes: pl.Series, *, bit_mask: bool) -> Array:
    """Flags of each trade.

    Args:
        path: The file, for the error.
        rows: Shape (n,), 1-based row of each value, for the error.
        codes: Shape (n,), text.
        bit_mask: Whether they are hexadecimal masks.

    Returns:
        Shape (n,), uint16 of :class:`~tradewind.core.dtypes.EventFlag`.

    Raises:
        DataError: For a mask that is not hexadecimal.

    Examples:
        >>> condition_flags(Path("x"), [1, 2], pl.Series(["1", "4800"]), bit_mask=True).tolist()
        [0, 16]
        >>> condition_flags(Path("x"), [1, 2], pl.Series(["@", "@ TI"]), bit_mask=False).tolist()
        [0, 80]
    """
    known = codes.unique().drop_nulls().to_list()
    meaning: dict[str, int] = {}
    for code in known:
        if not bit_mask:
            flags = [LETTERS.get(letter, 0) for letter in code]
        elif HEXADECIMAL.fullmatch(code) or not code:
            mask = int(code or "0", 16)
            flags = [flag for bit, flag in BITS.items() if mask >> bit & 1]
        else:
            at = int((codes == code).arg_max() or 0)
            raise DataError(
                path, "a hexadecimal condition, as in the rows before", code, row=int(rows[at]), field="condition"
            )
        meaning[code] = reduce(or_, (int(flag) for flag in flags), 0)
    return codes.replace_strict(meaning, default=0, return_dtype=pl.UInt16).to_numpy()
