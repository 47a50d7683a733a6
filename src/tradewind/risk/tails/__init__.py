"""Tails: value at risk and expected shortfall from a forecast of variance, and the tests that a tail must pass."""
