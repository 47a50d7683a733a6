"""Correlations: covariances for weights and for densities, their score, and an alarm when correlations break."""
