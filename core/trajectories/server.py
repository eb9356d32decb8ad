"""A project's database on a PostgreSQL server, which a team shares.

Each of the team has a project folder of their own, for runs and exports, that names the same database;
one of them at a time has it open. The frames lie under the same paths for all. Backups are the server's.

No server is contacted before the person agreed to it on this machine, since the URL is in the project, which
may be a stranger's. Unless the URL says otherwise a password is proven and never sent (SCRAM), also not to a
server that asks for it in clear text.
"""

import os
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from core import agreements
from core.errors import StudioError
from core.trajectories import schema

_OPTIONS = """
host hostaddr port service connect_timeout application_name options target_session_attrs
load_balance_hosts client_encoding tcp_user_timeout keepalives keepalives_idle keepalives_interval
keepalives_count passfile require_auth channel_binding sslmode sslnegotiation sslrootcert sslcert sslkey
sslcrl sslcrldir sslsni sslcertmode ssl_min_protocol_version ssl_max_protocol_version gssencmode
gssdelegation krbsrvname requirepeer
"""
"""What a URL may say besides user, host and name: what libpq understands and holds no secret."""

DEFAULTS = (
    ("require_auth", "PGREQUIREAUTH", "scram-sha-256,gss,sspi,none"),
    ("connect_timeout", "PGCONNECT_TIMEOUT", "10"),
)
"""What a URL need not say: option, the variable by which a person says it for all servers, value. `none` is a
server that asks for nothing, as one of this machine may do."""


class Server:
    """A database by URL, such as `postgresql://anna@host/tracks`.

    Attributes:
        remedy, room: what to do when it cannot be read, and when it cannot be written.
    """

    remedy = "see that the server answers, then open the project again"
    room = "see that the server answers, then open the project again"

    def __init__(self, url: str, project: Path) -> None:
        """
        Args:
            url: of the database.
            project: the folder of the project that names it.

        Raises:
            StudioError: it is no URL of PostgreSQL, or holds a password, which does not belong in a file.
        """
        try:
            parsed = make_url(url)
            kind = parsed.get_backend_name()
        except (ArgumentError, ValueError) as error:  # such as a port that is no number
            raise StudioError(f"{url[:200]!r} is no database; write postgresql://user@host/name.") from error
        if kind != "postgresql":
            raise StudioError(f"Databases of {kind[:100]} are not supported; use one of PostgreSQL.")
        if parsed.password is not None or any("password" in name for name in parsed.query):
            raise StudioError("Leave the password out of the URL; put it into ~/.pgpass or PGPASSWORD.")
        for name in parsed.query:
            if name not in _OPTIONS.split():
                raise StudioError(f"A database's URL takes no {name[:100]!r}; leave it out.")
        hosts = [parsed.host] + [parsed.query.get(name) for name in ("host", "hostaddr", "service")]
        named = [one for some in hosts if some for one in ([some] if isinstance(some, str) else some)]
        shown = parsed.render_as_string(hide_password=False)
        self._matter = agreements.database(project, shown, tuple(named) or ("localhost",))
        defaults = {option: value for option, variable, value in DEFAULTS if variable not in os.environ}
        self._url = parsed.set(drivername="postgresql+psycopg", query={**defaults, **parsed.query})

    def __str__(self) -> str:
        return f"{self._url.database} on {self._url.host or 'this machine'}"

    def agree(self) -> None:
        """Remember that the person wants to contact this server for this project.

        Raises:
            StudioError: that cannot be written.
        """
        agreements.agree(self._matter.key)

    def connect(self) -> Engine:
        """An engine whose transactions see one moment; holds the database until it is disposed of.

        Raises:
            NotAgreedError: the person was not asked yet; the server was not contacted.
            StudioError: the driver is absent, the server does not answer, or another program has the
                database open.
        """
        agreements.require(self._matter)
        try:
            engine = create_engine(self._url, isolation_level="REPEATABLE READ", pool_pre_ping=True)
        except ModuleNotFoundError as error:
            raise StudioError(
                "PostgreSQL needs a driver; install it with pip install 'associationnet-studio[postgresql]'."
            ) from error
        try:
            held = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            ours = held.exec_driver_sql(f"SELECT pg_try_advisory_lock({schema.APPLICATION_ID})").scalar()
        except (DBAPIError, ValueError) as error:  # values: of a host's name that is none
            engine.dispose()
            raise StudioError(self._refusal(error)) from error
        held.detach()  # from the pool: closing it ends it, and with it the lock
        if not ours:
            held.close()
            engine.dispose()
            raise StudioError(f"The database {self} is open in another window or command; close it there.")

        @event.listens_for(engine, "engine_disposed")
        def let_go(_: Engine) -> None:
            held.close()

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            """A server that was away has let go of the lock: what was read here may be old."""
            if connection.get_execution_options().get("writes", False):
                held.exec_driver_sql("SELECT 1")

        return engine

    def _refusal(self, error: Exception) -> str:
        """Why it cannot be opened, and what to do about it."""
        reason = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()[0][:300]
        if "authentication method requirement" in reason:
            return (
                f"The database {self} was not opened, so that no password goes out unprotected ({reason}); "
                "let the server use scram-sha-256, or add require_auth= with its method to the URL."
            )
        return f"The database {self} cannot be opened ({reason}); see to the server."
