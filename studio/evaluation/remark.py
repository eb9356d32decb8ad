"""A line below a view about what could not be read; it takes no room while there is nothing to say."""

from PySide6.QtWidgets import QLabel

from studio import theme


class Remark(QLabel):
    """Says one sentence, by `say`."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setProperty("quiet", True)
        self.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        self.hide()

    def say(self, sentence: str) -> None:
        """Say it; nothing where it is empty."""
        self.setText(sentence)
        self.setVisible(bool(sentence))
