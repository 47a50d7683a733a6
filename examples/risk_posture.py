"""Posture in a few lines: two views speak, the worst decides, and the hard limits only shrink."""

from tradewind.risk.posture.policy import default_policy
from tradewind.risk.posture.posture import HardLimits, Posture
from tradewind.risk.posture.view import MarketState, PostureLevel, View

posture = Posture(default_policy())
calm = View(name="volatility", level=PostureLevel.NORMAL, reason="1.1 times the usual", ts_ns=0)
fall = View(name="tail", level=PostureLevel.DEFENSIVE, reason="a fall of 7 deviations", evidence={"z": 7.0}, ts_ns=0)
limits = posture.decide(MarketState(ts_ns=0, views=(calm, fall)))
hard = HardLimits(order_lots=500, position_lots=5000, participation=0.1, urgency=1.0, open_orders=40)
print(limits.level.name, "because", limits.reason, limits.evidence)
print(limits.tighten(hard))
