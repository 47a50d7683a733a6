from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.data.made_up import DAY_NS, bar_rows, event_rows, instrument, write_source

from tradewind.core.dtypes import EVENT, EventKind
from tradewind.core.errors import IntegrityError, InvalidValueError, NotFoundError, UsageError
from tradewind.core.types import Batch
from tradewind.data.catalog import Catalog
from tradewind.data.moments import parse_moment

NOON = parse_moment("2013-10-07T16:00")
SECOND = 1_000_000_000


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """Quotes and trades of three days in New York, in two files a day."""
    aig = instrument(calendar="XNYS")
    for day in range(3):
        start = NOON + day * DAY_NS
        quotes = event_rows([start + s * SECOND for s in (0, 1, 2, 3, 4)], first=100 * day, kind=EventKind.QUOTE)
        trades = event_rows([start + s * SECOND for s in (1, 1, 3)], first=100 * day + 50, kind=EventKind.TRADE)
        write_source(tmp_path / "c", tmp_path / f"{day}_quotes", [Batch(aig, quotes)])
        write_source(tmp_path / "c", tmp_path / f"{day}_trades", [Batch(aig, trades)])
    return Catalog(tmp_path / "c")


def test_quotes_and_trades_are_merged_by_time(catalog: Catalog) -> None:
    rows = catalog.load("AIG", dates="2013-10-07")
    assert rows["sequence"].tolist() == [0, 1, 50, 51, 2, 3, 52, 4]
    assert catalog.load("AIG")["sequence"].tolist() == [
        100 * day + number for day in range(3) for number in (0, 1, 50, 51, 2, 3, 52, 4)
    ]


def test_days_times_kinds_and_sources_choose_rows(catalog: Catalog) -> None:
    def numbers(**chosen: object) -> list[int]:
        return catalog.load("AIG", **chosen)["sequence"].tolist()  # type: ignore[arg-type]

    assert numbers(dates=[date(2013, 10, 9), "2013-10-07"], kinds=[EventKind.TRADE]) == [50, 51, 52, 250, 251, 252]
    assert numbers(start="2013-10-08T12:00:01", end="2013-10-08T12:00:03") == [101, 150, 151, 102]
    assert numbers(start=NOON + 3 * SECOND, end=NOON + 3 * SECOND + 1) == [3, 52]
    ids = [m.id for m in catalog.manifests() if "trades" in m.id]
    assert numbers(sources=ids, dates="2013-10-08..2013-10-09") == [150, 151, 152, 250, 251, 252]
    assert len(numbers(sources=["made_up"])) == 24
    assert numbers(start="2013-10-08T13:00", end="2013-10-08T14:00") == []


def test_what_is_not_there_is_named(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"holds no events of 'AIH'; it holds: AIG"):
        catalog.load("AIH")
    with pytest.raises(NotFoundError, match=r"no AIG on the days asked for; it holds 3 days from 2013-10-07"):
        catalog.load("AIG", dates="2013-10-12")
    with pytest.raises(NotFoundError, match="holds no source 'lobster'"):
        catalog.load("AIG", sources=["lobster"])
    with pytest.raises(NotFoundError, match="no split 'a'"):
        catalog.load("AIG", split="a/train")
    with pytest.raises(NotFoundError, match="holds no 1d bars"):
        catalog.bars("AIG", interval="1d")
    with pytest.raises(InvalidValueError, match="time must be"):
        catalog.load("AIG", start="noon")
    with pytest.raises(NotFoundError, match="not a catalog; make one with: tradewind data import"):
        Catalog(tmp_path / "nowhere")


def test_scan_gives_all_rows_to_polars(catalog: Catalog) -> None:
    frame = catalog.scan(["AIG"]).filter(pl.col("kind") == int(EventKind.TRADE)).collect()
    assert frame.columns == ["symbol", "date", *(EVENT.names or ())]
    assert sorted(frame["sequence"].to_list()) == [100 * day + n for day in range(3) for n in (50, 51, 52)]
    assert frame["date"].unique().sort().to_list() == [date(2013, 10, 7 + day) for day in range(3)]
    assert catalog.scan(["none"]).collect().height == 0
    assert catalog.scan().collect().height == 24


