"""One reader per format; ``tradewind.data.registry`` knows them all."""
