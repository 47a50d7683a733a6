from pathlib import Path

import msgspec
import pytest
from tests.data.made_up import DAY_NS, bar_rows, event_rows, instrument, write_source

from tradewind.core.clock import SimulatedClock
from tradewind.core.errors import IntegrityError, InvalidValueError, NotFoundError, UsageError
from tradewind.core.types import Batch
from tradewind.data.catalog import Catalog
from tradewind.data.ledger import ledger_problems, read_ledger
from tradewind.data.splits import Split, create_split, load_split, load_splits
from tradewind.data.window import parse_span

CLOCK = SimulatedClock(1_700_000_000_000_000_000)


def split(train: str, test: str, validation: str | None = None, *, name: str = "s", embargo_ns: int = 0) -> Split:
    middle = None if validation is None else parse_span(validation)
    return Split(name=name, train=parse_span(train), test=parse_span(test), validation=middle, embargo_ns=embargo_ns)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """Five days, ten rows a day; bars of the same days."""
    rows = event_rows(range(0, 5 * DAY_NS, DAY_NS // 10))
    write_source(tmp_path / "c", tmp_path / "events", [Batch(instrument(), rows)])
    write_source(
        tmp_path / "c", tmp_path / "bars", [Batch(instrument(), bar_rows(range(0, 5 * DAY_NS, DAY_NS)), DAY_NS)]
    )
    return Catalog(tmp_path / "c", clock=CLOCK, purpose="a test")


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        (("2013-10-07..2013-10-08", "2013-10-08"), "test must be on or after 2013-10-09, behind train"),
        (("2013-10-09", "2013-10-08"), "test must be on or after 2013-10-10"),
        (("2013-10-07", "2013-10-09", "2013-10-09..2013-10-10"), "test must be on or after 2013-10-11"),
        (("2013-10-07", "2013-10-09", "2013-10-06"), "validation must be on or after 2013-10-08"),
        (("2013-10-07", "2013-10-08T10:00..2013-10-08T11:00"), "same kind as train"),
        (("2013-10-07T10:00..2013-10-07T11:00", "2013-10-07T10:59..2013-10-07T12:00"), "test must be after the end"),
    ],
)
def test_parts_are_in_order_and_apart(parts: tuple[str, ...], problem: str) -> None:
    with pytest.raises(InvalidValueError, match=problem):
        split(*parts)


def test_an_embargo_is_a_least_gap() -> None:
    assert split("2013-10-07", "2013-10-09", embargo_ns=DAY_NS)
    with pytest.raises(InvalidValueError, match=r"2013-10-10, .* and the embargo of 2d"):
        split("2013-10-07", "2013-10-09", embargo_ns=2 * DAY_NS)
    with pytest.raises(InvalidValueError, match="whole days"):
        split("2013-10-07", "2013-10-09", embargo_ns=DAY_NS // 2)
    hours = ("2013-10-07T10:00..2013-10-07T11:00", "2013-10-07T11:10..2013-10-07T12:00")
    assert split(*hours, embargo_ns=600 * 10**9)
    with pytest.raises(InvalidValueError, match="embargo of 11m"):
        split(*hours, embargo_ns=660 * 10**9)


@pytest.mark.parametrize("name", ["", "a/b", "../x", ".x", "a b"])
def test_names_are_plain(name: str) -> None:
    with pytest.raises(InvalidValueError, match="split must be"):
        split("2013-10-07", "2013-10-09", name=name)


def test_a_split_is_recorded_and_read_back(catalog: Catalog) -> None:
    wanted = split("1970-01-01..1970-01-02", "1970-01-05", "1970-01-03", name="days")
    recorded = create_split(catalog.path, wanted, CLOCK)
    assert recorded == msgspec.structs.replace(wanted, created_ns=CLOCK.now_ns())
    assert load_splits(catalog.path) == [recorded]
    with pytest.raises(NotFoundError, match=r"no split .other. in .*; there are: days"):
        load_split(catalog.path, "other")
    (catalog.path / "splits" / "days.json").write_text('{"name": 1}', encoding="utf-8")
    with pytest.raises(IntegrityError, match=r"days\.json: expected a split"):
        load_splits(catalog.path)


def test_parts_give_their_rows_and_only_test_is_recorded(catalog: Catalog) -> None:
    create_split(catalog.path, split("1970-01-01..1970-01-02", "1970-01-05", "1970-01-03", name="d"), CLOCK)
    assert catalog.load("AIG", split="d/train")["sequence"].tolist() == list(range(20))
    assert catalog.load("AIG", split="d/validation")["sequence"].tolist() == list(range(20, 30))
    assert read_ledger(catalog.path) == []
    assert catalog.load("AIG", split="d/test")["sequence"].tolist() == list(range(40, 50))
    assert catalog.bars("AIG", split="d/test").height == 1
    assert catalog.scan(split="d/test").collect().height == 10
    entries = read_ledger(catalog.path)
    assert [(e.split, e.table, e.symbols, e.rows, e.named) for e in entries] == [
        ("d", "events", ["AIG"], 10, True),
        ("d", "bars", ["AIG"], 1, True),
        ("d", "events", [], 10, True),
    ]
    assert {(e.span, e.purpose, e.time_ns) for e in entries} == {("1970-01-05", "a test", CLOCK.now_ns())}
    assert ledger_problems(catalog.path) == []
    with pytest.raises(UsageError, match="name the part too, such as d/train"):
        catalog.load("AIG", split="d")
    with pytest.raises(NotFoundError, match="it has: train, validation, test"):
        catalog.load("AIG", split="d/tset")


def test_reading_test_rows_without_naming_the_split_is_recorded_too(catalog: Catalog) -> None:
    hours = split("1970-01-01T00:00..1970-01-04T12:00", "1970-01-04T12:00..1970-01-06T00:00", name="hours")
    create_split(catalog.path, hours, CLOCK)
    catalog.events("AIG", dates="1970-01-04")  # not even iterated
    catalog.events("AIG", dates="1970-01-01..1970-01-03")
    catalog.events("AIG", end=hours.test.start_ns)  # type: ignore[union-attr]
    (entry,) = read_ledger(catalog.path)
    assert (entry.named, entry.rows) == (False, 5)


def test_nothing_is_read_when_the_ledger_cannot_be_written(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    create_split(catalog.path, split("1970-01-01", "1970-01-05", name="d"), CLOCK)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tradewind.data.ledger.os.write", full)
    with pytest.raises(OSError, match="No space left"):
        catalog.events("AIG", split="d/test")


def test_a_split_is_fixed_once_its_test_part_was_read(catalog: Catalog) -> None:
    first = split("1970-01-01", "1970-01-05", name="d")
    create_split(catalog.path, first, CLOCK)
    second = split("1970-01-01..1970-01-02", "1970-01-04", name="d")
    create_split(catalog.path, second, CLOCK)  # nobody has looked yet
    assert load_split(catalog.path, "d").parts() == second.parts()
    catalog.load("AIG", split="d/test")
    with pytest.raises(UsageError, match="its test part was read 1 times"):
        create_split(catalog.path, first, CLOCK)
    assert create_split(catalog.path, second, CLOCK).parts() == second.parts()
    (catalog.path / "splits" / "d.json").unlink()
    with pytest.raises(UsageError, match="new split a new name"):
        create_split(catalog.path, first, CLOCK)
    assert create_split(catalog.path, second, CLOCK).parts() == second.parts()
