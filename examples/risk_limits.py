"""Hard limits in a few lines: a signed file, a gate, two refusals. Keys and file are made in the working folder."""

from pathlib import Path

from tradewind.core.clock import SystemClock
from tradewind.risk.limits.gate import Gate
from tradewind.risk.limits.limits_file import load_signed
from tradewind.risk.limits.signing import make_keys, read_public, sign_file

private, public = make_keys("Ada Lovelace", Path())
text = (Path(__file__).parent / "risk_limits.toml").read_text().replace("PUBLIC_KEY", read_public(public).public_key)
Path("limits.toml").write_text(text)
sign_file(Path("limits.toml"), private)
gate = Gate(load_signed(Path("limits.toml"), [read_public(public)]), SystemClock())
gate.quote("AIG", bid_ticks=4999, ask_ticks=5001)
print(gate.order(1, "maker", "AIG", side=+1, lots=200, price_ticks=5000))
print(gate.order(2, "maker", "AIG", side=+1, lots=900, price_ticks=5000))
print(gate.order(3, "maker", "AIG", side=-1, lots=100, price_ticks=5000))
