"""One small file of every format, written by the test that needs it: what the reader contract runs on."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import polars as pl
from tests.data.writers import dbn_bytes, events, mbo_records

from tradewind.core.dtypes import EventKind
from tradewind.data.itch.synthetic import SYMBOLS, session
from tradewind.data.reader import ReadOptions

__all__ = ["SAMPLES", "Sample", "gzipped"]


class Sample(NamedTuple):
    """A file of one format.

    Attributes:
        format: Name of its reader.
        kind: What tells it from other samples of that format.
        write: Writes the file (and its companions) into a folder and returns its path.
        symbols: Instruments in it.
        options: What must be said about it.
        symbol_is_inside: Whether the file says its symbols; if not, ``ReadOptions.symbol`` names it.
        is_text: Whether a gzipped copy is the same to the reader.
    """

    format: str
    kind: str
    write: Callable[[Path], Path]
    symbols: tuple[str, ...]
    options: ReadOptions = ReadOptions()
    symbol_is_inside: bool = True
    is_text: bool = True


def gzipped(path: Path) -> Path:
    """The file, compressed, in its own folder (companions come along)."""
    folder = path.parent / "packed"
    folder.mkdir(exist_ok=True)
    for other in path.parent.iterdir():
        if other.is_file() and other != path:
            (folder / other.name).write_bytes(other.read_bytes())
    target = folder / f"{path.name}.gz"
    target.write_bytes(gzip.compress(path.read_bytes()))
    return target


def _text(name: str, text: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def _parquet(name: str, frame: Callable[[], pl.DataFrame]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        frame().write_parquet(path)
        return path

    return write


# Binance: a REST snapshot that is older than the update before its line, then updates, quotes and trades.


def binance_line(local: int, stream: str, data: dict[str, object]) -> str:
    return f"{local} " + json.dumps({"stream": stream, "data": data}, separators=(",", ":"))


def binance_depth(
    first: int, last: int, bids: list[list[str]], asks: list[list[str]], **more: int
) -> dict[str, object]:
    stamps = {"E": 1721347022504, "T": 1721347022503} if "pu" in more else {"E": 1721347022504}
    return {"e": "depthUpdate", **stamps, "s": "BTCUSDT", "U": first, "u": last, **more, "b": bids, "a": asks}


BINANCE_FUTURES = "\n".join([
    binance_line(1721347020984480942, "btcusdt@depth@0ms",
                 binance_depth(11, 12, [["63943.90", "1.500"]], [["63944.00", "2.000"]], pu=10)),
    "1721347021000000000 " + json.dumps({
        "lastUpdateId": 11, "E": 1721347022400, "T": 1721347022399,
        "bids": [["63943.90", "1.000"], ["63943.80", "7.000"]], "asks": [["63944.00", "2.500"], ["63944.10", "3.000"]],
    }),
    binance_line(1721347021080832061, "btcusdt@bookTicker", {
        "e": "bookTicker", "u": 13, "s": "BTCUSDT", "b": "63943.90", "B": "1.500", "a": "63944.00", "A": "2.000",
        "T": 1721347022507, "E": 1721347022508,
    }),
    binance_line(1721347021080842761, "btcusdt@depth@0ms",
                 binance_depth(13, 15, [["63943.90", "0.000"]], [["63944.00", "1.250"]], pu=12)),
    binance_line(1721347021080850661, "btcusdt@trade", {
        "e": "trade", "E": 1721347022561, "T": 1721347022560, "s": "BTCUSDT", "t": 77, "p": "63943.90", "q": "1.500",
        "X": "MARKET", "m": True,
    }),
    binance_line(1721347021090000000, "btcusdt@markPrice@1s", {"e": "markPriceUpdate", "E": 1, "p": "1"}),
]) + "\n"  # fmt: skip

BINANCE_SPOT = "\n".join([
    binance_line(1680652800004107, "btcusdt@trade", {
        "e": "trade", "E": 1680652800000, "s": "BTCUSDT", "t": 3071245454, "p": "28165.47000000", "q": "0.00056000",
        "b": 20720542158, "a": 20720542592, "T": 1680652799999, "m": False, "M": True,
    }),
    binance_line(1680652800004231, "btcusdt@bookTicker", {
        "u": 36090299876, "s": "BTCUSDT", "b": "28165.47000000", "B": "7.98680000", "a": "28165.48000000",
        "A": "3.26888000",
    }),
    binance_line(1680652800104231, "btcusdt@depth@100ms",
                 binance_depth(36090299877, 36090299880, [["28165.47000000", "7.98680000"]], [])),
]) + "\n"  # fmt: skip

# Tardis: a snapshot run, changes, another snapshot run; the same symbols as quotes, trades and fixed-depth books.

TARDIS_L2 = """exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount
deribit,BTC-PERPETUAL,1585699200245000,1585699200355684,true,ask,6421.5,18640
deribit,BTC-PERPETUAL,1585699200245000,1585699200355684,true,bid,6421,1190
deribit,ETH-PERPETUAL,1585699200246000,1585699200355690,true,bid,133.05,10
deribit,BTC-PERPETUAL,1585699200345000,1585699200455684,false,ask,6421.5,0
deribit,BTC-PERPETUAL,1585699200345000,1585699200455684,false,ask,6422,70
deribit,BTC-PERPETUAL,1585699200445000,1585699200555684,true,bid,6420.5,1000
"""
TARDIS_TRADES = """exchange,symbol,timestamp,local_timestamp,id,side,price,amount
bitmex,XBTUSD,1583020803145000,1583020803307160,ccc3c1fa-212c-e8b0-1706-9b9c4f3d5ecf,sell,8531.5,2152
bitmex,XBTUSD,1583020803276000,1583020803336743,b46c84da-6942-b404-ab94-18a9ad497fdd,buy,8532,1
bitmex,XBTUSD,1583020803276000,1583020803336743,,unknown,8532,1
"""
TARDIS_QUOTES = """exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount
huobi-dm-swap,BTC-USD,1588291201099000,1588291201234268,5494,8629.3,8629.2,806
huobi-dm-swap,BTC-USD,1588291201133000,1588291201454126,,,8629.2,806
"""
LEVEL_NAMES = "asks[{0}].price,asks[{0}].amount,bids[{0}].price,bids[{0}].amount"
TARDIS_BOOKS = (
    "exchange,symbol,timestamp,local_timestamp," + ",".join(LEVEL_NAMES.format(level) for level in range(2)) + "\n"
    "binance-futures,BTCUSDT,1598918403696000,1598918403810979,11657.08,1.714,11657.07,10.896,11657.54,5.4,11656.97,0.2\n"
    "binance-futures,BTCUSDT,1598918403888000,1598918403894256,11657.08,1.7,11657.07,10.896,11657.54,5.4,11656.97,0.2\n"
    "binance-futures,BTCUSDT,1598918403930000,1598918403935479,11657.1,1,11657.08,2,11657.54,5.4,11657.07,10.896\n"
)

SGX = """Bid,Bid_Quantity,Ask,Ask_Quantity
TimeStamp,2014-01-29D04:24:59.489814800
662000.0,50.0,689500.0,2.0
TimeStamp,2014-01-29D08:46:01.040796000
672000.0,16.0,678000.0,16.0
671000.0,16.0,679000.0,16.0
670500.0,1.0,,
TimeStamp,2014-01-29D08:46:01.043796000
672000.0,17.0,678000.0,16.0
671000.0,16.0,679000.0,16.0
"""


def nbbo_quotes() -> pl.DataFrame:
    start = datetime(2013, 10, 7, 8, 0, 0, 547000, tzinfo=UTC)
    times = [start + timedelta(milliseconds=100 * i) for i in range(4)]
    return pl.DataFrame({
        "ts_event": pl.Series(times, dtype=pl.Datetime("ns", "UTC")),
        "bid_price": [49.18, 49.18, 49.19, None],
        "bid_size": pl.Series([300, 300, 100, 0], dtype=pl.UInt32),
        "ask_price": [49.41, 49.2, 49.19, 49.2],
        "ask_size": pl.Series([300, 3000, 100, 200], dtype=pl.UInt32),
    })  # fmt: skip


NBBO_TRADES = """Time,Symbol,Price,Size,Venue,Condition
2013-10-07T08:00:00.688Z,AIG,49.18,300,P,2000
2013-10-07T13:30:01.001Z,AIG,49.185,100,D,1
2013-10-07T13:30:01.002Z,IBM,181.52,283,P,40
"""


def daily_bars() -> pl.DataFrame:
    days = pl.date_range(datetime(2013, 2, 8), datetime(2013, 2, 15), eager=True).filter(
        pl.Series([True, False, False, True, True, True, True, True])
    )
    frames = []
    for symbol, price in (("A", 45.0), ("AA", 8.9325)):
        close = [price + 0.25 * i for i in range(len(days))]
        frames.append(pl.DataFrame({
            "date": days, "open": close, "high": [c + 1 for c in close], "low": [c - 1 for c in close], "close": close,
            "volume": [1000 + i for i in range(len(days))], "symbol": [symbol] * len(days),
        }))  # fmt: skip
    return pl.concat(frames)


MINUTE_BARS = """start_utc,open,high,low,close,volume
2021-12-31 23:01:00,46319,46385,46319,46377.5,2.5
2021-12-31 23:02:00,46377.5,46411,46377,46411,1.25
2021-12-31 23:04:00,46411,46425,46411,46425,3
"""


def closing_auction() -> pl.DataFrame:
    rows = 6
    return pl.DataFrame({
        "stock_id": [0, 1] * 3,
        "date_id": [478] * rows,
        "seconds_in_bucket": [0, 0, 10, 10, 20, 20],
        "imbalance_size": [1.0] * rows,
        "imbalance_buy_sell_flag": [1] * rows,
        "reference_price": [1.0] * rows,
        "matched_size": [1.0] * rows,
        "bid_price": [0.999875, 0.99994, 1.00005, None, 1.00005, 1.0],
        "bid_size": [22940.0, 1967.9, 17208.0, 0.0, 917.76, 5.0],
        "ask_price": [1.00005, 1.0006, 1.000224, 1.0006, 1.000224, 1.0006],
        "ask_size": [9177.6, 19692.0, 21456.38, 1.0, 41535.88, 7.25],
    })  # fmt: skip


# Formats of single orders.

LOBSTER = """34200.004241176,1,16113575,18,5853300,1
34200.00426064,1,16113584,18,5853200,-1
34200.1,4,16113575,8,5853300,1
34200.2,5,0,1,5853250,-1
34200.3,3,16113575,10,5853300,1
34201,7,0,0,-1,-1
"""
LOBSTER_BOOK = """5853500,5,5853300,18
5853200,18,5853300,18
5853200,18,5853300,10
5853200,18,5853300,10
5853200,18,5853100,4
5853200,18,5853100,4
"""


def lobster(folder: Path) -> Path:
    (folder / "AAPL_2012-06-21_34200000_37800000_orderbook_1.csv").write_text(LOBSTER_BOOK)
    return _text("AAPL_2012-06-21_34200000_37800000_message_1.csv", LOBSTER)(folder)


def coinbase_messages() -> str:
    ids = [f"{i}8dc857e-db15-458c-9b4d-c3e0591cdf43" for i in range(3)]
    common = {"product_id": "BTC-USD", "time": "2018-07-13T20:47:11.025000Z"}
    messages = [
        {"type": "received", "order_id": ids[0], "price": "6190.84", "size": "0.5", "side": "buy"},
        {"type": "open", "order_id": ids[0], "price": "6190.84", "remaining_size": "0.50000000", "side": "buy"},
        {"type": "open", "order_id": ids[1], "price": "6190.85", "remaining_size": "0.25000000", "side": "sell"},
        {"type": "match", "maker_order_id": ids[0], "taker_order_id": ids[2], "trade_id": 1, "price": "6190.84",
         "size": "0.1", "side": "buy"},
        {"type": "change", "order_id": ids[0], "price": "6190.84", "old_size": "0.4", "new_size": "0.3", "side": "buy"},
        {"type": "done", "order_id": ids[0], "reason": "canceled", "price": "6190.84", "remaining_size": "0.3",
         "side": "buy"},
    ]  # fmt: skip
    return json.dumps([{**message, **common, "sequence": 10 + i} for i, message in enumerate(messages)])


BITSTAMP = """id,timestamp,exchange.timestamp,price,volume,action,direction
65595247,1430438404518,1430438404000,236.47,200000000,created,bid
65595248,1430438404520,1430438404000,236.50,150000000,created,ask
65595247,1430438404635,1430438404000,236.47,178855669,changed,bid
65595187,1430438404637,1430438340000,236.47,0,deleted,ask
65595247,1430438404700,1430438404000,236.47,0,deleted,bid
"""

DATABENTO = """ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,price,size,channel_id,order_id,flags,ts_in_delta,sequence,symbol
2025-07-17T07:05:09.035793433Z,2025-07-17T07:05:09.035627674Z,160,2,1108,R,N,,0,0,0,8,0,0,ARL
2025-07-17T08:05:03.360842448Z,2025-07-17T08:05:03.360677248Z,160,2,1108,A,B,5.510000000,100,0,817593,130,165200,851012,ARL
2025-07-17T08:05:03.460842448Z,2025-07-17T08:05:03.460677248Z,160,2,1109,A,A,5.530000000,50,0,817594,130,165200,851013,ARM
2025-07-17T08:05:04.360842448Z,2025-07-17T08:05:04.360677248Z,160,2,1108,C,B,5.510000000,100,0,817593,130,165200,851014,ARL
"""  # noqa: E501


ADD, REDUCE, EXECUTE = (int(EventKind[name]) for name in ("ADD", "REDUCE", "EXECUTE"))


def dbn(folder: Path) -> Path:
    resting = [(0, ADD, 1, 1, 500, 10), (5, ADD, -1, 2, 502, 7)]
    rows = events([*resting, (9, EXECUTE, 1, 1, 500, 4), (9, REDUCE, -1, 2, 502, 2)])
    rows["instrument_id"] = 7
    path = folder / "es.dbn"
    path.write_bytes(dbn_bytes([mbo_records(rows)], {"ESM4": [(date(2000, 1, 1), date(2030, 1, 1), 7)]}))
    return path


def itch(folder: Path) -> Path:
    path = folder / "01302019.NASDAQ_ITCH50"
    path.write_bytes(session(seed=4, messages=300, live_orders=20))
    return path


SAMPLES: list[Sample] = [
    Sample("lobster", "messages", lobster, ("AAPL",), symbol_is_inside=False),
    Sample("coinbase", "messages", _text("messages.json", coinbase_messages()), ("BTC-USD",)),
    Sample("bitstamp", "orders", _text("2015-05-01_orders.csv", BITSTAMP), ("BTC-USD",), symbol_is_inside=False),
    Sample("databento_csv", "mbo", _text("mbo.csv", DATABENTO), ("ARL", "ARM")),
    Sample("dbn", "mbo", dbn, ("ESM4",)),
    Sample("itch", "day", itch, SYMBOLS, ReadOptions(day=date(2019, 1, 30))),
    Sample("binance", "futures", _text("capture.dat", BINANCE_FUTURES), ("BTCUSDT-PERP",)),
    Sample("binance", "spot", _text("capture.dat", BINANCE_SPOT), ("BTCUSDT",)),
    Sample("tardis", "incremental", _text("a.csv", TARDIS_L2), ("BTC-PERPETUAL", "ETH-PERPETUAL")),
    Sample("tardis", "trades", _text("a.csv", TARDIS_TRADES), ("XBTUSD",)),
    Sample("tardis", "quotes", _text("a.csv", TARDIS_QUOTES), ("BTC-USD",)),
    Sample("tardis", "snapshots", _text("a.csv", TARDIS_BOOKS), ("BTCUSDT",)),
    Sample("sgx", "books", _text("CN_A50_best3_2014-01-29.csv", SGX), ("CN_A50",), symbol_is_inside=False),
    Sample("nbbo", "quotes", _parquet("AIG_20131007_quotes.parquet", nbbo_quotes), ("AIG",), symbol_is_inside=False,
           is_text=False),
    Sample("nbbo", "trades", _text("trades.csv", NBBO_TRADES), ("AIG", "IBM")),
    Sample("bars", "daily", _parquet("2013-02.parquet", daily_bars), ("A", "AA"), is_text=False),
    Sample("bars", "minutes", _text("BTC-perp_2022-01-01.csv", MINUTE_BARS), ("BTC-perp",), symbol_is_inside=False),
    Sample("closing_auction", "quotes", _parquet("day478.parquet", closing_auction), ("stock_0", "stock_1"),
           is_text=False),
]  # fmt: skip
"""Every format at least once; a new reader adds its own here."""
