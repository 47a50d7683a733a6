"""Volatility: realised measures, models that forecast a distribution of variance, and their score."""
