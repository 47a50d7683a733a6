"""Learning to trade: environments over many markets, trainers, evaluation."""
