"""Hedging an option position when trading costs: delta, Whalley–Wilmott, and a learned no-trade band."""
