"""The real window, and a cache of its own for what commands keep for all projects."""

from collections.abc import Iterator

import pytest

from tests.studio.conftest import garbage_of_the_window, nothing_ends_by_the_clock, projects_folder, studio

__all__ = ["garbage_of_the_window", "nothing_ends_by_the_clock", "projects_folder", "studio"]


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        own = tmp_path_factory.mktemp("cache")
        patch.setattr("platformdirs.user_cache_path", lambda name: own / name)
        yield
