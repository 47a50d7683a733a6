"""Alarms on a simulated price with two falls, at one and a half false alarms a day."""

import numpy as np

from tradewind.core.random import stream
from tradewind.risk.anomalies.minutes import Minutes
from tradewind.risk.anomalies.monitor import AnomalyMonitor, find_falls, worth_of

steps = stream(7, "example").standard_t(4, 10 * 1440) * 3e-4
steps[5000:5015] -= 2e-3
steps[9000:9015] -= 2e-3
minutes = Minutes.from_bars(np.arange(len(steps)) * 60_000_000_000, 100 * np.exp(np.cumsum(steps)), np.ones(len(steps)))
worth = worth_of("fall", AnomalyMonitor(budget_per_day=1.5).watch(minutes), minutes.mid, find_falls(minutes.mid))
print(f"{worth.recall:.0%} of {worth.falls} falls told, {worth.false_a_day:.1f} false alarms a day")
