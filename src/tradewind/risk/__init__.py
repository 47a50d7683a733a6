"""Risk: forecasts that can only tighten, and hard limits that no model can move."""
