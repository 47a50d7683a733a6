"""``python -m tradewind``."""

from __future__ import annotations

from tradewind.cli.main import run

run()
