"""Posture: the worst of all views decides how much and how fast; it can only tighten the hard limits."""
