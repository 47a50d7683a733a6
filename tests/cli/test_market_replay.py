"""``tradewind market replay`` as people and machines call it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.market.small_files import lobster_pair
from typer.testing import CliRunner

from tradewind.cli.main import app
from tradewind.cli.market_replay import read_orders
from tradewind.core.errors import DataError, NotFoundError, TradewindError

BUY = "buy,5,100.0"


def call(*words: object) -> tuple[int, str]:
    """Exit code and stdout of a command; errors of ours count with the code that the command would end with."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, TradewindError):
        return result.exception.exit_code, str(result.exception)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replay")
    messages, _ = lobster_pair(folder)
    assert call("data", "import", messages, "--catalog", folder / "c")[0] == 0
    return folder / "c"


@pytest.fixture
def day(catalog: Path) -> tuple[Any, ...]:
    from tradewind.data.store.catalog import Catalog

    symbol = Catalog(catalog).symbols()[0]
    return ("market", "replay", "--catalog", catalog, "--symbol", symbol, "--day", Catalog(catalog).days(symbol)[0])


def test_orders_counters_and_cost_are_told(day: tuple[Any, ...]) -> None:
    code, text = call(*day, "--order", BUY, "--order", "sell,2,market", "--json")
    assert code == 0, text
    told = json.loads(text)
    (trial,) = told["trials"]
    assert (told["depth"], told["propagator"], trial["impact"]) == (3, None, False)
    assert [order["answer"] for order in trial["orders"]] == ["accepted", "accepted"]
    assert trial["counters"]["rows"] > 0
    code, text = call(*day, "--order", BUY)
    assert code == 0
    assert "accepted" in text
    assert "impact off: cost" in text


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--order", "buy,5"), 3, "SIZE,PRICE"),
        (("--order", "hold,5,100"), 3, "SIZE,PRICE"),
        (("--order", "buy,many,100"), 3, "numbers for size and price"),
        (("--order", "buy,0,100"), 3, "a size of at least"),
        (("--order", "buy,5,100,23:59"), 3, "the time of the replay"),
        (("--impact", "maybe"), 2, "off, on, both"),
        (("--impact", "on"), 2, "too few"),
        (("--depth", "2"), 2, "only books of depth 3"),
        (("--start", "23:00"), 3, "start_ns"),
        (("--queue-model", "psychic"), 3, "back-of-queue"),
        (("--queue-model", "proportional"), 2, "no queue model"),
        (("--orders", "nowhere.csv"), 5, "no such file"),
    ],
)
def test_bad_input_is_refused_in_words(day: tuple[Any, ...], options: tuple[str, ...], code: int, said: str) -> None:
    got, text = call(*day, *options)
    assert got == code, text
    assert said in text


def test_orders_of_a_file(tmp_path: Path) -> None:
    frame = pl.DataFrame({"kind": [1, 2], "side": [1, -1], "size_lots": [5, 2], "price_ticks": [100, 0]})
    frame.write_csv(tmp_path / "a.csv")
    frame.write_parquet(tmp_path / "a.parquet")
    rows = read_orders(tmp_path / "a.csv")
    assert rows["size_lots"].tolist() == [5, 2]
    assert np.array_equal(rows, read_orders(tmp_path / "a.parquet"))
    (tmp_path / "torn.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="torn"):
        read_orders(tmp_path / "torn.parquet")
    for bad, said in (
        ({"size": [1]}, "columns among"),
        ({"kind": [1.5]}, "whole numbers"),
        ({"kind": [300]}, "from 0"),
    ):
        pl.DataFrame(bad).write_csv(tmp_path / "bad.csv")
        with pytest.raises(DataError, match=said):
            read_orders(tmp_path / "bad.csv")
    with pytest.raises(NotFoundError):
        read_orders(tmp_path / "nowhere.csv")
