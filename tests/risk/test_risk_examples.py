"""The examples run, in an empty folder, and are short."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("name", "says"), [("risk_limits", "Reason.ORDER_LOTS"), ("risk_posture", "DEFENSIVE because tail")]
)
def test_the_example_runs(name: str, says: str, repository: Path, tmp_path: Path) -> None:
    script = repository / "examples" / f"{name}.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert says in done.stdout
    code = [
        line for line in script.read_text().splitlines() if line and not line.startswith(("from ", "import ", '"""'))
    ]
    assert len(code) < 15
