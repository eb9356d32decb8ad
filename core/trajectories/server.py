"""A project's database on a PostgreSQL server, which a team shares.

Each of the team has a project folder of their own, for runs and exports, that names the same database;
one of them at a time has it open. The frames lie under the same paths for all. Backups are the server's.

No server is contacted before the person agreed to it on this machine, since the URL is in the project, which
may be a stranger's. Unless the URL says otherwise a password is proven and never sent (SCRAM), also not to a
server that asks for it in clear text.
"""

import contextlib
import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from core import agreements
from core.errors import StudioError
from core.file_holder import HeldError
from core.trajectories import schema
from core.trajectories.sqlite_file import PATIENCE

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


_HELD = "55P03"
"""What PostgreSQL answers where a lock was not given in time (its appendix A, `lock_not_available`)."""

_WHO = "SELECT a.pid, a.usename, a.application_name, a.client_addr FROM pg_stat_activity a"
_KEEPERS = (
    f"{_WHO} JOIN pg_locks l ON l.pid = a.pid WHERE l.locktype = 'advisory' AND l.granted "
    "AND a.datname = current_database() AND a.pid <> pg_backend_pid() AND l.objid = %s"
)
_HOLDERS = (
    f"{_WHO} WHERE a.datname = current_database() AND a.xact_start IS NOT NULL "
    "AND a.pid <> pg_backend_pid() AND a.pid <> ALL (%s) ORDER BY a.xact_start"
)


def _named(session: Any) -> str:
    """Who has a session on the server, as far as that may be seen."""
    if session is None or session.usename is None:
        return "another program"
    program = f"{str(session.application_name)[:80]} " if session.application_name else ""
    where = f" at {session.client_addr}" if session.client_addr is not None else ""
    return f"{program}of {session.usename}{where}, session {session.pid}"


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
        self._keeper: Connection | None = None
        self._own: set[int] = set()

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
            HeldError: another program has the database open.
            StudioError: the driver is absent, or the server does not answer.
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
            who = _named(held.exec_driver_sql(_KEEPERS, (schema.APPLICATION_ID,)).first())
            held.close()
            engine.dispose()
            raise HeldError(
                f"The database {self} is open in another window or command; close it there ({who})."
            )
        self._keeper, self._own = held, set()

        @event.listens_for(engine, "engine_disposed")
        def let_go(_: Engine) -> None:
            held.close()

        @event.listens_for(engine, "connect")
        def configure(connection: Any, _: Any) -> None:
            self._own.add(connection.info.backend_pid)
            connection.execute(f"SET lock_timeout = {round(1000 * PATIENCE)}")
            connection.commit()

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            """A server that was away has let go of the lock: what was read here may be old."""
            options = connection.get_execution_options()
            if options.get("writes", False):
                held.exec_driver_sql("SELECT 1")
                if (patience := options.get("patience", PATIENCE)) != PATIENCE:
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {max(round(1000 * patience), 1)}")

        return engine

    def held(self, error: BaseException | None, undone: str) -> HeldError | None:
        """What to say where another program holds what is asked for; None where the error is another.

        Args:
            undone: what could not be done, such as "The edit was not saved".
        """
        if getattr(error, "sqlstate", None) != _HELD:
            return None
        who = "another program"
        if self._keeper is not None:
            with contextlib.suppress(DBAPIError):
                who = _named(self._keeper.exec_driver_sql(_HOLDERS, (list(self._own),)).first())
        return HeldError(
            f"{undone}, since another program holds the database {self}; close it there, then try again "
            f"({who})."
        )

    def _refusal(self, error: Exception) -> str:
        """Why it cannot be opened, and what to do about it."""
        reason = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()[0][:300]
        if "authentication method requirement" in reason:
            return (
                f"The database {self} was not opened, so that no password goes out unprotected ({reason}); "
                "let the server use scram-sha-256, or add require_auth= with its method to the URL."
            )
        return f"The database {self} cannot be opened ({reason}); see to the server."
