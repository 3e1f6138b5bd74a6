"""Cell suppression on public and made-up tables: time, loss, audit, beside peers.

Run: ``python -m benchmarks.suppression --quick``
"""
