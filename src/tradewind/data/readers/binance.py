"""Binance raw websocket captures: lines of ``<local time> <json>``, spot or USD-M futures.

The local time is in nanoseconds, microseconds or milliseconds, told by its magnitude; event times are milliseconds.
``ts_event_ns`` is the transaction time ``T`` where there is one, else the time ``E`` of the message; spot
``bookTicker`` has neither (flag RECV_ONLY). Rows:

=================== ==================================================================================================
message             rows
=================== ==================================================================================================
``depthUpdate``     LEVEL for each price, bids then asks, one packet; ``sequence`` is ``u``
REST snapshot       CLEAR, then LEVEL for each price, flagged SNAPSHOT, one packet; ``sequence`` is its newest update
``bookTicker``      QUOTE bid, QUOTE ask; ``sequence`` is ``u``
``trade``           TRADE, ``side`` the aggressor (``m`` true: the buyer was the maker, so a sale); ``sequence`` is the
                    trade's own number. Prints other than ``X: MARKET`` (insurance fund, deleveraging) are flagged
                    OUT_OF_SEQUENCE
``aggTrade``        as ``trade``; skipped, and counted, once the capture has shown ``trade``: they say the same
others              skipped and counted by name; so are partial books (``@depth5``, ``@depth10``, ``@depth20``)
=================== ==================================================================================================

**Snapshot and updates.** A snapshot arrives later than it was taken: updates captured before its line may be newer
than it. Such updates are replayed behind the snapshot, inside its packet, which takes the newest's time and number: the
book is up to date after it. Updates older than the snapshot are skipped and counted (``stale updates``).

**Sequence.** An update follows the one before when ``pu`` equals its ``u`` (futures) or ``U`` is its ``u + 1`` (spot).
A gap is counted (``sequence gaps``, also ``feed.gaps``) and named in ``feed.notes``; updates go on being applied, as
each carries whole sizes, and the next snapshot makes the book whole again. A capture that starts with updates (the
second day of two) continues the book of the file before: import both and replay them in order of time.

**Symbol.** Spot and perpetual futures are both called BTCUSDT; the futures' rows say BTCUSDT-PERP, so that the two do
not mix in a catalog. ``--symbol`` takes either name.

**Tick and lot.** The tick is inferred from the first prices. The lot is what the printed decimals allow (spot prints
eight): orders finer than the exchange's own step do rest in its books. A size between lots is an error, never rounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, NamedTuple

import msgspec

from tradewind.core.dtypes import EventFlag, EventKind
from tradewind.core.errors import DataError
from tradewind.core.types import Batch, Instrument
from tradewind.data.feed import FileFeed
from tradewind.data.reader import FileHead, Match, ReadOptions
from tradewind.data.readers.binance_depth import DepthStream, Update
from tradewind.data.readers.binance_rows import RowBuffer, Stamp
from tradewind.data.source import blocks

__all__ = ["BinanceFeed", "BinanceMessage", "BinanceReader"]

LINE = re.compile(r"(?a)^\d{13,19} \{")
KNOWN = re.compile(r'"e": ?"(depthUpdate|bookTicker|trade|aggTrade)"|"lastUpdateId"|@bookTicker"')
LEVEL, QUOTE, TRADE, CLEAR = (int(EventKind[kind]) for kind in ("LEVEL", "QUOTE", "TRADE", "CLEAR"))
LAST, SNAPSHOT, RECV_ONLY, OUT_OF_SEQUENCE = (
    int(EventFlag[flag]) for flag in ("LAST", "SNAPSHOT", "RECV_ONLY", "OUT_OF_SEQUENCE")
)
"""Plain integers: an enum's own arithmetic would be half the time of reading."""
HANDLED = ("depthUpdate", "bookTicker", "trade", "aggTrade")
CLOCKS = {13: 10**6, 16: 10**3, 19: 1}
"""Digits of a local time to what makes nanoseconds of it."""
QUOTE_COINS = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USD", "BTC", "ETH", "BNB", "EUR", "GBP", "TRY", "JPY", "BRL")
PERPETUAL = "-PERP"
PARTIAL = re.compile(r"@depth(5|10|20)(@|$)")


class BinanceMessage(msgspec.Struct, rename={
    "event": "e", "event_ms": "E", "transaction_ms": "T", "symbol": "s", "first": "U", "last": "u", "previous": "pu",
    "bid": "b", "ask": "a", "bid_size": "B", "ask_size": "A", "price": "p", "size": "q", "trade_id": "t",
    "buyer_is_maker": "m", "best_match": "M", "origin": "X", "snapshot_id": "lastUpdateId",
}):  # fmt: skip
    """The fields of all messages that are read; numbers stay text until a block of rows is built."""

    stream: str = ""
    data: BinanceMessage | None = None
    event: str = ""
    event_ms: int = 0
    transaction_ms: int = 0
    symbol: str = ""
    first: int = 0
    last: int = 0
    previous: int | None = None
    bid: msgspec.Raw = msgspec.Raw()
    ask: msgspec.Raw = msgspec.Raw()
    bid_size: msgspec.Raw = msgspec.Raw()
    ask_size: msgspec.Raw = msgspec.Raw()
    price: msgspec.Raw = msgspec.Raw()
    size: msgspec.Raw = msgspec.Raw()
    trade_id: int = 0
    buyer_is_maker: bool = False
    best_match: bool | None = None
    origin: str = "MARKET"
    snapshot_id: int | None = None
    bids: msgspec.Raw = msgspec.Raw()
    asks: msgspec.Raw = msgspec.Raw()


