"""One covariance for portfolio weights, another for a density."""

from tradewind.risk.correlations.by_purpose import Covariances
from tradewind.risk.prices import returns_table
from tradewind.risk.simulated import simulate_bars

_, returns, names = returns_table(simulate_bars(("A", "B", "C"), 600, seed=7))
model = Covariances().fit(returns, names)
print("minimum-variance weights:", model.forecast("weights").minimum_variance().round(2))
print("correlations tomorrow:", model.forecast("density").correlation.round(2), sep="\n")
