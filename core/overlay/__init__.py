"""Tracks drawn over frames, the same in the window and in the files it exports; no Qt."""
