"""Trading a parent order: episodes, observations, actions, rewards, policies, baselines, cost analysis."""
