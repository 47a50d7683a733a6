"""The guide to formats names them all, and its reader works."""

import re
from pathlib import Path

import numpy as np

from tradewind.data.reader import ReadOptions
from tradewind.data.registry import READERS
from tradewind.data.source import read_head


def test_the_table_lists_every_format(repository: Path) -> None:
    guide = (repository / "docs" / "guide" / "formats.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", guide, flags=re.MULTILINE) == [reader.name for reader in READERS]
    trapped = [name for line in re.findall(r"^(\*\*.*?) — ", guide, flags=re.MULTILINE) for name in line.split(", ")]
    assert [name.strip("*") for name in trapped] == [reader.name for reader in READERS]


def test_the_reader_of_the_guide_reads(repository: Path, tmp_path: Path) -> None:
    guide = (repository / "docs" / "guide" / "formats.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", guide, flags=re.DOTALL)
    names: dict[str, type] = {}
    exec(code, names)
    path = tmp_path / "XYZ_trades.txt"
    path.write_text("".join(f"{10**18 + i * 10**9} {100 + i / 100} {i}\n" for i in range(1, 20)))
    reader = names["TicksReader"]()
    assert reader.match(read_head(path)).score == 50
    rows = np.concatenate([batch.rows for batch in reader.open(path, ReadOptions(batch_rows=4))])
    assert rows["price_ticks"].tolist() == [10_000 + i for i in range(1, 20)]
    assert rows["ts_event_ns"][0] == 10**18 + 10**9
