"""Small synthetic files in the formats of exchanges, for checks that must pass, and must be able to fail."""

import json

import numpy as np


def lobster_pair(folder, last_ask_lots=40):
    """Messages of one order book, and the quotes after each; the first takes from an order that was there before."""
    messages = [
        "34200.1,4,5,10,1000000,1",
        "34200.2,1,11,50,1000200,-1",
        "34200.3,1,12,30,1000000,1",
        "34200.4,2,11,10,1000200,-1",
    ]
    quotes = [
        "9999999999,0,1000000,20",
        "1000200,50,1000000,20",
        "1000200,50,1000000,50",
        f"1000200,{last_ask_lots},1000000,50",
        "9999999999,0,1000000,30",
    ]
    messages.append("34200.5,3,11,40,1000200,-1")
    messages.append("34200.6,4,5,20,1000000,1")
    quotes.insert(4, "9999999999,0,1000000,50")
    one, other = (
        folder / "XYZ_2012-06-21_34200000_57600000_message_1.csv",
        folder / "XYZ_2012-06-21_34200000_57600000_orderbook_1.csv",
    )
    one.write_text("\n".join(messages) + "\n")
    other.write_text("\n".join(quotes) + "\n")
    return one, other


def coinbase_pair(folder, last_size="2.0"):
    """A book, three messages, and the book after them."""
    ids = [f"0000000{n}-0000-4000-8000-000000000000" for n in range(4)]
    sequence, books = 10, []
    books.append({"sequence": sequence, "bids": [["99.00", "1.0", ids[0]]], "asks": [["101.00", "5.0", ids[1]]]})
    messages = [
        {"type": "open", "order_id": ids[2], "price": "99.00", "remaining_size": "2.0", "side": "buy"},
        {
            "type": "match",
            "maker_order_id": ids[1],
            "taker_order_id": ids[3],
            "price": "101.00",
            "size": "2.0",
            "side": "sell",
        },
        {
            "type": "done",
            "order_id": ids[0],
            "price": "99.00",
            "remaining_size": "1.0",
            "side": "buy",
            "reason": "canceled",
        },
    ]
    for number, message in enumerate(messages, start=1):
        message.update(sequence=sequence + number, product_id="BTC-USD", time=f"2018-07-13T20:47:0{number}.000000Z")
    books.append({"sequence": 13, "bids": [["99.00", last_size, ids[2]]], "asks": [["101.00", "3.0", ids[1]]]})
    paths = [folder / name for name in ("beginning_level_3.json", "messages.json", "ending_level_3.json")]
    for path, content in zip(paths, [books[0], messages, books[1]], strict=True):
        path.write_text(json.dumps(content))
    return paths[1], paths[2]


def databento_pair(folder, last_count=2):
    """Three orders, one replaced, and the levels after each record."""
    head = "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,price,size,channel_id,order_id,flags"
    head += ",ts_in_delta,sequence,symbol"
    events = [
        (1, "A", "B", "5.50", 100, 21, 130),
        (2, "A", "A", "5.60", 70, 22, 130),
        (3, "C", "B", "5.50", 100, 21, 0),
        (3, "A", "B", "5.51", 80, 23, 130),
        (4, "A", "B", "5.51", 10, 24, 130),
    ]
    states = [
        ([("5.50", 100, 1)], []),
        ([("5.50", 100, 1)], [("5.60", 70, 1)]),
        ([], [("5.60", 70, 1)]),
        ([("5.51", 80, 1)], [("5.60", 70, 1)]),
        ([("5.51", 90, last_count)], [("5.60", 70, 1)]),
    ]
    columns = [f"{s}_{f}_{n:02d}" for n in range(10) for s in ("bid", "ask") for f in ("px", "sz", "ct")]
    orders, levels = [head], [",".join(["ts_event", "sequence", *columns])]
    for (number, action, side, price, size, order_id, flags), state in zip(events, states, strict=True):
        time = f"2025-07-17T13:30:00.00000000{number}Z"
        orders.append(f"{time},{time},160,2,1,{action},{side},{price},{size},0,{order_id},{flags},0,{number},XYZ")
        cells = [
            ",".join(str(value) for value in (state[index][level] if level < len(state[index]) else ("", 0, 0)))
            for level in range(10)
            for index in (0, 1)
        ]
        levels.append(",".join([time, str(number), *cells]))
    one, other = folder / "XYZ_2025-07-17_mbo.csv", folder / "XYZ_2025-07-17_mbp10.csv"
    one.write_text("\n".join(orders) + "\n")
    other.write_text("\n".join(levels) + "\n")
    return one, other


def binance_capture(folder, last_bid_size="2.000"):
    """A snapshot, two depth updates, and best quotes, of which the second overtakes its update."""
    lines = [
        {"lastUpdateId": 100, "E": 1, "T": 1, "bids": [["99.0", "1.000"]], "asks": [["101.0", "1.000"]]},
        quote(100, "99.0", "1.000", "101.0", "1.000"),
        depth(101, 105, 100, [["98.0", "5.000"]], []),
        quote(110, "99.5", "2.000", "101.0", "1.000"),
        quote(112, "99.5", last_bid_size, "101.0", "3.000"),
        depth(106, 110, 105, [["99.5", "2.000"]], []),
        depth(111, 113, 110, [["99.5", "2.000"]], [["101.0", "3.000"]]),
    ]
    path = folder / "usdm_xyzusdt_20240101"
    stamps = np.arange(len(lines)) * 1_000_000 + 1_700_000_000_000_000_000
    path.write_text("".join(f"{stamp} {json.dumps(line)}\n" for stamp, line in zip(stamps, lines, strict=True)))
    return path


def quote(number, bid, bid_size, ask, ask_size):
    data = {
        "e": "bookTicker",
        "u": number,
        "s": "XYZUSDT",
        "b": bid,
        "B": bid_size,
        "a": ask,
        "A": ask_size,
        "T": 1,
        "E": 1,
    }
    return {"stream": "xyzusdt@bookTicker", "data": data}


def depth(first, last, before, bids, asks):
    data = {
        "e": "depthUpdate",
        "E": 2,
        "T": 2,
        "s": "XYZUSDT",
        "U": first,
        "u": last,
        "pu": before,
        "b": bids,
        "a": asks,
    }
    return {"stream": "xyzusdt@depth@0ms", "data": data}
