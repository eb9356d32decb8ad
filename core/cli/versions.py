"""`versions`: the named versions of a project; save one, compare it with now, go back to it."""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from core.cli.opening import open_project
from core.cli.outcome import Outcome
from core.errors import StudioError
from core.project import versions
from core.project.project import Project
from core.project.versions import Version
from core.trajectories import revisions, store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", type=Path, required=True, metavar="DIR", help="the project")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--save", metavar="NAME", help="give the state that the project is in now a name")
    what.add_argument("--compare", metavar="NAME", help="what differs between a version and now")
    what.add_argument("--back", metavar="NAME", help="go back to a version; what is there now becomes one")
    parser.add_argument("--note", default="", metavar="TEXT", help="more words for --save")


def perform(args: argparse.Namespace) -> Outcome:
    with open_project(args.project) as project:
        if args.save is not None:
            with project.reading() as connection:
                saved = versions.save_version(project.path, connection, args.save, args.note)
            return Outcome(f"Saved version “{saved.name}”.", {"saved": asdict(saved)})
        known = versions.read_versions(project.path)
        if args.compare is not None:
            return _compare(project, _named(known, args.compare))
        if args.back is not None:
            return _go_back(project, _named(known, args.back))
        with project.reading() as connection:
            counts = [versions.changed_since(connection, one) for one in known]
    lines = [
        f"{one.name}  ({one.made[:16].replace('T', ' ')} UTC, {count:,} edits since)"
        + (f"  {one.note.splitlines()[0]}" if one.note else "")
        for one, count in zip(known, counts, strict=True)
    ]
    values = [asdict(one) | {"edits_since": count} for one, count in zip(known, counts, strict=True)]
    return Outcome(
        "\n".join(lines) or "No version was saved yet; name one with --save.", {"versions": values}
    )


def _named(known: Sequence[Version], name: str) -> Version:
    found = next((one for one in known if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in known) or "none yet"
        raise StudioError(f"There is no version {name!r}; there is {names}.")
    return found


def _compare(project: Project, version: Version) -> Outcome:
    with project.reading() as connection:
        _check(project, version.name, versions.is_there(connection, version))
        found = revisions.differences(connection, version.revision)
        names = {clip.id: clip.name for clip in store.clips(connection)}
    names |= {id: name for id, (name, _) in found.clips.items()}
    by_clip: dict[int, Counter[str]] = {id: Counter() for id in found.clips}
    for one in found.tracks:
        by_clip.setdefault(one.clip_id, Counter())[one.what] += 1
    lines = []
    for id, counts in sorted(by_clip.items(), key=lambda item: names.get(item[0], "")):
        words = [f"clip {found.clips[id][1]}"] if id in found.clips else []
        words += [f"{counts[what]:,} {what}" for what in ("added", "removed", "changed") if counts[what]]
        lines.append(f"{names.get(id, f'clip {id}')}: {', '.join(words)}")
    values = {
        "tracks": [asdict(one) for one in found.tracks],
        "clips": {name: what for name, what in found.clips.values()},
    }
    return Outcome("\n".join(lines) or f"Nothing differs from “{version.name}”.", values)


def _go_back(project: Project, version: Version) -> Outcome:
    with project.writing() as connection:
        _check(project, version.name, versions.is_there(connection, version))
        count = len(revisions.route(connection, version.revision))
        name = versions.automatic_name(project.path, connection, f"Before going back to {version.name}")
        if count:
            versions.save_version(project.path, connection, name)
        revisions.go_to(connection, version.revision, f"“{version.name}”")
    if not count:
        return Outcome(f"Nothing differs from “{version.name}”.", {"turned_over": 0, "kept_as": None})
    edits = f"{count:,} edit{'s' if count != 1 else ''}"
    text = f"Gone back to “{version.name}” over {edits}; what was there is the version “{name}”."
    return Outcome(text, {"turned_over": count, "kept_as": name})


def _check(project: Project, name: str, is_there: bool) -> None:
    if not is_there:
        raise StudioError(
            f"“{name}” is of a history that {project.name} no longer has, since a backup was put back; "
            "choose another version."
        )
