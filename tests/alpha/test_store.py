"""The point-in-time store: equal to a plain search, deaf to the future, refusing what would rewrite history."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradewind.alpha.store import BackwardsKnowledgeError, DuplicateKeyError, EmptyAppendError, PointInTimeStore
from tradewind.core.errors import DataError, InvalidValueError, NotFoundError, StorageError

ROW = st.tuples(st.sampled_from("AB"), st.integers(0, 8), st.integers(0, 8), st.one_of(st.none(), st.integers(0, 99)))


def table(rows) -> pl.DataFrame:
    schema = {"key": pl.String, "event_time": pl.Int64, "knowledge_time": pl.Int64, "x": pl.Int64}
    return pl.DataFrame([(k, e, e + lag, x) for k, e, lag, x in rows], schema=schema, orient="row")


def naive_asof(rows, key: str, t: int) -> int | None:
    """Of what was known at t, the value of the newest event, in its latest statement."""
    known = [(e, e + lag, x) for k, e, lag, x in rows if k == key and e + lag <= t and x is not None]
    return max(known)[2] if known else None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(ROW, min_size=1, max_size=20, unique_by=lambda r: (r[0], r[1], r[1] + r[2])))
def test_asof_equals_a_plain_search(tmp_path_factory: pytest.TempPathFactory, rows) -> None:
    store = PointInTimeStore(tmp_path_factory.mktemp("store"))
    in_order = sorted(rows, key=lambda r: r[1] + r[2])
    cut = len(in_order) // 2
    while 0 < cut < len(in_order) and sum(in_order[cut][1:3]) == sum(in_order[cut - 1][1:3]):
        cut += 1
    for part in (in_order[:cut], in_order[cut:]):
        if part:
            store.append("t", table(part))
    moments = [(key, t) for t in range(-1, 18, 3) for key in "BAC"]
    asked = pl.DataFrame(moments, schema={"key": pl.String, "t": pl.Int64}, orient="row")
    got = store.asof_many(asked, ["t.x"])
    assert got["key"].to_list() == asked["key"].to_list()
    assert got["t.x"].to_list() == [naive_asof(rows, key, t) for key, t in moments]
    for t in (0, 7):
        assert store.asof(["A", "B"], t, ["t.x"])["t.x"].to_list() == [naive_asof(rows, key, t) for key in "AB"]


def test_what_is_appended_later_changes_no_earlier_answer(tmp_path: Path) -> None:
    store = PointInTimeStore(tmp_path)
    store.append("t", table([("A", 10, 5, 1), ("B", 10, 5, 2), ("A", 20, 5, 3)]))
    asked = pl.DataFrame({"key": ["A", "B"] * 30, "t": list(range(60))})
    before = store.asof_many(asked, ["t.x"]).filter(pl.col("t") < 26)
    store.append("t", table([("A", 10, 16, 666), ("A", 20, 6, 777), ("B", 2, 24, 888), ("A", 25, 1, 999)]))
    after = PointInTimeStore(tmp_path).asof_many(asked, ["t.x"])
    assert after.filter(pl.col("t") < 26).equals(before)
    told = store.asof(["A", "B"], 59, ["t.x"], times=True)
    assert told["t.x"].to_list() == [999, 2], "a restatement of an old event is not the newest value"
    assert told["t.x.event_time"].to_list() == [25, 10]
    assert told["t.x.knowledge_time"].to_list() == [26, 15]


def test_history_is_not_rewritten(tmp_path: Path) -> None:
    store = PointInTimeStore(tmp_path)
    store.append("t", table([("A", 10, 10, 1)]))
    with pytest.raises(EmptyAppendError, match="0 rows"):
        store.append("t", table([]))
    with pytest.raises(DuplicateKeyError, match="once"):
        store.append("t", table([("B", 1, 1, 1), ("B", 1, 1, 2)]))
    with pytest.raises(DuplicateKeyError, match="not in the table yet"):
        store.append("t", table([("A", 10, 10, 5)]))
    with pytest.raises(BackwardsKnowledgeError, match="not before 20"):
        store.append("t", table([("A", 12, 1, 5)]))
    with pytest.raises(BackwardsKnowledgeError, match="known at its event or later"):
        store.append("t", table([("B", 12, -1, 5)]))
    with pytest.raises(DataError, match="null"):
        store.append("t", table([(None, 1, 1, 1)]))
    with pytest.raises(DataError, match="Int64"):
        store.append("t", table([("B", 1, 1, 1)]).with_columns(x=pl.lit("word")))
    with pytest.raises(DataError, match="columns key"):
        store.append("t", pl.DataFrame({"key": ["A"]}))
    with pytest.raises(InvalidValueError, match="lower-case"):
        store.append("../t", table([("A", 1, 1, 1)]))
    with pytest.raises(NotFoundError, match=r"there are: t\.x"):
        store.asof(["A"], 1, ["t.y"])
    assert PointInTimeStore(tmp_path).table("t").frame().height == 1
    assert store.append("t", table([("B", 1, 1, 1)])) == 1, "another key has its own clock"


def test_a_failed_write_leaves_the_table_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = PointInTimeStore(tmp_path)
    store.append("t", table([("A", 1, 1, 1)]))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        store.append("t", table([("A", 5, 1, 2)]))
    assert [p.name for p in (tmp_path / "tables" / "t").iterdir()] == ["000001.parquet"]
    assert store.asof(["A"], 100, ["t.x"])["t.x"].to_list() == [1]


def test_times_come_in_any_form(tmp_path: Path) -> None:
    store = PointInTimeStore(tmp_path)
    rows = {"key": ["A"], "event_time": [date(2015, 3, 31)], "x": [1.5]}
    store.append("filings", pl.DataFrame(rows | {"knowledge_time": [datetime(2015, 5, 1, 20, tzinfo=UTC)]}))
    known = int(datetime(2015, 5, 1, 20, tzinfo=UTC).timestamp()) * 10**9
    assert store.asof(["A"], known - 1, ["filings.x"])["filings.x"].to_list() == [None]
    assert store.asof(["A"], known, ["filings.x"])["filings.x"].to_list() == [1.5]
    with pytest.raises(InvalidValueError, match="times, dates"):
        store.append("filings", pl.DataFrame(rows | {"knowledge_time": ["soon"]}))


def test_members_by_what_was_known(tmp_path: Path) -> None:
    store = PointInTimeStore(tmp_path)
    rows = {"key": ["A", "B"], "event_time": [0, 50], "knowledge_time": [0, 50], "end_ns": [None, None]}
    store.append_members("index", pl.DataFrame(rows, schema_overrides={"end_ns": pl.Int64}))
    left = {"key": ["A"], "event_time": [0], "knowledge_time": [80], "end_ns": [90]}
    store.append_members("index", pl.DataFrame(left))
    assert store.members("index", 40) == ["A"]
    assert store.members("index", 60) == ["A", "B"]
    assert store.members("index", 95) == ["B"]
    assert store.members("index", 95, known=79) == ["A", "B"], "the end was not known yet"
    with pytest.raises(InvalidValueError, match="after the start"):
        store.append_members("index", pl.DataFrame(left | {"event_time": [95], "knowledge_time": [99]}))
