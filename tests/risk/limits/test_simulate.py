"""Orders files: what would have been blocked, from the command line too."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.risk.limits.test_files import TEXT

from tradewind.core.errors import DataError
from tradewind.risk.limits.limits_file import draft
from tradewind.risk.limits.simulate import read_orders, simulate

ORDERS = """ts,strategy,symbol,side,size,price,bid,ask
2026-03-02T14:30:00,maker,AIG,buy,200,50.00,49.99,50.01
2026-03-02T14:30:01,maker,AIG,buy,600,50.00,49.99,50.01
2026-03-02T14:30:02,maker,AIG,buy,300,50.005,49.99,50.01
2026-03-02T14:30:03,maker,AIG,buy,300,nan,49.99,50.01
2026-03-02T14:30:04,maker,AIG,buy,300,50.00,49.99,50.01
2026-03-02T14:30:05,maker,AIG,buy,400,50.00,49.99,50.01
2026-03-02T14:30:06,maker,IBM,sell,1,50.00,,
2026-03-02T14:40:00,maker,AIG,sell,10,49.99,,
"""


def drafted() -> Any:
    return draft(TEXT.replace("KEY", "A" * 43 + "=").encode())


def test_refusals_are_told_with_reason_limit_and_value(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS)
    result = simulate(read_orders(file), drafted(), file)
    assert (result.requests, result.accepted, result.fills) == (8, 2, "all")
    assert [(b.row, b.reason) for b in result.blocked] == [
        (2, "ORDER_LOTS"),
        (3, "OFF_TICK"),
        (4, "INVALID_PRICE"),
        (6, "POSITION_LONG"),
        (7, "UNKNOWN_INSTRUMENT"),
        (8, "STALE_MARKET_DATA"),
    ]
    assert (result.blocked[3].limit, result.blocked[3].value, result.blocked[3].headroom) == (800, 900, -100)
    assert max(result.use["instrument AIG: long_lots"]) == pytest.approx(500 / 800)


def test_parquet_reports_and_kinds_are_understood(tmp_path: Path) -> None:
    rows: dict[str, list[Any]] = {
        "ts": [1, 2, 3, 4, 5],
        "kind": ["new", "fill", "replace", "cancelled", "kill"],
        "order_id": [7, 7, 7, 7, 0],
        "strategy": ["maker"] * 5,
        "symbol": ["AIG"] * 5,
        "side": [1] * 5,
        "lots": [100, 40, 120, 0, 0],
        "price_ticks": [5000, 5000, 5000, 0, 0],
        "bid": [49.99] * 5,
        "ask": [50.01] * 5,
    }
    file = tmp_path / "orders.parquet"
    pl.DataFrame(rows).write_parquet(file)
    result = simulate(read_orders(file), drafted(), file)
    assert (result.requests, result.accepted, result.fills) == (2, 2, "file")
    assert result.latches[0]["scope"] == "strategy maker"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("buy,200", "hold,200", "row 1, field 'side'"),
        ("14:30:01", "noon", "row 2, field 'ts'"),
        (",size", ",sizes", "size or lots"),
    ],
)
def test_what_cannot_be_read_is_named(old: str, new: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS.replace(old, new, 1))
    with pytest.raises(DataError, match=message):
        simulate(read_orders(file), drafted(), file)


def run(folder: Path, *words: str) -> tuple[int, Any]:
    command = [sys.executable, "-m", "tradewind", "risk", "limits", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    return done.returncode, json.loads(done.stdout)


def test_the_commands_sign_check_and_simulate(tmp_path: Path) -> None:
    code, keys = run(tmp_path, "keygen", "Ada Lovelace")
    assert code == 0
    (tmp_path / "limits.toml").write_text(TEXT.replace("KEY", keys["public_key"]))
    (tmp_path / "orders.csv").write_text(ORDERS)
    assert run(tmp_path, "sign", "limits.toml", "--key", keys["private"])[1]["signer"] == "Ada Lovelace"
    code, checked = run(tmp_path, "check", "limits.toml", "--trust", keys["public"])
    assert (code, checked["signer"], checked["contradictions"]) == (0, "Ada Lovelace", [])
    code, found = run(
        tmp_path, "simulate", "limits.toml", "--orders", "orders.csv", "--trust", keys["public"], "--html", "a.html"
    )
    assert code == 0
    assert list(found["reasons"]) == sorted(found["reasons"], key=list(found["reasons"]).index)
    assert "Limit headroom" in (tmp_path / "a.html").read_text()
    (tmp_path / "limits.toml").write_text((tmp_path / "limits.toml").read_text() + "\nsurprise = 1\n")
    code, failed = run(tmp_path, "check", "limits.toml", "--trust", keys["public"])
    assert (code, failed["error"]["type"]) == (3, "ConfigError")
    assert run(tmp_path, "simulate", "limits.toml", "--orders", "orders.csv")[0] == 2
