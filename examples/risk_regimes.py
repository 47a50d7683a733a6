"""Tell calm from turbulent days, one day at a time."""

from tradewind.risk.regimes.jump import JumpModel
from tradewind.risk.regimes.simulate import simulate_regimes

market = simulate_regimes(1200, seed=7)
model = JumpModel().fit(market.returns[:1000])
named = [int(model.update(value).state[0]) for value in market.returns[1000:]]
print(f"turbulent on {sum(named)} days, in truth on {market.state[1000:].sum()}")
