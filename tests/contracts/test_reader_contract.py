"""What every reader must do; runs on each sample of each format in the registry."""

import gc
import weakref
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from tests.data.samples import SAMPLES, Sample, gzipped

from tradewind.core.dtypes import BAR, EVENT, Array, EventFlag, EventKind
from tradewind.core.errors import DataError, TradewindError
from tradewind.core.types import Batch
from tradewind.data.reader import ReadOptions
from tradewind.data.registry import READERS, detect, open_feed
from tradewind.data.source import read_head

every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: f"{s.format}-{s.kind}")
every_text = pytest.mark.parametrize("sample", [s for s in SAMPLES if s.is_text], ids=lambda s: f"{s.format}-{s.kind}")
ALL_FLAGS = sum(EventFlag)
NOW_NS = 4_102_444_800_000_000_000  # 2100
PROSE = (
    "It is a truth universally acknowledged,\nthat a single man in possession of a good fortune,\nmust be in want.\n"
)


def batches(sample: Sample, path: Path, **more: object) -> list[Batch]:
    options = msgspec.structs.replace(sample.options, **more)
    return list(open_feed(path, options, sample.format))


def joined(found: list[Batch]) -> dict[tuple[str, int], bytes]:
    """All bytes of each instrument."""
    rows: dict[tuple[str, int], list[Array]] = {}
    for batch in found:
        rows.setdefault((batch.instrument.symbol, batch.interval_ns), []).append(batch.rows)
    return {key: np.concatenate(parts).tobytes() for key, parts in rows.items()}


def test_every_reader_has_a_sample() -> None:
    assert {reader.name for reader in READERS} == {sample.format for sample in SAMPLES}


def test_names_are_sorted_and_unique() -> None:
    names = [reader.name for reader in READERS]
    assert names == sorted(set(names))
    assert all(reader.description and "\n" not in reader.description for reader in READERS)


@every_sample
def test_content_tells_the_format(sample: Sample, tmp_path: Path) -> None:
    path = sample.write(tmp_path)
    head = read_head(path)
    scores = {reader.name: match.score for reader in READERS if (match := reader.match(head))}
    assert detect(path).name == sample.format
    assert all(score < scores[sample.format] for name, score in scores.items() if name != sample.format), scores
    assert 1 <= scores[sample.format] <= 100


@every_text
def test_the_name_does_not_tell_the_format(sample: Sample, tmp_path: Path) -> None:
    path = sample.write(tmp_path)
    other = path.with_name("a")
    other.write_bytes(path.read_bytes())
    assert detect(other).name == sample.format
    assert detect(gzipped(path)).name == sample.format


@every_sample
def test_rows_are_of_the_house(sample: Sample, tmp_path: Path) -> None:
    found = batches(sample, sample.write(tmp_path))
    assert {batch.instrument.symbol for batch in found} == set(sample.symbols)
    for batch in found:
        rows = batch.rows
        assert len(rows) > 0
        if batch.interval_ns:
            assert rows.dtype == BAR
            assert (rows["ts_start_ns"] > 0).all()
            assert (rows["ts_start_ns"] < NOW_NS).all()
            assert (rows["high_ticks"] >= rows["low_ticks"]).all()
            continue
        assert rows.dtype == EVENT
        assert (rows["ts_event_ns"] > 0).all()
        assert (rows["ts_event_ns"] < NOW_NS).all()
        assert (rows["ts_recv_ns"] >= 0).all()
        assert (rows["ts_recv_ns"] < NOW_NS).all()
        assert np.isin(rows["kind"], list(EventKind)).all()
        assert (rows["flags"] & ~np.uint16(ALL_FLAGS) == 0).all()
        assert np.isin(rows["side"], (-1, 0, 1)).all()
        assert (rows["size_lots"] >= 0).all()
        assert (rows["order_id"] >= 0).all()


@every_sample
def test_the_last_row_ends_a_packet(sample: Sample, tmp_path: Path) -> None:
    ends = {batch.instrument.symbol: batch.rows[-1] for batch in batches(sample, sample.write(tmp_path))}
    assert all(row["flags"] & EventFlag.LAST for row in ends.values() if "flags" in row.dtype.names)


@every_sample
@pytest.mark.parametrize("batch_rows", [1, 7, 1_000_000])
def test_batches_of_any_size_hold_the_same_bytes(sample: Sample, batch_rows: int, tmp_path: Path) -> None:
    path = sample.write(tmp_path)
    found = batches(sample, path, batch_rows=batch_rows)
    assert all(1 <= len(batch.rows) <= batch_rows for batch in found)
    assert joined(found) == joined(batches(sample, path))


@every_sample
def test_a_feed_can_be_read_twice(sample: Sample, tmp_path: Path) -> None:
    feed = open_feed(sample.write(tmp_path), sample.options, sample.format)
    assert joined(list(feed)) == joined(list(feed))
    assert feed.paths[0].parent == tmp_path
    assert all(isinstance(note, str) for note in getattr(feed, "notes", ()))


