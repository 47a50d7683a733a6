"""Two processes that add trials at once leave one unbroken chain."""

import subprocess
import sys
from pathlib import Path

from tradewind.alpha.evaluation.ledger import TrialLedger

ADD = """
import sys
from tradewind.alpha.evaluation.ledger import Trial, TrialLedger

ledger = TrialLedger(sys.argv[1])
sys.stdin.readline()
for number in range(60):
    ledger.add(Trial(task="t", model=sys.argv[2], configuration=f"{sys.argv[2]}{number}", sharpe=0.1, periods=9))
"""


def test_processes_that_add_at_once_leave_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "trials.jsonl"
    both = [
        subprocess.Popen([sys.executable, "-c", ADD, str(path), name], stdin=subprocess.PIPE, text=True)
        for name in ("a", "b")
    ]
    for one in both:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in both:
        one.communicate()
        assert one.returncode == 0
    ledger = TrialLedger(path)
    assert ledger.count("t") == 120
    assert [t.model for t in ledger.trials()].count("a") == 60
