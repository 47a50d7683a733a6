"""Memory stays flat: four times the rows, nearly the same peak."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import resource, sys
from pathlib import Path
from tests.data.made_up import DAY_NS, event_rows, instrument, write_source
from tradewind.core.dtypes import EventKind
from tradewind.core.types import Batch
from tradewind.data.catalog import Catalog

folder, batches = Path(sys.argv[1]), int(sys.argv[2])

def feed():
    for index in range(batches):
        start = (index % 3) * DAY_NS + index * 1_000_000
        yield Batch(instrument(), event_rows(range(start, start + 100_000), index * 100_000, EventKind.TRADE))

outcome = write_source(folder / f"c{batches}", folder / f"s{batches}", feed(), buffer_rows=400_000)
assert outcome.rows == batches * 100_000
rows = sum(len(batch.rows) for batch in Catalog(folder / f"c{batches}").events("AIG"))
assert rows == outcome.rows
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak_kib(folder: Path, batches: int) -> int:
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{root}:{root}/src", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    command = [sys.executable, "-c", SCRIPT, str(folder), str(batches)]
    return int(subprocess.run(command, cwd=root, env=environment, capture_output=True, check=True).stdout.split()[-1])


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """15 and 60 times 100,000 rows (84 and 336 MB), of which 400,000 (22 MB) may be held."""
    peak_kib(tmp_path, 1)  # kernels are compiled, which takes memory of its own
    small, large = peak_kib(tmp_path, 15), peak_kib(tmp_path, 60)
    assert large - small < 60_000, f"peak grew from {small:,} to {large:,} KiB"
