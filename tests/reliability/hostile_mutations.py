"""A hundred ways to make a project hostile: each takes the folder of a small project and changes it.

They are named by the file they change and how. Those of `REFUSED` may keep the project from being opened, in
a sentence; with all others it opens, its other run is there, and an edit is saved.
"""

import contextlib
import json
import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

Mutation = Callable[[Path, random.Random], None]

VICTIM, OTHER = "20260101T000000000-pretrain-aaaa", "20260102T000000000-pretrain-bbbb"
"""The run whose files are changed, and the one that has to stay as it is."""

DEEP = "[" * 5000
DIGITS = "9" * 5000
MARKUP = "<h1>big</h1><img src='/etc/passwd'>" + "<b>" * 50
FUTURE = 1e11


def _text(name: str, text: str) -> Mutation:
    def write(project: Path, chance: random.Random) -> None:
        _fresh(project / name).write_text(text, encoding="utf-8")

    return write


def _bytes(name: str, size: int = 4000) -> Mutation:
    def write(project: Path, chance: random.Random) -> None:
        _fresh(project / name).write_bytes(chance.randbytes(size))

    return write


def _fresh(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        path.rename(path.with_name(f"{path.name}.before"))
    return path


def _fifo(name: str) -> Mutation:
    return lambda project, chance: os.mkfifo(_fresh(project / name))


def _device(name: str) -> Mutation:
    return lambda project, chance: _fresh(project / name).symlink_to("/dev/zero")


def _folder(name: str) -> Mutation:
    return lambda project, chance: _fresh(project / name).mkdir()


def _loop(name: str) -> Mutation:
    return lambda project, chance: _fresh(project / name).symlink_to((project / name).name)


def _flipped(name: str, count: int = 20) -> Mutation:
    def flip(project: Path, chance: random.Random) -> None:
        data = bytearray((project / name).read_bytes())
        for _ in range(count):
            data[chance.randrange(len(data))] = chance.randrange(256)
        (project / name).write_bytes(bytes(data))

    return flip


def _cut(name: str) -> Mutation:
    def cut(project: Path, chance: random.Random) -> None:
        data = (project / name).read_bytes()
        (project / name).write_bytes(data[: chance.randrange(100, len(data))])

    return cut


def _sql(*statements: str) -> Mutation:
    def change(project: Path, chance: random.Random) -> None:
        with contextlib.closing(sqlite3.connect(project / "annotations.sqlite")) as database:
            for statement in statements:
                database.execute(statement)
            database.commit()

    return change


def _toml(text: str) -> Mutation:
    """A line before all others of project.toml."""

    def change(project: Path, chance: random.Random) -> None:
        path = project / "project.toml"
        name = text.split(" = ")[0]
        kept = [line for line in path.read_text().splitlines() if not line.startswith(f"{name} =")]
        path.write_text("\n".join([text, *kept]) + "\n")

    return change


def _status(**values: object) -> Mutation:
    return _text(f"runs/{VICTIM}/status.json", json.dumps({"state": "done", **values}))


def _events(*lines: object) -> Mutation:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    return _text(f"runs/{VICTIM}/events.jsonl", "\n".join(texts) + "\n")


def _stopping(project: Path, chance: random.Random) -> None:
    """Says that it is this very test's process, and was asked to stop long ago."""
    _status(state="queued", pid=os.getppid(), updated=FUTURE)(project, chance)
    stop = project / "runs" / VICTIM / "control" / "stop.json"
    stop.write_text("{}")
    os.utime(stop, (1e9, 1e9))


def _many_runs(project: Path, chance: random.Random) -> None:
    for number in range(200):
        folder = project / "runs" / f"20250101T0000{number:05d}-track-{number:04x}"
        folder.mkdir()
        (folder / "config.toml").write_text("job = 'track'\nx = " + DEEP)


def _strange_name(name: str) -> Mutation:
    return lambda project, chance: (project / "runs" / VICTIM).rename(project / "runs" / name) and None


def _in_file(name: str) -> Mutation:
    """A file in the place of a folder."""

    def change(project: Path, chance: random.Random) -> None:
        if (project / name).exists():
            (project / name).rename(project / f"{Path(name).name}.before")
        (project / name).write_text("no folder")

    return change


def _suggested(settings: str, result: bytes) -> Mutation:
    """The run is one that suggested objects, is done, and waits to be taken in."""

    def change(project: Path, chance: random.Random) -> None:
        run = project / "runs" / VICTIM
        (run / "config.toml").write_text(f'job = "suggest"\n[settings]\n{settings}\n')
        _fresh(run / "results" / "1.npz").write_bytes(result or chance.randbytes(4000))

    return change


_RUN = f"runs/{VICTIM}"
_METRIC = {"event": "Metric", "time": 1.0, "name": "loss", "step": 1, "value": 1.0}

MUTATIONS: dict[str, Mutation] = {
    "status: total is text": _status(total="x"),
    "status: error is a number": _status(error=5),
    "status: step NaN, total infinite": _text(
        f"{_RUN}/status.json", '{"state": "done", "step": NaN, "total": Infinity}'
    ),
    "status: eta and updated are text": _status(state="queued", eta="now", updated="now"),
    "status: nested": _text(f"{_RUN}/status.json", DEEP),
    "status: a list": _text(f"{_RUN}/status.json", "[]"),
    "status: 5,000 digits": _text(f"{_RUN}/status.json", '{"state": "done", "step": ' + DIGITS + "}"),
    "status: markup": _status(state="failed", error=MARKUP, what=MARKUP, count=MARKUP),
    "status: 20 MB": _status(error="x" * 20_000_000),
    "status: negative": _status(step=-5, total=-1, pid=-1, eta=-1e300),
    "status: another's process, stopping": _stopping,
    "status: runs in the future": _status(state="running", pid=1, updated=FUTURE),
    "status: FIFO": _fifo(f"{_RUN}/status.json"),
    "status: device": _device(f"{_RUN}/status.json"),
    "status: folder": _folder(f"{_RUN}/status.json"),
    "status: link to itself": _loop(f"{_RUN}/status.json"),
    "status: bytes": _bytes(f"{_RUN}/status.json"),
    "events: step is text": _events({**_METRIC, "step": "x"}),
    "events: value 1e999": _events(
        '{"event": "Metric", "time": 1, "name": "loss", "step": 1, "value": 1e999}'
    ),
    "events: filters of a number": _events({"event": "Filters", "step": 999999, "path": 5}),
    "events: filters elsewhere": _events(
        {"event": "Filters", "step": 9, "path": "../../../../../etc/passwd"}
    ),
    "events: filters of a device": _events({"event": "Filters", "step": 9, "path": "/dev/zero"}),
    "events: nested": _events(DEEP, DEEP),
    "events: 5,000 digits": _events(
        '{"event": "Metric", "name": "loss", "step": ' + DIGITS + ', "value": 1}'
    ),
    "events: 20,000 names": _events(*({**_METRIC, "name": f"m{n}"} for n in range(20_000))),
    "events: huge name": _events({**_METRIC, "name": "x" * 1_000_000}),
    "events: markup": _events({**_METRIC, "name": MARKUP}, {"event": "Log", "time": 1, "text": MARKUP}),
    "events: classes": _events({"event": "ClassAP", "time": 1, "name": MARKUP, "ap": 1e300, "objects": -3}),
    "events: 200,000 lines": _events(*({**_METRIC, "step": n} for n in range(200_000))),
    "events: bytes": _bytes(f"{_RUN}/events.jsonl", 1_000_000),
    "events: FIFO": _fifo(f"{_RUN}/events.jsonl"),
    "events: device": _device(f"{_RUN}/events.jsonl"),
    "events: folder": _folder(f"{_RUN}/events.jsonl"),
    "config: nested": _text(f"{_RUN}/config.toml", 'job = "pretrain"\nx = ' + DEEP),
    "config: init is a number": _text(
        f"{_RUN}/config.toml", 'job = "finetune"\n[settings]\nvoc = 1\ninit = 7\n'
    ),
    "config: job is a number": _text(f"{_RUN}/config.toml", "job = 5\n"),
    "config: job is a path": _text(f"{_RUN}/config.toml", 'job = "../../etc"\n[settings]\n'),
    "config: job is markup": _text(f"{_RUN}/config.toml", f'job = "{MARKUP}"\n[settings]\n'),
    "config: no settings": _text(f"{_RUN}/config.toml", 'job = "pretrain"\nsettings = [1]\n'),
    "config: 5,000 digits": _text(f"{_RUN}/config.toml", f'job = "pretrain"\n[settings]\nsteps = {DIGITS}\n'),
    "config: infinite": _text(f"{_RUN}/config.toml", 'job = "pretrain"\n[settings]\nlearning_rate = inf\n'),
    "config: names a program": _text(
        f"{_RUN}/config.toml", 'job = "track"\n[settings]\nflow = "/bin/true"\n'
    ),
    "config: bytes": _bytes(f"{_RUN}/config.toml"),
    "config: FIFO": _fifo(f"{_RUN}/config.toml"),
    "config: device": _device(f"{_RUN}/config.toml"),
    "suggest: a result of bytes": _suggested("", b""),
    "suggest: a result that is empty": _suggested("", b"PK\5\6" + bytes(18)),
    "suggest: settings of text": _suggested('window = "x"\nseed = "y"', b""),
    "suggest: settings without end": _suggested("bias = inf\nslope = nan\nnear = 1e308", b""),
    "snapshot: clips are text": _text(f"{_RUN}/snapshot/snapshot.json", '{"clips": ["abc"], "revision": 1}'),
    "snapshot: revision 1e999": _text(f"{_RUN}/snapshot/snapshot.json", '{"clips": [], "revision": 1e999}'),
    "snapshot: nested": _text(f"{_RUN}/snapshot/snapshot.json", DEEP),
    "snapshot: FIFO": _fifo(f"{_RUN}/snapshot/snapshot.json"),
    "snapshot: device": _device(f"{_RUN}/snapshot/snapshot.json"),
    "results: ap.json nested": _text(f"{_RUN}/results/ap.json", DEEP),
    "results: ap.json of text": _text(f"{_RUN}/results/ap.json", '{"classes": {"cat": "x"}, "map": []}'),
    "results: pr.npz of bytes": _bytes(f"{_RUN}/results/pr.npz"),
    "results: FIFO": _fifo(f"{_RUN}/results/ap.json"),
    "results: a file": _in_file(f"{_RUN}/results"),
    "checkpoint: bytes": _bytes(f"{_RUN}/checkpoints/step-00000010.safetensors"),
    "checkpoint: FIFO": _fifo(f"{_RUN}/checkpoints/step-00000010.safetensors"),
    "control: stop is a FIFO": _fifo(f"{_RUN}/control/stop.json"),
    "control: waits, nested": _text(f"{_RUN}/control/waiting.json", DEEP),
    "control: waits at infinity": _text(f"{_RUN}/control/waiting.json", '{"place": Infinity}'),
    "control: waiting is a FIFO": _fifo(f"{_RUN}/control/waiting.json"),
    "control: a file": _in_file(f"{_RUN}/control"),
    "notes: markup": _text(f"{_RUN}/notes.json", json.dumps({"name": MARKUP, "note": MARKUP, "star": True})),
    "notes: nested": _text(f"{_RUN}/notes.json", DEEP),
    "notes: numbers": _text(f"{_RUN}/notes.json", '{"name": 5, "note": [], "star": {}}'),
    "notes: device": _device(f"{_RUN}/notes.json"),
    "provenance: nested": _text(f"{_RUN}/provenance.json", DEEP),
    "provenance: numbers": _text(f"{_RUN}/provenance.json", '{"command": 5, "clips": 7, "inputs": [1]}'),
    "machines: numbers": _text(f"{_RUN}/machines.json", "[5, [], {}]"),
    "log: device": _device(f"{_RUN}/worker.log"),
    "log: FIFO": _fifo(f"{_RUN}/worker.log"),
    "lock of a run: FIFO": _fifo(f"{_RUN}/lock"),
    "lock of a run: folder": _folder(f"{_RUN}/lock"),
    "runs: 200 damaged": _many_runs,
    "runs: a name of markup": _strange_name("<h1>x<img src=x>"),
    "runs: a name of 250 letters": _strange_name("n" * 250),
    "runs: a name with a line break": _strange_name("a\nb"),
    "review: nested": _text("review.json", DEEP),
    "review: numbers": _text("review.json", '{"skipped": 5, "pace": "x", "done": 1e999}'),
    "review: FIFO": _fifo("review.json"),
    "labels: nested": _text("labels.json", DEEP),
    "labels: markup": _text(
        "labels.json",
        json.dumps(
            {
                "labels": [{"name": MARKUP, "colour": "#ff0000", "key": "1"}],
                "recent": [MARKUP],
                "for_new": True,
                "renamings": [],
            }
        ),
    ),
    "labels: device": _device("labels.json"),
    "filters: nested": _text("filters.json", DEEP),
    "filters: numbers": _text("filters.json", '{"filters": {"x": 5}}'),
    "filters: FIFO": _fifo("filters.json"),
    "versions: nested": _text("versions.json", DEEP),
    "versions: numbers": _text("versions.json", '{"versions": [{"name": 5, "revision": "x"}]}'),
    "versions: device": _device("versions.json"),
    "cache: counts nested": _text("cache/counts.json", DEEP),
    "cache: counts a FIFO": _fifo("cache/counts.json"),
    "trash: a file": _in_file("trash"),
    "project: nested": _toml("x = " + DEEP),
    "project: location is a number": _toml("location = 5"),
    "project: 5,000 digits": _toml("x = " + DIGITS),
    "project: another database": _toml('database = "mysql://a@host/x"'),
    "project: a server": _toml('database = "postgresql://a@192.0.2.1/x"'),
    "project: a port that is none": _toml('database = "postgresql://a@host:port/x"'),
    "project: FIFO": _fifo("project.toml"),
    "database: files is a number": _sql("UPDATE clip SET files = 5"),
    "database: name is a blob": _sql("UPDATE clip SET name = x'00ff' WHERE id = (SELECT min(id) FROM clip)"),
    "database: a label of markup": _sql(f"UPDATE trajectory SET label = '{MARKUP.replace(chr(39), '')}'"),
    "database: an immense size": _sql("UPDATE clip SET width = 999999999, height = 999999999"),
    "database: a review of 300": _sql("UPDATE trajectory SET review = 300"),
    "database: all is suggested": _sql("UPDATE trajectory SET review = 3"),
    "database: suggested without a frame": _sql(
        "UPDATE trajectory SET review = 3", "DELETE FROM observation"
    ),
    "database: suggested, immensely sure": _sql(
        "UPDATE trajectory SET review = 3", "UPDATE observation SET confidence = 1e308"
    ),
    "database: suggested, surely not": _sql(
        "UPDATE trajectory SET review = 3", "UPDATE observation SET confidence = -1e308, mask = NULL"
    ),
    "database: a recursive view": _sql(
        "ALTER TABLE edit RENAME TO edit_before",
        "CREATE VIEW edit AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) "
        "SELECT * FROM n",
    ),
    "database: a trigger that deletes": _sql(
        "CREATE TRIGGER gone AFTER INSERT ON journal BEGIN DELETE FROM trajectory; END"
    ),
    "database: a column is gone": _sql("ALTER TABLE trajectory DROP COLUMN label"),
    "database: bytes": _bytes("annotations.sqlite", 20_000),
    "database: 20 bytes flipped": _flipped("annotations.sqlite"),
    "database: cut short": _cut("annotations.sqlite"),
    "database: FIFO": _fifo("annotations.sqlite"),
    "database: device": _device("annotations.sqlite"),
    "lock: folder": _folder("lock"),
    "backups: a file": _in_file("backups"),
}

REFUSED = tuple(
    name for name in MUTATIONS if name.startswith(("project:", "database:", "lock: ", "backups:"))
)
"""Those that may keep the project from being opened or edited, in a sentence."""

QUICK = (
    "status: total is text",
    "status: another's process, stopping",
    "events: filters of a number",
    "config: nested",
    "control: waiting is a FIFO",
    "database: a label of markup",
)
"""Those of the normal suite."""
