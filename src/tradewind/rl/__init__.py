"""Learning to trade: environments, trainers, evaluation."""
