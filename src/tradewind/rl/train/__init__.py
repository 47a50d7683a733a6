"""Trainers written for small networks on a CPU, and the loop that runs, saves and judges them."""
