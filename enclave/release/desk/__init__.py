"""The review desk in a browser: pages over the same functions as the commands, without rules."""
