"""The tables of `docs/results.md`, from the file of results."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.transfer import suggested
from benchmarks.transfer.rows import BLOCKS, FEW, Recipe
from core.evaluation.intervals import t_interval

TARGETS = {
    "voc_fc6_linear": "VOC crops, linear",
    "voc_fc6_5nn": "VOC crops, 5-NN",
    "voc_detection": "VOC detection",
    "drawn_fc6_linear": "drawn crops, linear",
    "drawn_fc6_5nn": "drawn crops, 5-NN",
    "drawn_detection": "drawn detection",
    "fresh_drawn": "drawn detection, fresh",
    "fresh_photographs": "VOC detection, 300 pictures",
}
"""Target → its column."""

BASE = "RandomNet"
SCALED_BASE = "RandomNet, scaled"
"""What a row is compared with: a start of the same weights that is fine-tuned alike."""

Results = Mapping[tuple[str, str, int], Mapping[int, float]]
"""(row, target, step) → seed → value; step −1 for the last that was measured."""


def write_report(results: Path, document: Path) -> None:
    """Put every table anew between its markers, `<!-- name -->` and `<!-- end -->`."""
    text = document.read_text(encoding="utf-8")
    for name, table in tables(read(results)).items():
        marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.S)
        text = marked.sub(lambda match, table=table: f"{match.group(1)}{table}\n{match.group(2)}", text)
    document.write_text(text, encoding="utf-8")


def tables_of(results: Path, blocks: Sequence[str]) -> str:
    """The tables of some blocks, each under its name, and those of suggestions where they are among them."""
    also = ("suggested clips", "suggested differences") if any(BLOCKS[one].suggests for one in blocks) else ()
    found = tables(read(results))
    return "\n".join(f"{name}\n{found[name]}\n" for name in (*blocks, *also))


def tables(found: Results) -> dict[str, str]:
    """Name → table: one of each block and some that are put together otherwise."""
    tables = {block: _of_block(block, found) for block in BLOCKS}
    tables["controls"] = _of_controls(found, BASE, "Caltech101Net")
    tables["scaled controls"] = _of_controls(found, SCALED_BASE, "Caltech101Net, scaled")
    tables["along"] = _along(found)
    tables["effects"] = _effects(found)
    tables["correction"] = _correction(found)
    tables["suggested clips"] = _suggested_clips(found)
    tables["suggested differences"] = _suggested_differences(found)
    return tables


def read(path: Path) -> Results:
    """The values of a file of JSON lines; of a row, seed, target and step that comes twice the last."""
    found: dict[tuple[str, str, int], dict[int, float]] = defaultdict(dict)
    last: dict[tuple[str, str, int], int] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        row, target, seed, step = one["row"], one["target"], one["seed"], one.get("step", 0)
        found[row, target, step][seed] = one["value"]
        if step >= last.get((row, target, seed), -1):
            last[row, target, seed] = step
            found[row, target, -1][seed] = one["value"]
    return found


def mean(values: Mapping[int, float]) -> str:
    """Such as `43.1 (5)`: the mean and how many seeds."""
    return f"{sum(values.values()) / len(values):.1f} ({len(values)})" if values else "–"


def paired(values: Mapping[int, float], base: Mapping[int, float]) -> str:
    """Such as `+ 2.1 ± 1.0`, over the seeds that both have; bold where the interval leaves out 0."""
    both = sorted(set(values) & set(base))
    if len(both) < 2:
        return "–"
    return _interval([values[seed] - base[seed] for seed in both])


def _interval(differences: Sequence[float]) -> str:
    found = t_interval(differences)
    sign = "+" if found.mean >= 0 else "−"
    text = f"{sign} {abs(found.mean):.1f} ± {found.half:.1f}"
    return f"**{text}**" if abs(found.mean) > found.half else text


def _name(row: str, recipe: Recipe) -> str:
    return row if recipe.world == "none" else f"{recipe.world}: {row}"


def _of_block(block: str, found: Results) -> str:
    """A row's difference from RandomNet of equal seeds, by target, and its accuracy on held-out clips."""
    recipes = BLOCKS[block].rows
    rows = {name: _name(name, recipe) for name, recipe in recipes.items()}
    targets = [target for target in TARGETS if any(found.get((row, target, -1)) for row in rows.values())]
    scaled = any(recipe.scaled for recipe in recipes.values())
    base_row = BLOCKS[block].base or (SCALED_BASE if scaled else BASE)
    base = {target: found.get((base_row, target, -1), {}) for target in targets}
    lines = [["", "seeds", "held out", *(TARGETS[target] for target in targets)]]
    title = base_row.split(": ")[-1]
    lines.append([title, "", "", *(mean(base[target]) for target in targets)])
    for name, row in rows.items():
        if row == base_row:
            continue
        done = found.get((row, "done", -1), {})
        if not done:
            lines.append([f"{name}: not run", "", "", *("" for _ in targets)])
            continue
        held_out = found.get((row, "held_out_accuracy", -1), {})
        average = f"{sum(held_out.values()) / len(held_out):.1f}" if held_out else ""
        values = [paired(found.get((row, target, -1), {}), base[target]) for target in targets]
        lines.append([name, str(len(done)), average, *values])
    return _table(lines)


