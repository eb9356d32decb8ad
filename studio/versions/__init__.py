"""Named versions of the project: saved by a key, compared in a window, gone back to."""
