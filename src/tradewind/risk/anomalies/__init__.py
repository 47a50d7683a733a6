"""Anomalies: what precedes and accompanies falls, and what is wrong with the market data itself."""
