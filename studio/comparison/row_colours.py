"""The colours of compared rows: a row keeps its own, whatever is chosen before it or taken away."""

from collections.abc import Hashable, Iterable


class RowColours:
    """Places for `Colours.line`, remembered; where another row has it meanwhile, a new one."""

    def __init__(self) -> None:
        self._remembered: dict[Hashable, int] = {}

    def of(self, keys: Iterable[Hashable]) -> dict[Hashable, int]:
        """The colour of each of the rows that are shown together; no two have the same place."""
        wanted = list(dict.fromkeys(keys))
        found: dict[Hashable, int] = {}
        for key in wanted:
            place = self._remembered.get(key)
            if place is not None and place not in found.values():
                found[key] = place
        for key in wanted:
            if key not in found:
                place = 0
                while place in found.values():
                    place += 1
                found[key] = self._remembered[key] = place
        return {key: found[key] for key in wanted}
