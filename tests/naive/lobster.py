"""LOBSTER messages to rows, the slow obvious way: one line at a time, in exact decimals."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

__all__ = ["rows_of"]

KINDS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 6, 7: 10}
FLAGS = {5: 4, 6: 8}
STATES = {-1: 2, 0: 4, 1: 1}


def rows_of(text: str, midnight_ns: int, tick: Decimal) -> list[tuple[int, ...]]:
    """Rows as tuples in the order of the fields of ``EVENT``; ``tick`` in dollars."""
    rows = []
    for number, line in enumerate(text.splitlines()):
        time, *fields = line.split(",")
        kind, order_id, size, price, direction = (int(field) for field in fields)
        time_ns = int((Decimal(time) * 10**9).to_integral_value(ROUND_HALF_UP)) + midnight_ns
        side = {5: -direction, 6: 0, 7: 0}.get(kind, direction)
        ratio = Decimal(price) / 10_000 / tick
        ticks = int(ratio.to_integral_value(ROUND_HALF_EVEN))
        flags = 1 | FLAGS.get(kind, 0) | (128 if ticks != ratio else 0)
        if kind == 7:
            ticks, size, flags = 0, STATES[price], 1
        rows.append((time_ns, 0, number, order_id, ticks, size, 0, flags, KINDS[kind], side))
    return rows
