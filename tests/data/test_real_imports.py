"""Real files of every folder go into one catalog; what they hold is what other tools find in them."""

from pathlib import Path

import polars as pl
import pytest

from tradewind.core.dtypes import EventKind
from tradewind.data.catalog import Catalog
from tradewind.data.importer import import_paths

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

FOLDERS = (
    "binance_l2",
    "bitstamp_l3",
    "crypto_minute",
    "databento_csv",
    "databento_dbn",
    "sgx_l2",
    "tardis_csv",
    "us_hourly",
)


@pytest.fixture(scope="module")
def catalog(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    root = tmp_path_factory.mktemp("real") / "catalog"
    paths = [real_data / name for name in FOLDERS]
    paths += [real_data / "lobster_l3" / "*message*", real_data / "coinbase_l3" / "messages.json.gz"]
    paths += [real_data / "equities_nbbo" / "IBM_2013100[78]*"]
    report = import_paths(root, paths)
    assert [(item.path, item.error) for item in report.failed] == []
    return Catalog(root)


def test_every_part_is_as_it_was_imported(catalog: Catalog) -> None:
    catalog.verify()
    assert sum(manifest.rows for manifest in catalog.manifests()) > 2_000_000
    assert all(manifest.quality is not None for manifest in catalog.manifests())


def test_quotes_and_trades_of_ibm_are_all_there(catalog: Catalog, real_data: Path) -> None:
    for day in ("20131007", "20131008"):
        quotes = pl.read_parquet(real_data / "equities_nbbo" / f"IBM_{day}_quotes.parquet")
        trades = pl.read_parquet(real_data / "equities_nbbo" / f"IBM_{day}_trades.parquet")
        rows = catalog.load("IBM", dates=f"{day[:4]}-{day[4:6]}-{day[6:]}")
        bids = rows[(rows["kind"] == EventKind.QUOTE) & (rows["side"] == 1)]
        assert bids["price_ticks"].tolist() == (quotes["bid_price"] * 100).round().cast(pl.Int64).to_list()
        assert bids["ts_event_ns"].tolist() == quotes["ts_event"].cast(pl.Int64).to_list()
        prints = rows[rows["kind"] == EventKind.TRADE]
        assert prints["size_lots"].sum() == trades["size"].sum()
        assert len(rows) == 2 * len(quotes) + len(trades)


def test_hourly_bars_are_all_there(catalog: Catalog, real_data: Path) -> None:
    source = pl.read_parquet(real_data / "us_hourly" / "1998-01_2013-09.parquet").filter(pl.col("symbol") == "IBM")
    bars = catalog.bars("IBM", interval="1h")
    assert bars.height == source.height
    closes = source.sort("start_et")["close"].to_list()
    assert bars["close"].to_list() == [round(close, 4) for close in closes]  # the source has 104.88000000000001


def test_importing_all_again_changes_nothing(catalog: Catalog, real_data: Path) -> None:
    before = [manifest.generation for manifest in catalog.manifests()]
    report = import_paths(catalog.path, [real_data / "sgx_l2", real_data / "binance_l2"])
    assert {item.status for item in report.files} == {"already imported"}
    assert [manifest.generation for manifest in catalog.manifests()] == before
