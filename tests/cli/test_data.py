"""The data commands as people and machines call them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.data.made_up import DAY_NS, bar_rows, event_rows, instrument, write_source
from typer.testing import CliRunner

from tradewind.cli.data_import import exit_code_of, position_in
from tradewind.cli.main import app
from tradewind.core.dtypes import EventKind
from tradewind.core.errors import TradewindError
from tradewind.core.types import Batch
from tradewind.data.catalog import Catalog
from tradewind.data.importer import ImportReport
from tradewind.data.ingest import FileOutcome
from tradewind.data.moments import parse_moment

QUOTES = "ts_event,bid_price,bid_size,ask_price,ask_size\n"
OPEN_MS = 1_381_152_600_000  # 2013-10-07 09:30 in New York


def call(*words: object) -> tuple[int, str]:
    """Exit code and stdout of a command; errors of ours count with the code that the command would end with."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, TradewindError):
        return result.exception.exit_code, str(result.exception)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def document(*words: object) -> Any:
    code, text = call(*words, "--json")
    assert code == 0, text
    return json.loads(text)


def quotes(folder: Path, name: str = "AIG_20131007_quotes.csv", start_ms: int = OPEN_MS) -> Path:
    lines = [f"{start_ms + i * 1000},49.0{i % 5},{i + 1},49.0{i % 5 + 1},{i + 2}" for i in range(20)]
    (folder / name).write_text(QUOTES + "\n".join(lines) + "\n", encoding="utf-8")
    return folder / name


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    for day in (7, 8, 9):
        quotes(tmp_path, f"AIG_2013100{day}_quotes.csv", OPEN_MS + (day - 7) * 86_400_000)
    assert call("data", "import", tmp_path / "*.csv", "--catalog", tmp_path / "c")[0] == 0
    return tmp_path / "c"


def test_import_prints_a_line_a_file(tmp_path: Path) -> None:
    quotes(tmp_path)
    (tmp_path / "bad.csv").write_text(QUOTES + "x,1,1,2,1\n", encoding="utf-8")
    code, text = call("data", "import", tmp_path / "*.csv", "--catalog", tmp_path / "c")
    assert code == 7
    assert "AIG_20131007_quotes.csv" in text
    assert "2013-10-07" in text
    assert "bad.csv, row 1" in text.replace("\n", "")
    again = call("data", "import", tmp_path / "AIG_20131007_quotes.csv", "--catalog", tmp_path / "c")
    assert again[0] == 0
    assert "40" in again[1]


def test_import_tells_machines_everything(tmp_path: Path) -> None:
    path = quotes(tmp_path)
    told = document("data", "import", path, "--catalog", tmp_path / "c", "--symbol", "X", "--tick", "0.05", "--lot", 1)
    (item,) = told["files"]
    assert (item["status"], item["symbols"], item["rows"], item["days"]) == ("imported", ["X"], 40, ["2013-10-07"])
    assert (told["exit_code"], told["failed"], told["recovered"]) == (0, 0, [])
    assert Catalog(tmp_path / "c").instrument("X").tick_size.as_tuple().digits == (5,)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [([], 0), ([0], 0), ([4], 4), ([4, 4], 4), ([0, 4], 7), ([8], 8), ([4, 5], 4), ([5], 5), ([0, 8], 7)],
)
def test_exit_code_of_a_batch(codes: list[int], expected: int) -> None:
    outcomes = [FileOutcome(path="x", status="failed" if code else "imported", exit_code=code) for code in codes]
    companions = [FileOutcome(path="x", status="companion")]
    assert exit_code_of(ImportReport(outcomes + companions, [])) == expected


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("--tick", "0", "--tick must be a positive number"),
        ("--lot", "x", "--lot must be"),
        ("--day", "x", "day must be"),
    ],
)
def test_options_are_checked(tmp_path: Path, option: str, value: str, problem: str) -> None:
    code, text = call("data", "import", quotes(tmp_path), "--catalog", tmp_path / "c", option, value)
    assert (code, text.startswith(problem)) == (3, True)


def test_an_unknown_format_lists_those_there_are(tmp_path: Path) -> None:
    code, text = call("data", "import", quotes(tmp_path), "--catalog", tmp_path / "c", "--format", "xml")
    assert code == 2
    assert "no format 'xml'; there are: bars" in text.replace("\n", "")


