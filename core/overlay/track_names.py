"""What a track is called where it is drawn."""


def track_name(id: int, label: str) -> str:
    """Its number and its label in one line, apart even where the label is a number: "12 · object 1"."""
    return " · ".join(filter(None, (str(id), " ".join(label.split()))))
