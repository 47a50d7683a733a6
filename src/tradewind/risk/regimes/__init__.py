"""Regimes: which state a market is in, by what was known at the time. There is no smoothed path."""
