"""What becomes of files: identity, admission, companions, failures beside successes."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.data.made_up import DAY_NS, MadeUpReader, bar_rows, event_rows, instrument, write_source

from tradewind.core.clock import SimulatedClock
from tradewind.core.dtypes import EventKind
from tradewind.core.errors import DataError, NotFoundError, UsageError
from tradewind.core.types import Batch
from tradewind.data.catalog import Catalog
from tradewind.data.importer import ImportReport, expand_paths, import_paths
from tradewind.data.ingest import ImportOptions
from tradewind.data.manifest import hash_file
from tradewind.data.reader import ReadOptions

QUOTES = "ts_event,bid_price,bid_size,ask_price,ask_size\n"


def quotes(path: Path, count: int = 3, first: int = 1_381_152_600, price: float = 49.0) -> Path:
    lines = [
        f"{(first + i) * 1000},{price + i / 100:.2f},{i + 1},{price + (i + 1) / 100:.2f},{i + 2}" for i in range(count)
    ]
    path.write_text(QUOTES + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def imported(root: Path, *paths: Path, **options: object) -> ImportReport:
    clock = SimulatedClock(5_000_000_000)
    return import_paths(root, list(paths), ImportOptions(**options), clock=clock)


def test_a_manifest_says_where_everything_came_from(tmp_path: Path) -> None:
    path = quotes(tmp_path / "AIG_20131007_quotes.csv")
    (outcome,) = imported(tmp_path / "c", path).files
    (manifest,) = Catalog(tmp_path / "c").manifests()
    assert (outcome.status, outcome.rows, outcome.symbols, outcome.source) == ("imported", 6, ["AIG"], manifest.id)
    assert manifest.files[0].path == str(path)
    assert manifest.files[0].sha256 == hash_file(path)
    assert manifest.files[0].size_bytes == path.stat().st_size
    assert manifest.imported_ns == 5_000_000_000
    assert (manifest.format, len(manifest.reader_version)) == ("nbbo", 12)
    (part,) = manifest.parts
    assert hash_file(tmp_path / "c" / part.path) == part.sha256
    assert (part.rows, part.symbol, part.day) == (6, "AIG", date(2013, 10, 7))
    (item,) = manifest.coverage
    assert item.kinds == {"quote": 6}
    assert (item.first_ns, item.last_ns) == (1_381_152_600_000_000_000, 1_381_152_602_000_000_000)


def test_the_same_file_is_imported_once_wherever_it_lies(tmp_path: Path) -> None:
    path = quotes(tmp_path / "AIG_20131007_quotes.csv")
    (tmp_path / "copy").mkdir()
    copy = quotes(tmp_path / "copy" / path.name)
    assert [item.status for item in imported(tmp_path / "c", path, copy).files] == ["imported", "already imported"]
    (before,) = Catalog(tmp_path / "c").manifests()
    assert imported(tmp_path / "c", path, force=True).files[0].status == "imported"
    (after,) = Catalog(tmp_path / "c").manifests()
    assert (before.generation, after.generation) == (1, 2)
    assert [p.path[-12:] for p in after.parts] == ["0002.parquet"]
    assert len(Catalog(tmp_path / "c").load("AIG")) == 6


def test_one_content_is_not_read_in_two_ways(tmp_path: Path) -> None:
    path = quotes(tmp_path / "AIG_20131007_quotes.csv")
    imported(tmp_path / "c", path)
    coarse = ReadOptions(tick_size=Decimal("0.05"))
    (refused,) = imported(tmp_path / "c", path, read=coarse).files
    assert (refused.status, refused.exit_code) == ("failed", UsageError.exit_code)
    assert "--force replaces it" in refused.error
    assert imported(tmp_path / "c", path, read=coarse, force=True).files[0].status == "imported"
    (manifest,) = Catalog(tmp_path / "c").manifests()
    assert manifest.options.tick_size == Decimal("0.05")
    assert imported(tmp_path / "c", path, force=True).files[0].status == "imported"  # and back again
    (manifest,) = Catalog(tmp_path / "c").manifests()
    assert manifest.instruments[0].tick_size == Decimal("0.01")
    assert len(Catalog(tmp_path / "c").load("AIG")) == 6


def test_one_content_may_be_two_symbols(tmp_path: Path) -> None:
    path = quotes(tmp_path / "quotes.csv")
    for symbol in ("A", "B"):
        assert imported(tmp_path / "c", path, read=ReadOptions(symbol=symbol)).files[0].status == "imported"
    assert Catalog(tmp_path / "c").symbols() == ["A", "B"]


def test_a_symbol_has_one_tick(tmp_path: Path) -> None:
    write_source(tmp_path / "c", tmp_path / "a", [Batch(instrument(), event_rows(range(5)))])
    other = instrument(tick_size=Decimal("0.05"))
    with pytest.raises(DataError, match=r"AIG as the catalog holds it from a-\w+: tick 0\.01.*got 'tick 0\.05"):
        write_source(tmp_path / "c", tmp_path / "b", [Batch(other, event_rows(range(5)))])
    changing = [
        Batch(instrument("X"), event_rows(range(5))),
        Batch(instrument("X", tick_size=Decimal(1)), event_rows([9])),
    ]
    with pytest.raises(DataError, match="in the whole file"):
        write_source(tmp_path / "c", tmp_path / "d", changing)
    assert Catalog(tmp_path / "c").symbols() == ["AIG"]


def test_another_venue_gets_a_symbol_of_its_own(tmp_path: Path) -> None:
    for number, venue in enumerate(("COINBASE", "BITSTAMP", "", "BITSTAMP")):
        rows = event_rows(range(5), first=100 * number)
        outcome = write_source(tmp_path / "c", tmp_path / f"f{number}", [Batch(instrument("BTC", venue=venue), rows)])
        assert any("another venue" in text for text in outcome.warnings) == (venue == "BITSTAMP")
    catalog = Catalog(tmp_path / "c")
    assert catalog.symbols() == ["BTC", "BTC@BITSTAMP"]
    assert sorted(catalog.load("BTC")["sequence"]) == [0, 1, 2, 3, 4, 200, 201, 202, 203, 204]
    assert catalog.instrument("BTC").venue == "COINBASE"


def test_calendars_must_count_the_same_days(tmp_path: Path) -> None:
    write_source(tmp_path / "c", tmp_path / "a", [Batch(instrument(calendar="XNYS"), event_rows(range(5)))])
    write_source(tmp_path / "c", tmp_path / "b", [Batch(instrument(calendar="XNAS"), event_rows(range(5)))])
    with pytest.raises(DataError, match="calendar 24/7"):
        write_source(tmp_path / "c", tmp_path / "d", [Batch(instrument(), event_rows(range(5)))])


def test_a_file_without_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected rows of market data \(made_up\), got 'none'"):
        write_source(tmp_path / "c", tmp_path / "a", [Batch(instrument(), event_rows([]))])


def test_what_fails_does_not_keep_the_others_out(tmp_path: Path) -> None:
    good = quotes(tmp_path / "AIG_20131007_quotes.csv")
    bad = tmp_path / "AIG_20131008_quotes.csv"
    bad.write_text(QUOTES + "1381238999000,49.00,1,49.01,2\nnoon,49,1,49.01,2\n", encoding="utf-8")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "notes.txt").write_text("not market data\n", encoding="utf-8")
    better = quotes(tmp_path / "AIG_20131009_quotes.csv", first=1_381_325_400)
    report = imported(
        tmp_path / "c", good, bad, tmp_path / "empty.csv", tmp_path / "notes.txt", tmp_path / "gone", better
    )
    assert [item.status for item in report.files] == ["imported", *["failed"] * 4, "imported"]
    assert [item.exit_code for item in report.failed] == [4, 4, 4, NotFoundError.exit_code]
    assert "row 2" in report.files[1].error
    assert Catalog(tmp_path / "c").days("AIG") == [date(2013, 10, 7), date(2013, 10, 9)]


def test_companions_are_read_with_their_file(tmp_path: Path) -> None:
    folder = tmp_path / "day"
    folder.mkdir()
    book = folder / "AAPL_2012-06-21_34200000_57600000_orderbook_1.csv"
    book.write_text("5859400,200,5853300,18\n5859400,200,5853300,19\n", encoding="utf-8")
    messages = folder / "AAPL_2012-06-21_34200000_57600000_message_1.csv"
    messages.write_text("34200.1,1,5,18,5853300,1\n34200.2,1,6,1,5853300,1\n", encoding="utf-8")
    report = imported(tmp_path / "c", folder)
    assert {Path(item.path).name: item.status for item in report.files} == {
        messages.name: "imported",
        book.name: "companion",
    }
    (manifest,) = Catalog(tmp_path / "c").manifests()
    assert [Path(file.path).name for file in manifest.files] == [messages.name, book.name]


def test_paths_folders_and_patterns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a/x.csv", "a/b/y.csv", "a/.hidden", "z.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert expand_paths([Path("a")]) == [Path("a/b/y.csv"), Path("a/x.csv")]
    assert expand_paths([tmp_path / "*.csv", tmp_path / "z.csv"]) == [tmp_path / "z.csv"]
    assert expand_paths([Path("**/*.csv")]) == [Path("a/b/y.csv"), Path("a/x.csv"), Path("z.csv")]
    assert expand_paths([Path("no*.csv"), Path("gone")]) == [Path("no*.csv"), Path("gone")]


def test_rows_are_spread_over_days_and_parts_in_their_order(tmp_path: Path) -> None:
    times = [day * DAY_NS + second for second in range(50) for day in (0, 1, 2, 0)]
    batches = [Batch(instrument(), event_rows(times[i : i + 7], first=i)) for i in range(0, 200, 7)]
    write_source(tmp_path / "c", tmp_path / "a", batches, buffer_rows=30)
    (manifest,) = Catalog(tmp_path / "c").manifests()
    assert len(manifest.parts) > 5
    assert [item.rows for item in manifest.coverage] == [100, 50, 50]
    rows = Catalog(tmp_path / "c").load("AIG", dates="1970-01-01")
    assert rows["sequence"].tolist() == [i for i in range(200) if times[i] < DAY_NS]


def test_bars_of_many_symbols_make_few_files(tmp_path: Path) -> None:
    starts = [year * 366 * DAY_NS for year in (0, 1)]
    batches = [Batch(instrument(f"S{i}"), bar_rows(starts, price=i + 10), DAY_NS) for i in range(300)]
    write_source(tmp_path / "c", tmp_path / "a", batches)
    catalog = Catalog(tmp_path / "c")
    (manifest,) = catalog.manifests()
    assert [p.path.rsplit("/", 1)[0] for p in manifest.parts] == [f"bars/interval=1d/year={y}" for y in (1970, 1971)]
    assert catalog.symbols() == []
    frame = catalog.bars("S7")
    assert frame["close"].to_list() == [0.18, 0.18]
    assert frame["date"].to_list() == [date(1970, 1, 1), date(1971, 1, 2)]


def test_progress_counts_rows(tmp_path: Path) -> None:
    seen: list[tuple[str, int]] = []
    path = quotes(tmp_path / "AIG_20131007_quotes.csv", count=40)
    options = ImportOptions(read=ReadOptions(batch_rows=20))
    import_paths(tmp_path / "c", [path], options, progress=lambda p, rows: seen.append((p.name, rows)))
    assert seen == [(path.name, rows) for rows in (20, 40, 60, 80)]


def test_kinds_are_counted(tmp_path: Path) -> None:
    batches = [
        Batch(instrument(), event_rows(range(n), kind=kind)) for n, kind in ((3, EventKind.ADD), (2, EventKind.TRADE))
    ]
    write_source(tmp_path / "c", tmp_path / "a", [*batches, batches[1]], reader=MadeUpReader())
    (manifest,) = Catalog(tmp_path / "c").manifests()
    assert manifest.coverage[0].kinds == {"add": 3, "trade": 4}
    assert manifest.warnings == ["Made up."]
