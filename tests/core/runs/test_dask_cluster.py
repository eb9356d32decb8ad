"""Leaving a Dask scheduler that may be gone."""

import pytest

from core.errors import StudioError
from core.runs import dask_cluster
from tests.core.jobs.by_clip.at_a_cluster import cluster

distributed = pytest.importorskip("distributed", reason="Dask is absent")


def test_what_the_work_came_to_outlives_a_client_that_does_not_close(monkeypatch, tmp_path):
    """As one does whose scheduler went away while it connected again."""
    close = distributed.Client.close

    def close_badly(client):
        was_open = client.status not in ("closed", "newly-created")
        close(client)
        if was_open:
            raise RuntimeError("Cannot change state of expiring Timeout")

    with cluster(tmp_path, workers=0) as (address, _):
        monkeypatch.setattr(distributed.Client, "close", close_badly)
        with dask_cluster.connected(address) as client:
            pass
        assert client.status == "closed"
        with pytest.raises(StudioError, match="the work's own"), dask_cluster.connected(address):
            raise StudioError("the work's own")
