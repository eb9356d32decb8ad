"""Shares as people read them."""


def percent(share: float, decimals: int = 0) -> str:
    """A share in 0..1, such as `62 %` or, with a decimal, `62.4 %`."""
    return f"{100 * share:.{decimals}f} %"
