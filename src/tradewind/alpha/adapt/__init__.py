"""Forecasts that adapt while they run: late labels, restarts, drift, challengers, and the drills that test them."""
