"""The project and runs of the workspaces' tests."""

from tests.studio.workspaces.conftest import document, follow

__all__ = ["document", "follow"]
