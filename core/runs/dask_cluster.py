"""Reaching the workers of a Dask scheduler, which is installed only where it is wanted."""

import contextlib
import importlib
import importlib.util
from collections.abc import Iterator
from typing import Any

from core import agreements
from core.errors import StudioError

ANSWER = 10.0
"""Seconds that a scheduler has to answer."""


def dask() -> Any:
    """The module `distributed`.

    Raises:
        StudioError: it is not installed.
    """
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise StudioError(
            "A cluster needs Dask; install it with pip install 'associationnet-studio[cluster]'."
        ) from error


def connected(address: str) -> contextlib.AbstractContextManager[Any]:
    """A client of the scheduler at an address, whose workers find this program.

    A scheduler that wants TLS is reached with the certificates that Dask's own configuration names
    (`distributed.comm.tls`).

    Raises:
        NotAgreedError: the person did not agree to work with it.
        StudioError: there is no Dask here, no scheduler there, or they do not find this program.
    """
    agreements.require(agreements.cluster(address))
    return joined(address)


@contextlib.contextmanager
def joined(address: str) -> Iterator[Any]:
    """The same with a scheduler that this program started itself.

    Raises:
        StudioError: there is no Dask here, no scheduler there, or they do not find this program.
    """
    distributed = dask()
    if address.startswith("tls://") and distributed.Security().tls_ca_file is None:
        raise StudioError(
            f"{address} needs certificates; name them in Dask's configuration, such as "
            "DASK_DISTRIBUTED__COMM__TLS__CA_FILE (see the README)."
        )
    try:
        client = distributed.Client(address, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise StudioError(
            f"No Dask scheduler answers at {address}; start one, or leave the cluster out."
        ) from error
    with _left_in_the_end(client):
        try:
            client.run_on_scheduler(importlib.util.find_spec, __name__)
            client.run(importlib.util.find_spec, __name__)  # a worker without it would say nothing
        except ModuleNotFoundError as error:
            raise StudioError(
                f"The scheduler or a worker at {address} does not find this program; "
                "start them with its folder on PYTHONPATH."
            ) from error
        yield client


@contextlib.contextmanager
def _left_in_the_end(client: Any) -> Iterator[None]:
    """Close a client whatever became of its scheduler: what the work came to is what counts.

    `Client.close` may raise anything where the scheduler went away: its loop cancels the same connection
    twice.
    """
    try:
        yield
    finally:
        with contextlib.suppress(Exception):
            client.close()