def test_orphans_are_not_read(catalog: Catalog) -> None:
    part = catalog.path / catalog.manifests()[0].parts[0].path
    (part.parent / "orphan-0001.parquet").write_bytes(part.read_bytes())
    assert len(catalog.load("AIG")) == 24
    assert catalog.scan().collect().height == 24


def test_verify_names_the_part_that_changed(catalog: Catalog) -> None:
    catalog.verify()
    first, second, third = (catalog.path / m.parts[0].path for m in catalog.manifests()[:3])
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 1
    first.write_bytes(content)
    second.unlink()
    third.write_bytes(b"")
    with pytest.raises(IntegrityError) as caught:
        catalog.verify()
    text = str(caught.value)
    assert "3 damaged parts" in text
    assert all(part.name in text for part in (first, second, third))
    assert str(catalog.manifests()[0].files[0].path) in text


def test_a_damaged_manifest_is_named(catalog: Catalog) -> None:
    (catalog.path / "manifests" / "bad.json").write_text("{", encoding="utf-8")
    with pytest.raises(IntegrityError, match=r"bad\.json: expected a manifest"):
        catalog.manifests()


def test_bars_come_with_exact_prices(tmp_path: Path) -> None:
    bars = bar_rows([0, DAY_NS, 2 * DAY_NS], price=4937)
    write_source(tmp_path / "c", tmp_path / "daily", [Batch(instrument(), bars, DAY_NS)])
    write_source(tmp_path / "c", tmp_path / "hourly", [Batch(instrument(), bars[:1], DAY_NS // 24)])
    catalog = Catalog(tmp_path / "c")
    frame = catalog.bars("AIG", interval="1d", dates="1970-01-02..1970-01-03")
    assert frame["open"].to_list() == [49.37, 49.37]
    assert frame["low_ticks"].to_list() == [4934, 4934]
    assert frame["ts_start_ns"].to_list() == [DAY_NS, 2 * DAY_NS]
    assert catalog.bars("AIG", interval="1d", end=DAY_NS).height == 1
    assert catalog.instrument("AIG", "1h").symbol == "AIG"
    with pytest.raises(UsageError, match="bars of several lengths; choose from 1d, 1h"):
        catalog.bars("AIG")
    with pytest.raises(NotFoundError, match=r"holds no 5m bars; it holds: 1d, 1h"):
        catalog.bars("AIG", interval="5m")


def test_the_same_bar_from_two_sources_is_not_chosen_in_silence(tmp_path: Path) -> None:
    for name, price in (("one", 100), ("two", 200)):
        batch = Batch(instrument(), bar_rows([0], price), DAY_NS)
        write_source(tmp_path / "c", tmp_path / name, [batch, Batch(instrument(name), bar_rows([0]), DAY_NS)])
    catalog = Catalog(tmp_path / "c")
    with pytest.raises(UsageError, match="AIG has the same 1d bars from several sources; choose from one-"):
        catalog.bars()
    two = next(m.id for m in catalog.manifests() if m.id.startswith("two"))
    assert catalog.bars("AIG", sources=[two])["open_ticks"].to_list() == [200]
    assert catalog.bars("one").height == 1


def test_events_are_read_in_bounded_pieces(tmp_path: Path) -> None:
    batches = (Batch(instrument(), event_rows(range(i * 10**5, (i + 1) * 10**5))) for i in range(6))
    write_source(tmp_path / "c", tmp_path / "a", batches)
    pieces = [len(batch.rows) for batch in Catalog(tmp_path / "c").events("AIG")]
    assert sum(pieces) == 600_000
    assert max(pieces) <= 262_144
    assert np.concatenate([b.rows for b in Catalog(tmp_path / "c").events("AIG")])["ts_event_ns"].tolist() == list(
        range(600_000)
    )
