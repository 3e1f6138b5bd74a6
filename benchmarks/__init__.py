"""Benchmarks: speed and loss against peers and limits. Each says how it is run."""