class BinanceReader:
    """Raw websocket captures of Binance spot and USD-M futures."""

    name: ClassVar[str] = "binance"
    description: ClassVar[str] = "Binance raw websocket captures (local time and JSON a line): depth, bookTicker, trade"

    def match(self, head: FileHead) -> Match | None:
        """Recognise a local time, a space, and one of Binance's messages."""
        lines = [line for line in head.lines()[:200] if line.strip()]
        if not lines or not all(LINE.match(line) for line in lines):
            return None
        if not any(KNOWN.search(line) for line in lines):
            return None
        return Match(95, "lines of a local time and a Binance websocket message")

    def open(self, path: Path, options: ReadOptions) -> BinanceFeed:
        """Open a capture; ``options.symbol`` chooses one of several symbols."""
        return BinanceFeed(path, options)


class BinanceFeed(FileFeed):
    """Rows of one capture."""

    @property
    def gaps(self) -> int:
        """Times that depth updates were missing before one that came."""
        return self.counts["sequence gaps"]

    def chunks(self) -> Iterator[Batch]:
        """Rows of each symbol, a block of lines at a time."""
        capture = _Capture(self)
        line = 0
        for block in blocks(self.path):
            for text in block.split(b"\n"):
                line += 1
                if text and not text.isspace():
                    capture.read(line, text)
            line -= block.endswith(b"\n")
            yield from capture.batches()
        yield from capture.finish()
        names = set(capture.streams) | capture.others
        self.check_symbol_found(names | {name.removesuffix(PERPETUAL) for name in names})
        self.notes = capture.notes()


class _Stream(NamedTuple):
    depth: DepthStream
    rows: RowBuffer


