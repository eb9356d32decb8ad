"""Does pretraining on trajectories help? The study behind `docs/results.md`; see `__main__`."""
