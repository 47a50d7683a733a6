"""NASDAQ TotalView-ITCH 5.0: every order of every stock of one day, binary.

Source: Nasdaq, "Nasdaq TotalView-ITCH 5.0"; the BX and PSX feeds are the same. Messages stand behind two bytes of
length, as in Nasdaq's daily files, or one after the other without; plain or compressed.

======= =========================== ==================================================================================
message meaning                     rows
======= =========================== ==================================================================================
A, F    new order                   ADD
E       execution                   EXECUTE at the order's own price (side of the resting order)
C       execution at another price  EXECUTE at that price; not printable: OUT_OF_SEQUENCE, its shares are in a cross
X       partial cancel              REDUCE
D       delete                      DELETE with what the order still had
U       replace                     DELETE and ADD, both REPLACED, LAST on the second; the side is the old order's
P       trade, hidden order         TRADE, HIDDEN, side 0 (the feed says B whatever it was)
Q       cross                       TRADE, AUCTION, side 0; one of 0 shares is no trade and only counted
H       trading action              STATUS: T open, Q quote only, H and P halted
h       operational halt            STATUS if it is this market's own (code Q), else only counted
S       end of system hours (E)     STATUS closed for every instrument
R       stock directory             none: names the instrument and its round lot
B       broken trade                none, counted: rows do not carry match numbers; ``decode`` gives them
others  Y L V W K J I N O, other S  none, counted by name; ``decode`` gives all their fields
======= =========================== ==================================================================================

Fields filled: ``ts_event_ns``, ``sequence`` (the message's 1-based number in the file; both rows of a replace have the
same), ``order_id`` (the order reference; 0 for prints), ``price_ticks``, ``size_lots`` (shares), ``instrument_id``
(stock locate code), ``kind``, ``side``, ``flags`` (LAST on every message, ODD_LOT on trades below the round lot,
OFF_TICK on prices between ticks). Not filled: ``ts_recv_ns``.

The tick is 0.01 dollar; stocks below one dollar quote in 0.0001, so read those with that tick. A change of an order
that the file never added (it starts within the day) gives no row and is counted as ``unknown_references``.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import ClassVar

import msgspec

from tradewind.core.errors import UsageError
from tradewind.core.ports import Feed
from tradewind.data.itch.framing import recognise
from tradewind.data.reader import FileHead, Match, ReadOptions

__all__ = ["ItchReader", "day_in_name"]

DATE = re.compile(r"(?<!\d)(\d{4}-\d\d-\d\d|\d{8}|\d{6})(?!\d)")
VENUES = {"BX": "XBOS", "PSX": "XPSX"}


def day_in_name(name: str) -> date | None:
    """Day that a file is named after, as Nasdaq and others write it; None when there is none.

    Examples:
        >>> day_in_name("01302019.NASDAQ_ITCH50.gz"), day_in_name("S010220-v50.txt.gz")
        (datetime.date(2019, 1, 30), datetime.date(2020, 1, 2))
        >>> day_in_name("20190730.BX_ITCH_50"), day_in_name("itch-2019-07-30.bin")
        (datetime.date(2019, 7, 30), datetime.date(2019, 7, 30))
    """
    for digits in DATE.findall(name):
        if "-" in digits:
            tries = [digits.split("-")]
        elif len(digits) == 8:
            tries = [[digits[4:], digits[:2], digits[2:4]], [digits[:4], digits[4:6], digits[6:]]]
        else:
            tries = [["20" + digits[4:], digits[:2], digits[2:4]]]
        for year, month, day in tries:
            try:
                found = date(int(year), int(month), int(day))
            except ValueError:
                continue
            if 1990 <= found.year < 2100:
                return found
    return None


class ItchReader:
    """Opens TotalView-ITCH 5.0 files."""

    name: ClassVar[str] = "itch"
    description: ClassVar[str] = "NASDAQ TotalView-ITCH 5.0 (binary), all messages, all stocks of a day"

    def match(self, head: FileHead) -> Match | None:
        """Recognise messages whose types, lengths and times fit together from the first byte on."""
        found = recognise(head.data)
        if found.messages == 0 or (found.prefix == 0 and (found.messages < 2 or b"\0" not in head.data[:12])):
            return None
        framed = "with lengths before them" if found.prefix else "without lengths"
        reason = f"ITCH 5.0 messages {framed}: {found.codes[:8]}"
        if found.broken:
            return Match(50, f"{reason}, then a broken one") if found.messages >= 8 else None
        return Match(95 if found.codes.startswith("S") else 85, reason)

    def open(self, path: Path, options: ReadOptions) -> Feed:
        """Open a file of one day.

        Args:
            path: The file; its name may hold the day, as in ``01302019.NASDAQ_ITCH50.gz``.
            options: ``day`` where the name does not say; ``symbol`` reads that stock alone; ``tick_size`` is 0.01.

        Raises:
            UsageError: When neither the name nor the options give the day.
            InvalidValueError: For a tick that is no multiple of 0.0001, or a lot size other than one share.
        """
        from tradewind.data.itch.feed import ItchFeed  # imports Numba, which files of other formats need not wait for

        day = options.day or day_in_name(path.name)
        if day is None:
            raise UsageError(
                f"{path}: ITCH times count from midnight and neither an option nor the file's name gives the day; "
                "say which with --day YYYY-MM-DD, or name the file like 01302019.NASDAQ_ITCH50.gz"
            )
        words = re.split(r"[^A-Za-z]+", path.name.upper())
        venue = options.venue or next((VENUES[word] for word in words if word in VENUES), "XNAS")
        return ItchFeed(path, msgspec.structs.replace(options, venue=venue), day)