@every_text
def test_a_gzipped_copy_reads_the_same(sample: Sample, tmp_path: Path) -> None:
    path = sample.write(tmp_path)
    assert joined(batches(sample, gzipped(path))) == joined(batches(sample, path))


@every_text
def test_a_truncated_gzip_is_an_error(sample: Sample, tmp_path: Path) -> None:
    packed = gzipped(sample.write(tmp_path))
    packed.write_bytes(packed.read_bytes()[:-9])
    with pytest.raises(DataError, match="ends early"):
        batches(sample, packed)


@pytest.mark.parametrize(
    "sample",
    [s for s in SAMPLES if not s.is_text or s.format in ("dbn", "itch")],
    ids=lambda s: f"{s.format}-{s.kind}",
)
def test_a_truncated_binary_file_is_an_error(sample: Sample, tmp_path: Path) -> None:
    path = sample.write(tmp_path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError):
        batches(sample, path)


@every_sample
def test_an_empty_file_is_an_error(sample: Sample, tmp_path: Path) -> None:
    path = sample.write(tmp_path)
    path.write_bytes(b"")
    with pytest.raises(DataError, match="empty"):
        detect(path)
    with pytest.raises(DataError, match="empty"):
        batches(sample, path)


@every_sample
def test_a_forced_format_complains_about_prose(sample: Sample, tmp_path: Path) -> None:
    path = sample.write(tmp_path)
    path.write_text(PROSE)
    with pytest.raises(DataError, match=path.name):
        batches(sample, path)


@every_sample
def test_a_forced_format_complains_about_another_table(sample: Sample, tmp_path: Path) -> None:
    path = sample.write(tmp_path)
    pl.DataFrame({"text": ["so it goes"], "label": [1]}).write_parquet(path)
    with pytest.raises(DataError, match=path.name):
        batches(sample, path)


@every_sample
def test_a_forced_format_complains_about_bytes(sample: Sample, tmp_path: Path) -> None:
    path = sample.write(tmp_path)
    path.write_bytes(bytes(range(256)) * 40)
    with pytest.raises(DataError, match=path.name):
        batches(sample, path)


@every_sample
def test_the_symbol_is_the_one_asked_for(sample: Sample, tmp_path: Path) -> None:
    path = sample.write(tmp_path)
    wanted = sample.symbols[-1] if sample.symbol_is_inside else "OTHER"
    found = batches(sample, path, symbol=wanted)
    assert {batch.instrument.symbol for batch in found} == {wanted}
    if not sample.symbol_is_inside:
        return
    with pytest.raises(TradewindError, match="NOWHERE"):
        batches(sample, path, symbol="NOWHERE")


@every_sample
def test_the_instrument_is_as_the_options_say(sample: Sample, tmp_path: Path) -> None:
    path = sample.write(tmp_path)
    before = batches(sample, path)
    tick = min(batch.instrument.tick_size for batch in before) / 2
    after = batches(sample, path, tick_size=tick, venue="XTST", currency="JPY", calendar="XTKS")
    assert {(b.instrument.venue, b.instrument.currency, b.instrument.calendar) for b in after} == {
        ("XTST", "JPY", "XTKS")
    }
    assert {batch.instrument.tick_size for batch in after} == {tick}
    name = "close_ticks" if before[0].interval_ns else "price_ticks"
    for old, new in zip(before, after, strict=True):
        if not old.interval_ns and (old.rows["flags"] & EventFlag.OFF_TICK).any():
            continue
        assert (new.rows[name] * tick == old.rows[name] * old.instrument.tick_size).all()


@every_sample
def test_a_feed_keeps_no_batches(sample: Sample, tmp_path: Path) -> None:
    alive: list[weakref.ref[Array]] = []
    feed = open_feed(sample.write(tmp_path), msgspec.structs.replace(sample.options, batch_rows=1), sample.format)
    for batch in feed:
        alive.append(weakref.ref(batch.rows))
        del batch
    gc.collect()
    assert [ref for ref in alive if ref() is not None] == []


def test_default_options_are_enough_to_open(tmp_path: Path) -> None:
    sample = next(s for s in SAMPLES if s.format == "tardis")
    path = sample.write(tmp_path)
    assert joined(list(open_feed(path))) == joined(batches(sample, path))


def test_tick_and_lot_may_be_decimals_of_any_size(tmp_path: Path) -> None:
    sample = next(s for s in SAMPLES if s.format == "nbbo")
    options = ReadOptions(tick_size=Decimal("0.0001"), lot_size=Decimal("0.1"))
    (batch,) = open_feed(sample.write(tmp_path), options)
    assert batch.rows["price_ticks"][0] == 491_800
    assert batch.rows["size_lots"][0] == 3000
