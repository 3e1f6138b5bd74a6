"""The command line: one file per noun, arguments to calls, nothing else."""