def test_list_shows_symbols_days_and_bars(catalog: Path, tmp_path: Path) -> None:
    write_source(catalog, tmp_path / "b", [Batch(instrument(s), bar_rows([0]), DAY_NS) for s in ("A", "AIG")])
    first, second = document("data", "list", "--catalog", catalog)["holdings"]
    assert (first["symbol"], first["rows"], first["kinds"], len(first["days"])) == ("AIG", 120, {"quote": 120}, 3)
    assert (second["symbol"], second["interval"], second["rows"]) == ("2 symbols", "1d", 2)
    days = document("data", "list", "AIG", "--catalog", catalog)["holdings"]
    assert [item["days"] for item in days] == [["2013-10-07"], ["2013-10-08"], ["2013-10-09"], []]
    assert [item["rows"] for item in days] == [40, 40, 40, 1]
    assert "2013-10-07 09:30" in call("data", "list", "--catalog", catalog)[1]
    assert call("data", "list", "XYZ", "--catalog", catalog)[0] == 5


def test_list_verify_names_the_damaged_part(catalog: Path) -> None:
    code, text = call("data", "list", "--catalog", catalog, "--verify")
    assert code == 0
    assert "every one of 3 parts is as it was imported" in text
    part = catalog / Catalog(catalog).manifests()[1].parts[0].path
    part.write_bytes(part.read_bytes() + b"x")
    code, text = call("data", "list", "--catalog", catalog, "--verify")
    assert code == 9
    assert part.name in text
    assert "its checksum differs" in text


def test_show_gives_rows_and_best_quotes(catalog: Path) -> None:
    told = document("data", "show", "AIG", "--at", "2013-10-08T09:30:05", "--rows", 4, "--catalog", catalog)
    assert (told["book_level"], told["book_from"]) == (1, "2013-10-08")
    assert [(row["side"], row["price"], row["size"]) for row in told["before"]] == [
        ("buy", "49.00", "6"),
        ("sell", "49.01", "7"),
    ]
    assert [row["time"][:19] for row in told["after"]] == ["2013-10-08 09:30:06"] * 2
    assert told["bids"] == [{"price": "49.00", "size": "6", "orders": 0}]
    assert told["asks"] == [{"price": "49.01", "size": "7", "orders": 0}]
    text = call("data", "show", "AIG", "--at", "2013-10-08T13:30:05Z", "--catalog", catalog)[1]
    assert "best quotes (L1) of AIG at 2013-10-08 09:30:05.000000000-04:00" in text


def test_show_ends_at_the_last_row_and_before_the_first_there_is_nothing(catalog: Path) -> None:
    told = document("data", "show", "AIG", "--rows", 3, "--catalog", catalog)
    assert told["after"] == []
    assert [row["sequence"] for row in told["before"]] == [18, 19, 19]
    between = document("data", "show", "AIG", "--at", "2013-10-08T23:00", "--rows", 2, "--catalog", catalog)
    assert [row["time"][:19] for row in between["before"]] == ["2013-10-08 09:30:19"] * 2
    code, text = call("data", "show", "AIG", "--at", "2013-10-06", "--catalog", catalog)
    assert (code, text) == (5, "AIG begins on 2013-10-07, after 2013-10-06; it ends on 2013-10-09")


def test_show_follows_a_book_of_orders_across_joined_days(tmp_path: Path) -> None:
    """A market that never closes: the book at a time comes from the last snapshot, days before if need be."""
    midnight = parse_moment("2015-05-02")
    times = [midnight - 2 * DAY_NS, midnight - 10, midnight - 5, midnight + 5, midnight + 9]
    rows = event_rows(times)
    rows["kind"] = [EventKind.ADD, EventKind.CLEAR, EventKind.ADD, EventKind.ADD, EventKind.REDUCE]
    rows["order_id"], rows["side"] = [7, 0, 8, 9, 9], [1, 0, 1, -1, -1]
    rows["price_ticks"], rows["size_lots"] = [90, 0, 100, 103, 103], [1, 0, 5, 4, 1]
    write_source(tmp_path / "c", tmp_path / "a", [Batch(instrument("BTC"), rows)])
    told = document("data", "show", "BTC", "--at", str(midnight + 7), "--rows", 2, "--catalog", tmp_path / "c")
    assert (told["book_level"], told["book_from"]) == (3, "2015-05-01")
    assert told["bids"] == [{"price": "1.00", "size": "5", "orders": 1}]
    assert told["asks"] == [{"price": "1.03", "size": "4", "orders": 1}]
    assert [row["kind"] for row in told["before"] + told["after"]] == ["add", "reduce"]


