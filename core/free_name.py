"""Names that nobody has yet."""

from collections.abc import Callable


def free_name(name: str, is_taken: Callable[[str], bool], separator: str = "-") -> str:
    """The name, or with the first number from 2 on, after a separator, that is not taken."""
    number, free = 2, name
    while is_taken(free):
        free, number = f"{name}{separator}{number}", number + 1
    return free
