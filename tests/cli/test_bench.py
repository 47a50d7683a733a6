import json
import subprocess
import sys

import pytest

ROWS = {
    "book": {
        "replay_3k",
        "replay_150k",
        "naive_twin",
        "public_engine",
        "call_overhead",
        "warm_start_seconds",
    },
    "data": {"itch_parse", "itch_book", "lobster_import", "dbn_import"},
}


@pytest.mark.parametrize("name", ROWS)
def test_a_benchmark_prints_its_rows_beside_their_references(name: str) -> None:
    command = [sys.executable, "-m", "tradewind", "bench", name, "--scale", "0.01", "--json"]
    document = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert document["benchmark"] == name
    assert document["threads"] == 1
    rows = {row["name"]: row for row in document["rows"]}
    assert set(rows) >= ROWS[name]
    for key in ROWS[name]:
        assert rows[key]["value"] > 0
        assert rows[key]["reference"]
        assert rows[key]["ratio"] > 0
