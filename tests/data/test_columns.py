import gzip
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.core.errors import DataError
from tradewind.data.parsing import source
from tradewind.data.parsing.columns import DECIMAL, column_steps, csv_frames, infer_step, iso_ns, rescale, to_steps

SCHEMA = {"id": pl.Int64(), "price": pl.Float64(), "name": pl.String()}


def read(path: Path, text: str | bytes, *, header: bool = True, optional: tuple[str, ...] = ()) -> list[tuple]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return [
        values for _, frame in csv_frames(path, SCHEMA, header=header, optional=optional) for values in frame.rows()
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.csv"


@pytest.mark.parametrize(
    "text",
    [
        "id,price,name\n1,2.5,a\n2,3,b\n",
        "id,price,name\r\n1,2.5,a\r\n2,3,b\r\n",
        "id,price,name\n1,2.5,a\n2,3,b",
        "id,price,name\r\n1,2.5,a\r\n2,3,b",
        "id,price,name\n1,2.5,a\n2,3,b\n\n\n",
        '"id","price","name"\n"1","2.5","a"\n2,3,"b"\n',
        "\ufeffid,price,name\n1,2.5,a\n2,3,b\n",
        "other,name,price,id\nx,a,2.5,1\n,b,3,2\n",
        ",id,other,price,other,name\n0,1,x,2.5,x,a\n1,2,,3,,b\n",
    ],
    ids=["lf", "crlf", "no end", "crlf, no end", "blank end", "quoted", "bom", "more columns", "odd names"],
)
def test_all_these_are_the_same_table(path: Path, text: str) -> None:
    assert read(path, text) == [(1, 2.5, "a"), (2, 3.0, "b")]


def test_without_header_the_names_go_by_place(path: Path) -> None:
    assert read(path, "\ufeff1,2.5,a\n2,3,b\n", header=False) == [(1, 2.5, "a"), (2, 3.0, "b")]


def test_quoted_fields_may_hold_commas_and_quotes(path: Path) -> None:
    assert read(path, 'id,price,name\n1,2.5,"a, ""b"""\n') == [(1, 2.5, 'a, "b"')]


@pytest.mark.parametrize(
    ("text", "row", "field", "message"),
    [
        ("id,price,name\n1,2.5,a\n2,3\n", 2, None, "expected 3 fields, got '2: 2,3'"),
        ("id,price,name\n1,2.5\n", 1, None, "3 fields"),
        ("id,price,name\n1,2.5,a\n2,3,b,c\n", 2, None, "expected 3 fields, got '4: 2,3,b,c'"),
        ("id,price,name\n1,2.5,a\n2,3\n3,4,c,d\n", 2, None, "3 fields"),
        ("id,price,name\n1,2.5,a\n\n3,4,c\n", 2, None, "3 fields"),
        ("id,price,name\n1,2.5,a\n2,3,\n", 2, "name", "got ''"),
        ("id,price,name\n1,,a\n2,3,b\n", 1, "price", "got ''"),
        ("id,price,name\n1,2.5,a\n2,nan,b\n", 2, "price", "got 'nan'"),
        ("id,price,name\n1,2.5,a\n2,inf,b\n", 2, "price", "got 'inf'"),
        ("id,price,name\n1,2.5,a\n2.5,3,b\n", 2, "id", "Int64"),
        ("id,price,name\n1,2.5,a\n99999999999999999999,3,b\n", 2, "id", "99999999999999999999"),
        ("id,price,name\n1,x,a\n2,3\n", 1, "price", "got 'x'"),
        ('id,price,name\n1,2.5,a\n2,3,"b\n', 2, None, "quoted fields that end on their line"),
        ('id,price,name\n1,2.5,"a\nb"\n2,3,c\n', 1, None, "quoted fields that end"),
    ],
)
def test_a_bad_row_is_named(path: Path, text: str, row: int, field: str | None, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read(path, text)
    assert (caught.value.row, caught.value.field) == (row, field)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_only_optional_columns_may_be_empty(path: Path) -> None:
    text = "id,price,name\n1,,a\n2,nan,b\n3,4,c\n"
    assert read(path, text, optional=("price",)) == [(1, None, "a"), (2, None, "b"), (3, 4.0, "c")]
    with pytest.raises(DataError, match="row 2, field 'price'"):
        read(path, text.replace("nan", "-inf"), optional=("price",))


@pytest.mark.parametrize("text", ["id,name\n1,a\n", "id,price,price,name\n1,2,3,a\n", "\n1,2,a\n"])
def test_a_missing_or_doubled_column_is_named(path: Path, text: str) -> None:
    with pytest.raises(DataError, match=r"column 'price'|column 'id'") as caught:
        read(path, text)
    assert caught.value.field in SCHEMA


@pytest.mark.parametrize("size", [1, 7, 50, 1000])
def test_row_numbers_go_on_across_blocks(path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = source.blocks
    monkeypatch.setattr("tradewind.data.parsing.columns.blocks", lambda path, _size: whole(path, size))
    lines = [f"{i},{i}.5,n{i}" for i in range(1, 41)]
    path.write_text("\n".join(["id,price,name", *lines]))
    found = list(csv_frames(path, SCHEMA, header=True))
    assert [row for row, _ in found] == [frame["id"][0] for _, frame in found]
    assert pl.concat([frame for _, frame in found])["id"].to_list() == list(range(1, 41))
    lines[32] = "33,x,n33"
    path.write_text("\n".join(["id,price,name", *lines]))
    with pytest.raises(DataError, match="row 33, field 'price'"):
        list(csv_frames(path, SCHEMA, header=True))


def test_packed_files_are_read_and_damaged_ones_named(path: Path) -> None:
    packed = gzip.compress(b"id,price,name\n" + b"1,2.5,a\n" * 1000)
    assert len(read(path, packed)) == 1000
    with pytest.raises(DataError, match=r"complete gzip file, got 'one that ends early'"):
        read(path, packed[:-10])
    with pytest.raises(DataError, match="intact gzip file"):
        read(path, packed[:-8] + b"12345678")


def test_bytes_that_are_no_text_are_an_error(path: Path) -> None:
    with pytest.raises(DataError):
        read(path, bytes(range(256)) * 4, header=False)
    with pytest.raises(DataError, match="row 2: expected UTF-8 text"):
        read(path, b"id,price,name\n1,2.5,a\n2,3,\xff\xfe\n3,4,5,\n")


@given(
    st.lists(st.integers(-(10**15), 10**15), min_size=1),
    st.sampled_from(
        [("0.0001", "0.01"), ("0.0001", "0.0001"), ("1e-9", "0.25"), ("0.01", "0.0025"), ("0.01", "0.015")]
    ),
)
def test_rescaled_integers_are_the_nearest_steps(values: list[int], units: tuple[str, str]) -> None:
    unit, step = (Decimal(text) for text in units)
    steps, off = rescale(np.array(values), unit, step)
    exact = [value * unit / step for value in values]
    assert steps.tolist() == [int(value.to_integral_value()) for value in exact]
    assert off.tolist() == [value != value.to_integral_value() for value in exact]


def test_rescaling_does_not_wrap_around() -> None:
    with pytest.raises(OverflowError, match="9223372036854775807"):
        rescale(np.array([1, 2**63 - 1]), Decimal("0.01"), Decimal("0.0001"))
    with pytest.raises(OverflowError, match="-9223372036854775808"):
        rescale(np.array([1, -(2**63)]), Decimal("0.01"), Decimal("0.0001"))


@given(
    st.lists(st.decimals(-(10**9), 10**9, places=9), min_size=1),
    st.sampled_from(["0.01", "0.25", "1e-8", "1", "0.0005"]),
)
def test_decimal_columns_are_exact(values: list[Decimal], step: str) -> None:
    column = pl.Series("price", [str(value) for value in values]).cast(DECIMAL)
    steps, off = column_steps(Path("a"), 1, column, Decimal(step))
    exact = [value / Decimal(step) for value in values]
    assert steps.tolist() == [int(value.to_integral_value()) for value in exact]
    assert off.tolist() == [value != value.to_integral_value() for value in exact]


def test_absurd_prices_survive_and_impossible_ones_are_named() -> None:
    column = pl.Series("price", ["9999999999.99", None, "92233720368547758.07"]).cast(DECIMAL)
    assert column_steps(Path("a"), 1, column, Decimal("0.01"))[0].tolist() == [999999999999, 0, 2**63 - 1]
    with pytest.raises(DataError, match=r"row 13, field 'price'.*92233720368547758.07"):
        column_steps(Path("a"), 11, column, Decimal("0.0001"))
    with pytest.raises(DataError, match="row 70, field 'price'"):
        column_steps(Path("a"), np.array([5, 6, 70]), column.cast(pl.Float64), Decimal("1e-5"))


def test_nearest_steps_of_floats() -> None:
    steps, off = to_steps(np.array([0.1 + 0.2, 0.07, 0.005, np.nan, -1.01]), Decimal("0.01"))
    assert steps.tolist() == [30, 7, 0, 0, -101]
    assert off.tolist() == [False, False, True, False, False]


def test_times_to_the_nanosecond() -> None:
    texts = ["2025-07-17T08:05:03.360677248Z", "1969-12-31T23:59:59.999999999Z", "2025-07-17T08:05:03Z"]
    stamps = iso_ns(Path("a"), 1, pl.Series("time", texts))
    assert stamps.tolist() == [1752739503360677248, -1, 1752739503000000000]
    with pytest.raises(DataError, match=r"row 9, field 'time'.*yesterday"):
        iso_ns(Path("a"), 8, pl.Series("time", [texts[0], "yesterday"]))


def test_the_step_is_the_largest_that_fits() -> None:
    rng = np.arange(1, 200)
    assert infer_step(rng * 0.25 + 5000) == Decimal("0.25")
    assert infer_step(np.append(rng[:100] * 0.01, 1.005)) == Decimal("0.005")
    assert infer_step(np.append(np.arange(1, 2000) * 0.01, 1.005)) == Decimal("0.01")
    assert infer_step(np.array([np.pi])) == Decimal("0.000000001")