class _Capture:
    """One pass over a file."""

    def __init__(self, feed: BinanceFeed) -> None:
        self.feed = feed
        self.counts = feed.counts
        self.streams: dict[str, _Stream] = {}
        self.others: set[str] = set()
        self._instruments: dict[str, Instrument] = {}
        self._early: list[tuple[int, int, BinanceMessage]] = []
        self._decode = msgspec.json.Decoder(BinanceMessage).decode
        self._trades_seen = False

    def read(self, line: int, text: bytes) -> None:
        """Take in one line."""
        stamp, _, document = text.partition(b" ")
        scale = CLOCKS.get(len(stamp))
        try:
            recv_ns = int(stamp) * (scale or 0)
            message = self._decode(document)
        except (ValueError, msgspec.DecodeError) as error:
            expected = "a local time and a Binance message"
            raise DataError(self.feed.path, expected, f"{text[:60]!r} ({error})", row=line) from None
        if scale is None:
            expected = "a local time of 13, 16 or 19 digits"
            raise DataError(self.feed.path, expected, stamp.decode(errors="replace"), row=line)
        body = message.data or message
        if PARTIAL.search(message.stream):
            self.counts["messages of partial books"] += 1
        elif body.snapshot_id is not None:
            symbol = message.stream.partition("@")[0].upper()
            self._snapshot(line, recv_ns, body, _name(symbol, futures=body.event_ms > 0) if symbol else "")
        elif body.event in HANDLED or (not body.event and message.stream.endswith("@bookTicker")):
            self._event(line, recv_ns, body)
        else:
            self.counts[f"messages of type {body.event or 'other'}"] += 1

    def _stream(self, symbol: str) -> _Stream | None:
        """State of a symbol; None when another was asked for."""
        if not (self.feed.wants(symbol) or self.feed.wants(symbol.removesuffix(PERPETUAL))):
            self.others.add(symbol)
            return None
        if symbol not in self.streams:
            self.streams[symbol] = _Stream(DepthStream(self.counts), RowBuffer(self.feed.path, self.counts))
            early, self._early = self._early, []
            for line, recv_ns, body in early:
                self._snapshot(line, recv_ns, body, symbol)
        return self.streams[symbol]

    def _snapshot(self, line: int, recv_ns: int, body: BinanceMessage, symbol: str) -> None:
        known = {*self.streams, *self.others}
        if not symbol and not known:
            self._early.append((line, recv_ns, body))
            return
        if not symbol and len(known) > 1:
            self.counts["snapshots without a symbol"] += 1
            return
        stream = self._stream(symbol or next(iter(known)))
        if stream is None or body.snapshot_id is None:
            return
        newer = stream.depth.restart(body.snapshot_id)
        self.counts["snapshots"] += 1
        stamp = _stamp(body, recv_ns, stream.depth.last or 0, line)
        stamp = stamp._replace(ts_event_ns=max([stamp.ts_event_ns, *(update.ts_event_ns for update in newer)]))
        books = [(body.bids, body.asks), *((update.bids, update.asks) for update in newer)]
        both = [(_levels(text), side) for book in books for text, side in zip(book, (1, -1), strict=True)]
        levels = [(text, side) for text, side in both if text]
        stream.rows.add(b"0,0", stamp, CLEAR, 0, SNAPSHOT if levels else SNAPSHOT | LAST)
        for index, (text, side) in enumerate(levels, start=1):
            stream.rows.add(text, stamp, LEVEL, side, SNAPSHOT | (LAST if index == len(levels) else 0))

    def _event(self, line: int, recv_ns: int, body: BinanceMessage) -> None:
        stream = self._stream(_name(body.symbol, futures=_is_futures(body)))
        if stream is None:
            return
        if body.event == "depthUpdate":
            start = body.first if body.previous is None else body.previous + 1
            stamp = _stamp(body, recv_ns, body.last, line)
            if not stream.depth.accept(Update(start, body.last, body.bid, body.ask, stamp.ts_event_ns)):
                return
            bids, asks = _levels(body.bid), _levels(body.ask)
            if bids:
                stream.rows.add(bids, stamp, LEVEL, 1, 0 if asks else LAST)
            if asks:
                stream.rows.add(asks, stamp, LEVEL, -1, LAST)
        elif body.event in ("trade", "aggTrade"):
            self._trade(stream.rows, line, recv_ns, body)
        else:
            stamp = _stamp(body, recv_ns, body.last, line)
            pairs = b"[%b,%b],[%b,%b]" % (body.bid, body.bid_size, body.ask, body.ask_size)
            stream.rows.add(pairs, stamp, QUOTE, 0, LAST)

    def _trade(self, rows: RowBuffer, line: int, recv_ns: int, body: BinanceMessage) -> None:
        single = body.event == "trade"
        self._trades_seen = self._trades_seen or single
        if self._trades_seen and not single:
            self.counts["messages of type aggTrade"] += 1
            return
        flags = LAST
        if body.origin != "MARKET":
            self.counts["trades not of the market"] += 1
            flags |= OUT_OF_SEQUENCE
        number = body.trade_id if single else int(bytes(body.ask) or b"0")
        side = -1 if body.buyer_is_maker else 1
        rows.add(b"%b,%b" % (body.price, body.size), _stamp(body, recv_ns, number, line), TRADE, side, flags)

    def finish(self) -> Iterator[Batch]:
        """Snapshots that were alone in the file: rows if the symbol was given, else counted."""
        if self.feed.options.symbol and self._early:
            self._stream(self.feed.options.symbol)
        if self._early:
            self.counts["snapshots without a symbol"] += len(self._early)
        yield from self.batches()

    def batches(self) -> Iterator[Batch]:
        """Turn what waits into rows."""
        for symbol, stream in self.streams.items():
            if not len(stream.rows):
                continue
            values = stream.rows.numbers()
            if symbol not in self._instruments:
                tick, lot = stream.rows.steps(values)
                self._instruments[symbol] = self.feed.instrument(
                    symbol, tick, lot, venue="BINANCE", currency=_currency(symbol)
                )
            instrument = self._instruments[symbol]
            yield Batch(instrument, stream.rows.take(values, instrument))

    def notes(self) -> tuple[str, ...]:
        """What a user should know."""
        notes = []
        for symbol, stream in self.streams.items():
            if stream.depth.first_was_update:
                until = (
                    "its first snapshot" if self.counts["snapshots"] else "the end, unless it continues another file"
                )
                notes.append(f"{symbol} begins with updates, not with a snapshot: its book is partial until {until}.")
        if self.counts["sequence gaps"]:
            notes.append(f"{self.counts['sequence gaps']} gaps in the depth updates: the book may be wrong after them.")
        return tuple(notes)


def _is_futures(body: BinanceMessage) -> bool:
    """Which market a message is of, from the fields that only one of them sends."""
    if body.event == "depthUpdate":
        return body.previous is not None
    return bool(body.event) if body.event in ("", "bookTicker") else body.best_match is None


def _name(symbol: str, *, futures: bool) -> str:
    """Spot and perpetual futures share their names; dated and coin-margined futures have an underscore."""
    return symbol + PERPETUAL if futures and "_" not in symbol else symbol


def _stamp(body: BinanceMessage, recv_ns: int, sequence: int, line: int) -> Stamp:
    event_ms = body.transaction_ms or body.event_ms
    if event_ms:
        return Stamp(event_ms * 1_000_000, recv_ns, sequence, 0, line)
    return Stamp(recv_ns, recv_ns, sequence, RECV_ONLY, line)


def _currency(symbol: str) -> str:
    """The coin that prices are in: what the symbol ends with."""
    return next((coin for coin in QUOTE_COINS if symbol.removesuffix(PERPETUAL).endswith(coin)), "USDT")


def _levels(text: msgspec.Raw) -> bytes:
    """The inside of a JSON list of levels; empty where there are none."""
    return bytes(text)[1:-1].strip()
