"""What is asked of a point tracker that is measured, ours or another."""

from collections.abc import Generator
from typing import Protocol

from core.trajectories.model import PointTrajectories


class PointTracker(Protocol):
    """Tracks the points of one clip, which its maker gave it together with the settings."""

    def steps(self) -> Generator[int, None, None]:
        """Do the work; frames done so far, after each. Closing the generator ends the work within a frame."""
        ...

    def trajectories(self) -> PointTrajectories:
        """What was found, complete once `steps` came to its end; in pixels of the frames as stored."""
        ...
