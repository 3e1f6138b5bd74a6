"""Linkage of made-up pupils with a made-up population: quality and speed beside peers and limits.

Run: ``python -m benchmarks.linkage --quick``
"""
