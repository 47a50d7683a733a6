"""Forecast tomorrow's variance from simulated hourly bars."""

from tradewind.risk.simulated import simulate_bars
from tradewind.risk.volatility.har import GammaHar
from tradewind.risk.volatility.history import daily_history, with_peers

panel = with_peers([daily_history(bars) for bars in simulate_bars(("A", "B"), 600, seed=7).values()])
forecast = GammaHar().fit(panel).forecast(panel[0])
low, middle, high = (forecast.volatility(level)[-1] for level in (0.05, None, 0.95))
print(f"volatility a year: {middle:.1%}, between {low:.1%} and {high:.1%} nine times in ten")
