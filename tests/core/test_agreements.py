"""What a project names is used only where the person agreed to it on this machine."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import unquote

import pytest
import tomli_w

from core import agreements
from core.agreements import NotAgreedError
from core.cli import main
from core.errors import StudioError
from core.project.project import Project
from core.tracking.config import TrackConfig
from core.trajectories.server import Server


@pytest.fixture(autouse=True)
def own_agreements(tmp_path, monkeypatch):
    monkeypatch.setenv(agreements.FOLDER, str(tmp_path / "agreed"))


class PasswordThief:
    """A server that speaks as PostgreSQL does and asks for the password in clear text."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.contacts = 0
        self.passwords: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            self.contacts += 1
            with client:
                client.settimeout(5)
                try:
                    self._talk(client)
                except OSError:
                    continue

    def _talk(self, client: socket.socket) -> None:
        while True:
            head = client.recv(8)
            if len(head) < 8:
                return
            length, code = int.from_bytes(head[:4]), int.from_bytes(head[4:])
            client.recv(length - 8)
            if code == 196608:
                break
            client.sendall(b"N")  # no TLS, no GSS
        client.sendall(b"R" + (8).to_bytes(4) + (3).to_bytes(4))
        said = client.recv(1000)
        if said.startswith(b"p"):
            self.passwords.append(said[5:].rstrip(b"\0"))


@pytest.fixture
def thief():
    pytest.importorskip("psycopg", reason="the driver of PostgreSQL is absent")
    thief = PasswordThief()
    yield thief
    thief.socket.close()


def strangers_project(path: Path, url: str) -> Path:
    Project.create(path).close()
    values = {"format": 1, "name": path.name, "location": str(path), "database": url}
    (path / "project.toml").write_text(tomli_w.dumps(values))
    return path


def test_no_server_is_contacted_before_the_person_agrees_and_none_gets_the_password(
    thief, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("PGPASSWORD", "s3cret")
    url = f"postgresql://anna@127.0.0.1:{thief.port}/tracks"
    path = strangers_project(tmp_path / "theirs", url)
    assert main(["info", "--project", str(path)]) == 1
    said = capsys.readouterr().err
    assert "keeps its tracks on 127.0.0.1, which you did not agree to contact" in said
    assert "--trust-server 127.0.0.1" in said
    assert main(["info", "--project", str(path), "--trust-server", "other"]) == 1
    assert thief.contacts == 0

    capsys.readouterr()
    assert main(["info", "--project", str(path), "--trust-server", "127.0.0.1"]) == 1
    assert "so that no password goes out unprotected" in capsys.readouterr().err
    assert thief.contacts > 0
    assert thief.passwords == []

    contacts = thief.contacts
    with pytest.raises(StudioError, match="was not opened"):
        Project.open(path)  # agreed to once
    assert thief.contacts > contacts
    other = strangers_project(tmp_path / "other", url)
    changed = strangers_project(tmp_path / "changed", url)
    agreements.agree(f"database\n{changed}\n{url}")
    (changed / "project.toml").write_text(
        (changed / "project.toml").read_text().replace("/tracks", "/tracks?require_auth=password")
    )
    for one in (other, changed):
        with pytest.raises(NotAgreedError):
            Project.open(one)
    assert thief.passwords == []

    monkeypatch.setenv("ASSOCIATIONNET_TRUST_SERVER", "somewhere,127.0.0.1")
    assert main(["info", "--project", str(changed)]) == 1
    assert thief.passwords == [b"s3cret"], "who asks for it in the URL gets it, so that the test has teeth"


def test_what_is_named_beside_the_host_is_asked_about(tmp_path):
    for url, hosts in (
        ("postgresql://a@h/t", ("h",)),
        ("postgresql://a@h/t?host=other", ("h", "other")),
        ("postgresql://a@h/t?hostaddr=10.0.0.1", ("h", "10.0.0.1")),
        ("postgresql://a@/t?host=x:1&host=y:2", ("x:1", "y:2")),
        ("postgresql://a@/t", ("localhost",)),
    ):
        with pytest.raises(NotAgreedError) as refused:
            Server(url, tmp_path).connect()
        assert refused.value.matter.hosts == hosts
        assert url in unquote(refused.value.matter.question)


def test_a_file_is_agreed_to_by_its_place_and_its_content(tmp_path):
    path = tmp_path / "flow.pt"
    path.write_bytes(b"a program")
    config = TrackConfig(flow=path, cluster="tcp://host:8786")
    (name, program), (other, cluster) = sorted(agreements.matters(config), key=lambda one: one[0] != "flow")
    assert (name, other) == ("flow", "cluster")
    assert str(path) in program.question
    agreements.agree(program.key)
    agreements.require(agreements.program(path))
    assert not agreements.is_agreed(cluster.key)
    for other in (path.rename(tmp_path / "moved.pt"), path):
        path.write_bytes(b"another program")
        with pytest.raises(NotAgreedError, match="holds a program that you did not agree to run"):
            agreements.require(agreements.program(other))
    agreements.forget(program.key)
    assert not agreements.is_agreed(program.key)
    assert list(agreements.matters(TrackConfig(flow=tmp_path / "none.pt"))) == []


def test_where_agreements_cannot_be_kept_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv(agreements.FOLDER, str(tmp_path / "file"))
    with pytest.raises(StudioError, match=r"Cannot remember in .* what you agreed to"):
        agreements.agree("key")
    assert not agreements.is_agreed("key")


@pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX")
@pytest.mark.parametrize(("answer", "asked_again"), [(b"n\n", True), (b"y\n", False)])
def test_on_a_terminal_it_is_asked(tmp_path, thief, answer, asked_again):
    import pty

    path = strangers_project(tmp_path / "theirs", f"postgresql://anna@127.0.0.1:{thief.port}/tracks")
    ours, theirs = pty.openpty()
    command = [sys.executable, "main.py", "info", "--project", str(path)]
    root = Path(__file__).parents[2]
    child = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=root)
    os.close(theirs)
    os.write(ours, answer)
    said = b""
    try:
        while block := os.read(ours, 1000):
            said += block
    except OSError:  # the end of a terminal
        pass
    os.close(ours)
    assert child.wait() == 1
    assert b"Connect to 127.0.0.1? [y/N]" in said
    assert (thief.contacts == 0) == asked_again
    assert (b"which you did not agree to contact" in said) == asked_again
