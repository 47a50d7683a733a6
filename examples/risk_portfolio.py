"""Whose risk it is, what 2008 would cost, and what it takes to get out."""

import numpy as np

from tradewind.risk.portfolio.exposure import normal_parts
from tradewind.risk.portfolio.liquidity import Liquidity, unwind
from tradewind.risk.portfolio.stress import CRISES, stress

values, covariance = np.array([2e6, -1e6]), np.array([[4e-4, 1e-4], [1e-4, 9e-4]])
print("parts of the value at risk:", normal_parts(values, covariance).component.round())
print("2008:", round(stress(values, np.array([1.1, 0.8]), CRISES["2008"]).worst))
way = Liquidity(daily_volume=np.full(2, 1e7), daily_volatility=np.array([0.02, 0.03]), half_spread=np.full(2, 2e-4))
print("days out:", unwind(values, covariance, way).days)
