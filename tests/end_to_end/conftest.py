"""The real window, and a cache of its own for what commands keep for all projects."""

from collections.abc import Iterator

import pytest

from tests.studio.conftest import garbage_of_the_window, projects_folder, studio, what_is_said_stays

__all__ = ["garbage_of_the_window", "projects_folder", "studio", "what_is_said_stays"]


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        own = tmp_path_factory.mktemp("cache")
        patch.setattr("platformdirs.user_cache_path", lambda name: own / name)
        yield
