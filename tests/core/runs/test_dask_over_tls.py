"""Dask over TLS: the certificates are those that Dask's own configuration names."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import agreements
from core.errors import StudioError
from core.runs import dask_cluster

distributed = pytest.importorskip("distributed", reason="Dask is absent")


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of our own, which is its own authority, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is absent")
    file, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(key), "-out", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    return file, key


def test_a_scheduler_is_reached_by_the_certificates_of_dasks_configuration(certificate, tmp_path):
    import dask

    file, key = map(str, certificate)
    tls = "distributed.comm.tls"
    ours = {f"{tls}.ca-file": file, f"{tls}.client.cert": file, f"{tls}.client.key": key}
    known = tmp_path / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--protocol", "tls", "--no-show"]
    command += ["--tls-ca-file", file, "--tls-cert", file, "--tls-key", key, "--no-dashboard"]
    command += ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(known)]
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with open(tmp_path / "log", "wb") as log, subprocess.Popen(command, stderr=log, env=path) as scheduler:
        try:
            end = time.monotonic() + 240
            while not known.exists() or not known.read_text().rstrip().endswith("}"):
                assert time.monotonic() < end, (tmp_path / "log").read_text()
                time.sleep(0.05)
            address = json.loads(known.read_text())["address"]
            assert address.startswith("tls://")
            agreements.agree(agreements.cluster(address).key)
            with (
                pytest.raises(StudioError, match="needs certificates; name them in Dask's configuration"),
                dask_cluster.connected(address),
            ):
                pass
            with (
                dask.config.set(ours),
                dask_cluster.connected(address) as client,
            ):
                assert client.scheduler_info()["address"] == address
        finally:
            scheduler.kill()