def test_trades_alone_have_no_book(tmp_path: Path) -> None:
    write_source(tmp_path / "c", tmp_path / "a", [Batch(instrument(), event_rows(range(5), kind=EventKind.TRADE))])
    told = document("data", "show", "AIG", "--catalog", tmp_path / "c")
    assert (told["book_level"], told["bids"], len(told["before"])) == (0, [], 5)


def test_splits_and_the_ledger(catalog: Path) -> None:
    days = ("--train", "2013-10-07", "--validation", "2013-10-08", "--test", "2013-10-09")
    made = document("data", "split", "create", "nbbo", *days, "--catalog", catalog)
    assert (made["name"], made["test"]) == ("nbbo", {"type": "days", "first": "2013-10-09", "last": "2013-10-09"})
    assert document("data", "ledger", "--catalog", catalog) == {"intact": True, "problems": [], "entries": []}
    Catalog(catalog, purpose="final score").load("AIG", split="nbbo/test")
    document("data", "show", "AIG", "--catalog", catalog)
    told = document("data", "ledger", "--catalog", catalog)
    assert [(e["split"], e["rows"], e["purpose"], e["named"]) for e in told["entries"]] == [
        ("nbbo", 40, "final score", True),
        ("nbbo", 40, "tradewind data show", False),
    ]
    assert document("data", "split", "list", "--catalog", catalog)[0]["test_reads"] == 2
    assert document("data", "split", "show", "nbbo", "--catalog", catalog)["split"]["train"]["first"] == "2013-10-07"
    assert "test part read 2 times: fixed for good" in call("data", "split", "show", "nbbo", "--catalog", catalog)[1]
    code, text = call(
        "data", "split", "create", "nbbo", "--train", "2013-10-07", "--test", "2013-10-08", "--catalog", catalog
    )
    assert code == 2
    assert "give the new split a new name" in text
    ledger = catalog / "access_ledger.jsonl"
    ledger.write_text(ledger.read_text(encoding="utf-8").replace('"rows":40', '"rows":4'), encoding="utf-8")
    code, text = call("data", "ledger", "--catalog", catalog)
    assert code == 9
    assert "line 1 was changed" in text


def test_splits_by_time_are_meant_in_the_calendar(catalog: Path) -> None:
    hours = ("--train", "2013-10-07T09:30..2013-10-07T09:31", "--test", "2013-10-07T09:32..2013-10-07T09:33")
    made = document(
        "data", "split", "create", "h", *hours, "--embargo", "1m", "--calendar", "XNYS", "--catalog", catalog
    )
    assert made["train"]["start_ns"] == OPEN_MS * 1_000_000
    code, text = call("data", "split", "create", "i", *hours, "--embargo", "61s", "--catalog", catalog)
    assert code == 3
    assert "embargo of 61s" in text


def test_formats_are_listed() -> None:
    known = document("data", "formats")
    assert {"bars", "lobster", "nbbo"} <= {item["name"] for item in known}
    assert all(item["description"] for item in known)


def test_no_catalog_says_how_to_make_one(tmp_path: Path) -> None:
    code, text = call("data", "list", "--catalog", tmp_path)
    assert code == 5
    assert "tradewind data import FILES --catalog DIR" in text


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc")
def test_progress_knows_how_far_a_file_was_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(bytes(100_000))
    assert position_in(str(path)) == 0
    with path.open("rb", buffering=0) as file:
        file.read(1234)
        assert position_in(str(path)) == 1234


INTERRUPTED = """
import os, signal
from pathlib import Path
import sys
from tradewind.data import ingest
from tradewind.cli.main import run

class Scan(ingest.QualityScan):
    def add(self, batch):
        os.kill(os.getpid(), signal.SIGINT)
        super().add(batch)

ingest.QualityScan = Scan
sys.argv = ["tradewind", "data", "import", sys.argv[1], "--catalog", sys.argv[2]]
run()
"""


def test_an_interrupt_leaves_nothing_half_written(catalog: Path, tmp_path: Path) -> None:
    path = quotes(tmp_path, "IBM_20131007_quotes.csv", OPEN_MS + 7)
    command = [sys.executable, "-c", INTERRUPTED, str(path), str(catalog)]
    source = Path(__file__).resolve().parents[2] / "src"
    done = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONPATH": str(source)})
    assert done.returncode == 128 + signal.SIGINT, done.stderr.decode()
    assert Catalog(catalog).symbols() == ["AIG"]
    assert list((catalog / ".staging").iterdir()) == []
    assert not list(catalog.rglob("ibm*"))
