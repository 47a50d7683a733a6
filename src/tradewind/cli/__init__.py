"""The front door: the tradewind command."""
