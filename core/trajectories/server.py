"""A project's database on a PostgreSQL server, which a team shares.

Each of the team has a project folder of their own, for runs and exports, that names the same database;
one of them at a time has it open. The frames lie under the same paths for all. Backups are the server's.
"""

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from core.errors import StudioError
from core.trajectories import schema


class Server:
    """A database by URL, such as `postgresql://anna@host/tracks`.

    Attributes:
        remedy, room: what to do when it cannot be read, and when it cannot be written.
    """

    remedy = "see that the server answers, then open the project again"
    room = "see that the server answers, then open the project again"

    def __init__(self, url: str) -> None:
        """
        Raises:
            StudioError: it is no URL of PostgreSQL, or holds a password, which does not belong in a file.
        """
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise StudioError(f"{url!r} is no database; write postgresql://user@host/name.") from error
        if parsed.get_backend_name() != "postgresql":
            raise StudioError(
                f"Databases of {parsed.get_backend_name()} are not supported; use one of PostgreSQL."
            )
        if parsed.password is not None or "password" in parsed.query:
            raise StudioError("Leave the password out of the URL; put it into ~/.pgpass or PGPASSWORD.")
        self._url = parsed.set(drivername="postgresql+psycopg")

    def __str__(self) -> str:
        return f"{self._url.database} on {self._url.host or 'this machine'}"

    def connect(self) -> Engine:
        """An engine whose transactions see one moment; holds the database until it is disposed of.

        Raises:
            StudioError: the driver is absent, the server does not answer, or another program has the
                database open.
        """
        try:
            engine = create_engine(self._url, isolation_level="REPEATABLE READ", pool_pre_ping=True)
        except ModuleNotFoundError as error:
            raise StudioError(
                "PostgreSQL needs a driver; install it with pip install 'associationnet-studio[postgresql]'."
            ) from error
        try:
            held = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            ours = held.exec_driver_sql(f"SELECT pg_try_advisory_lock({schema.APPLICATION_ID})").scalar()
        except OperationalError as error:
            engine.dispose()
            reason = str(error.orig).splitlines()[0]
            raise StudioError(
                f"The database {self} cannot be opened ({reason}); see to the server."
            ) from error
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
