"""Markets: real books replayed from a catalog."""
