"""Hard limits: a compiled pre-trade gate that no model can move, configured by a signed file and nothing else."""