def _of_controls(found: Results, base_row: str, control: str) -> str:
    lines = [["", "seeds", *TARGETS.values()]]
    base = {target: found.get((base_row, target, -1), {}) for target in TARGETS}
    lines.append([base_row, str(len(base["voc_fc6_linear"])), *(mean(base[target]) for target in TARGETS)])
    spread = [t_interval(list(values.values())).half if len(values) > 1 else None for values in base.values()]
    lines.append(["its 95 % interval", "", *("–" if half is None else f"± {half:.1f}" for half in spread)])
    seeds = len(found.get((control, "voc_fc6_linear", -1), {}))
    values = [paired(found.get((control, target, -1), {}), base[target]) for target in TARGETS]
    lines.append([control, str(seeds), *values])
    return _table(lines)


def _along(found: Results) -> str:
    """The difference from RandomNet after so many steps."""
    targets = ("voc_fc6_linear", "voc_fc6_5nn", "drawn_fc6_linear", "drawn_fc6_5nn")
    lines = [["", "steps", *(TARGETS[target] for target in targets)]]
    for name, recipe in BLOCKS["drawn"].rows.items():
        row = _name(name, recipe)
        steps = sorted({step for (one, _, step) in found if one == row and step > 0})
        for step in steps if recipe.along else ():
            base = [found.get((BASE, target, -1), {}) for target in targets]
            values = [found.get((row, target, step), {}) for target in targets]
            lines.append([name, str(step), *(paired(v, b) for v, b in zip(values, base, strict=True))])
    return _table(lines)


def _effects(found: Results) -> str:
    """Main effects of the factorial: the mean over pairs of the rows with a change less those without."""
    letters = {"p": "place jitter 0.15", "o": "only other clips", "t": "temperature 0.05", "g": "gaps ≤ 10"}
    targets = ("voc_fc6_linear", "voc_fc6_5nn", "held_out_accuracy")
    lines = [["change", *(TARGETS.get(target, "held out") for target in targets)]]
    for letter, words in letters.items():
        cells = []
        for target in targets:
            by_seed: dict[int, list[float]] = defaultdict(list)
            rows = [name for name in BLOCKS["factorial"].rows if name.startswith("factorial ")]
            for name in rows:
                sign = 1 if letter in name.removeprefix("factorial ") else -1
                for seed, value in found.get((f"real: {name}", target, -1), {}).items():
                    by_seed[seed].append(sign * value)
            whole = [2 * sum(values) / len(values) for values in by_seed.values() if len(values) == len(rows)]
            cells.append(_interval(whole) if len(whole) > 1 else "–")
        lines.append([words, *cells])
    return _table(lines)


def _correction(found: Results) -> str:
    """What errors cost, and what correcting them brings back; paired by seed."""
    targets = ("held_out_accuracy", "drawn_fc6_linear", "drawn_fc6_5nn", "voc_fc6_linear", "voc_fc6_5nn")
    clean = "drawn: AssociationNet-obj abs, scaled"
    lines = [
        ["errors", "compared", "seeds", *(TARGETS.get(target, "clean held-out pairs") for target in targets)]
    ]
    for share in ("10%", "30%", "50%"):
        spoilt = f"{clean}, {share} errors"
        for words, row, other in (
            ("with errors − clean", spoilt, clean),
            ("corrected − with errors", f"{spoilt}, corrected", spoilt),
            ("corrected − clean", f"{spoilt}, corrected", clean),
        ):
            values = [found.get((row, target, -1), {}) for target in targets]
            others = [found.get((other, target, -1), {}) for target in targets]
            seeds = len(set(values[0]) & set(others[0]))
            cells = [paired(v, o) for v, o in zip(values, others, strict=True)]
            lines.append([share, words, str(seeds), *cells])
    return _table(lines)


def _suggested_clips(found: Results) -> str:
    """What is suggested in the clips that train, against their exact masks."""
    value = {name: found.get((suggested.ROW, name, -1), {}).get(0) for name in suggested.FIGURES}
    heads = ("clips", "objects", "of them suggested", "suggestions", "of them right", "CPU time, s")
    return _table([heads, ["–" if one is None else f"{one:.0f}" for one in value.values()]])


def _suggested_differences(found: Results) -> str:
    """What suggestions add to few annotations and to all, and how they compare; paired by seed."""
    targets = ("held_out_accuracy", "drawn_fc6_linear", "drawn_fc6_5nn", "fresh_drawn")
    few, both = f"{FEW} annotated clips", f"{FEW} annotated clips and suggestions"
    alone, everything = "suggestions alone", "all clips annotated"
    compared = (
        (both, few),
        (alone, few),
        (both, alone),
        (everything, both),
        (everything, alone),
        (f"{everything} and suggestions", everything),
    )
    lines = [["", "compared", "seeds", *(TARGETS.get(target, "held out") for target in targets)]]
    for block in ("suggested", "suggested nce", "suggested abs"):
        method = next(name for name in BLOCKS[block].rows if name.endswith(f", {few}")).removesuffix(
            f", {few}"
        )
        for one, other in compared:
            rows = [f"drawn: {method}, {words}" for words in (one, other)]
            first, second = ([found.get((row, target, -1), {}) for target in targets] for row in rows)
            if seeds := len(set(first[0]) & set(second[0])):
                cells = [paired(v, o) for v, o in zip(first, second, strict=True)]
                lines.append([method, f"{one} − {other}", str(seeds), *cells])
    return _table(lines)


def _table(lines: Sequence[Sequence[str]]) -> str:
    head, *rows = lines
    return "\n".join(["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)])
