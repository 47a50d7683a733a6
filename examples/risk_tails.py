"""Value at risk and expected shortfall by filtered historical simulation, and the tests they must pass."""

from tradewind.risk.simulated import simulate_bars
from tradewind.risk.tails.forecast import judge_tail, walk_forward_tail
from tradewind.risk.tails.shapes import Filtered
from tradewind.risk.volatility.har import LogHar
from tradewind.risk.volatility.history import daily_history

days = daily_history(simulate_bars(("A",), 1500, seed=7)["A"])
variance = LogHar().fit([days.take(slice(0, 300))]).forecast(days).mean[299:-1]
tail = walk_forward_tail(days.day[300:], days.returns[300:], variance, Filtered(), tail=0.01, seed=7)
print(judge_tail(tail))
