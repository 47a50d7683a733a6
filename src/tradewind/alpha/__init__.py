"""Forecasts: features, labels, models, fusion, text, filings, adaptation, evaluation."""
