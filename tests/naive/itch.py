"""ITCH to rows the slow, obvious way: one message at a time, offsets from the specification, orders in a dictionary."""

from fractions import Fraction

LENGTHS = {
    "S": 12, "R": 39, "H": 25, "Y": 20, "L": 26, "V": 35, "W": 12, "K": 28, "J": 35, "h": 21, "A": 36, "F": 40,
    "E": 31, "C": 36, "X": 23, "D": 19, "U": 35, "P": 44, "Q": 40, "B": 19, "I": 50, "N": 20, "O": 48,
}  # fmt: skip
ADD, REDUCE, DELETE, EXECUTE, TRADE, STATUS = 1, 2, 3, 4, 6, 10
LAST, HIDDEN, AUCTION, OUT_OF_SEQUENCE, REPLACED, ODD_LOT, OFF_TICK = 1, 4, 8, 16, 32, 64, 128
STATES = {"T": 1, "H": 2, "P": 2, "Q": 4}


def messages(data: bytes, prefix: int = 2) -> list[bytes]:
    found, at = [], 0
    while at < len(data):
        length = LENGTHS[chr(data[at + prefix])]
        found.append(data[at + prefix : at + prefix + length])
        at += prefix + length
    return found


def number(message: bytes, offset: int, length: int) -> int:
    return int.from_bytes(message[offset : offset + length], "big")


class NaiveProjection:
    """Rows are tuples in the order of the fields of EVENT."""

    def __init__(self, midnight_ns: int = 0, tick_e4: int = 100, symbol: str | None = None) -> None:
        self.midnight_ns = midnight_ns
        self.tick_e4 = tick_e4
        self.symbol = symbol
        self.rows: list[tuple[int, ...]] = []
        self.orders: dict[int, list[int]] = {}
        self.symbols: dict[int, str] = {}
        self.round_lots: dict[int, int] = {}
        self.unknown = self.duplicate = self.overfilled = 0

    def wants(self, locate: int) -> bool:
        return locate in self.symbols and self.symbol in (None, self.symbols[locate])

    def row(self, sequence, m, kind, order_id, side, price_e4, size, flags, locate=None):  # noqa: PLR0917
        exact = Fraction(price_e4, self.tick_e4)
        if exact.denominator != 1:
            flags |= OFF_TICK
        locate = number(m, 1, 2) if locate is None else locate
        time = self.midnight_ns + number(m, 5, 6)
        self.rows.append((time, 0, sequence, order_id, round(exact), size, locate, flags, kind, side))

    def read(self, sequence: int, m: bytes) -> None:
        code, locate = chr(m[0]), number(m, 1, 2)
        if code == "S" and m[11:12] == b"E":
            for known in sorted(self.symbols):
                if self.wants(known):
                    self.row(sequence, m, STATUS, 0, 0, 0, 0, LAST, known)
            return
        if code == "R":
            self.symbols[locate] = m[11:19].decode().rstrip()
            self.round_lots[locate] = number(m, 21, 4)
        elif code in "AFPQ" and locate not in self.symbols:
            at = 19 if code == "Q" else 24
            self.symbols[locate] = m[at : at + 8].decode().rstrip()
        if not self.wants(locate):
            self.unknown += code in "ECXDU" and locate not in self.symbols and self.symbol is None
            return
        odd = ODD_LOT if code in "ECP" and number(m, 20 if code == "P" else 19, 4) < self.round_lot(locate) else 0
        if code in "AF":
            side = 1 if m[19:20] == b"B" else -1
            self.join(sequence, m, number(m, 11, 8), side, number(m, 32, 4), number(m, 20, 4), LAST)
        elif code in "ECXDU":
            self.change(sequence, m, code, odd)
        elif code == "P":
            self.row(sequence, m, TRADE, 0, 0, number(m, 32, 4), number(m, 20, 4), LAST | HIDDEN | odd)
        elif code == "Q" and number(m, 11, 8):
            self.row(sequence, m, TRADE, 0, 0, number(m, 27, 4), number(m, 11, 8), LAST | AUCTION)
        elif code == "H":
            self.row(sequence, m, STATUS, 0, 0, 0, STATES[chr(m[19])], LAST)
        elif code == "h" and m[19:20] == b"Q":
            self.row(sequence, m, STATUS, 0, 0, 0, STATES[chr(m[20])], LAST)

    def round_lot(self, locate: int) -> int:
        return self.round_lots.get(locate, 100)

    def join(self, sequence, m, reference, side, price, shares, flags):  # noqa: PLR0917
        self.duplicate += reference in self.orders
        self.orders[reference] = [side, price, shares]
        self.row(sequence, m, ADD, reference, side, price, shares, flags)

    def change(self, sequence: int, m: bytes, code: str, odd: int) -> None:
        reference = number(m, 11, 8)
        if reference not in self.orders:
            self.unknown += 1
            return
        side, price, had = self.orders[reference]
        if code in "DU":
            replaced = REPLACED if code == "U" else LAST
            self.row(sequence, m, DELETE, reference, side, price, had, replaced)
            del self.orders[reference]
            if code == "U":
                new = number(m, 19, 8), side, number(m, 31, 4), number(m, 27, 4)
                self.join(sequence, m, *new, REPLACED | LAST)
            return
        shares, kind, flags = number(m, 19, 4), REDUCE if code == "X" else EXECUTE, LAST | odd
        if code == "C":
            price = number(m, 32, 4)
            flags |= OUT_OF_SEQUENCE if m[31:32] == b"N" else 0
        self.row(sequence, m, kind, reference, side, price, shares, flags)
        self.orders[reference][2] -= shares
        if self.orders[reference][2] <= 0:
            self.overfilled += shares > had
            del self.orders[reference]


def project(
    data: bytes, *, prefix: int = 2, midnight_ns: int = 0, tick_e4: int = 100, symbol: str | None = None
) -> NaiveProjection:
    """All rows of a stream, and what was counted on the way."""
    naive = NaiveProjection(midnight_ns, tick_e4, symbol)
    for sequence, message in enumerate(messages(data, prefix), start=1):
        naive.read(sequence, message)
    return naive
