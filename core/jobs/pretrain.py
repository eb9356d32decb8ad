"""Pretrain a trunk on the snapshot's trajectories, or on Caltech-101."""
