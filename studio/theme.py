"""How the window looks: our own light and dark palettes for Qt's Fusion style, spacing, plot colours."""

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

SPACE = 8
"""Pixels between things that belong together; half of it inside them, twice of it between groups."""

ICON = 18
"""Pixels of an icon's side in tool bars and buttons."""

ROW = 18
"""Pixels of a row in lists and tables at least; more where letters are large."""

TARGET = 28
"""Pixels of height of what is clicked."""

_AROUND = 6
"""Of these, what the style puts around the text of a field."""

THEMES = ("system", "light", "dark")


@dataclass(frozen=True, kw_only=True)
class Colours:
    """One palette, as `#rrggbb`.

    Attributes:
        window, base, stripe, button: behind panels, lists, every second row, buttons.
        canvas: behind frames.
        raised: behind what lies over the page: menus, lists of combo boxes, tips.
        text, muted, faint: for reading, for what is said beside, for what cannot be used now.
        border: lines that only part one thing from the next; without them nothing is lost.
        edge: lines that mean something: borders of fields and buttons, axes, ticks.
        accent, on_accent: what is chosen or acted on, and text on it.
        mark: the accent as a line or text on `window` and `base`.
        good, bad, warning: accepted, rejected or failed, and to be looked at; as text or lines.
        series: lines of plots, which colour-blind people can distinguish too.
    """

    window: str
    base: str
    stripe: str
    button: str
    canvas: str
    raised: str
    text: str
    muted: str
    faint: str
    border: str
    edge: str
    accent: str
    on_accent: str
    mark: str
    good: str
    bad: str
    warning: str
    series: tuple[str, ...]

    def line(self, place: int) -> str:
        """The colour of a plot's line by its place; the colours of `series`, over and over."""
        return self.series[place % len(self.series)]


LIGHT = Colours(
    window="#f3f4f6",
    base="#ffffff",
    stripe="#f8f9fb",
    button="#fbfbfc",
    canvas="#e4e6ea",
    raised="#ffffff",
    text="#1c2128",
    muted="#565f6b",
    faint="#838b96",
    border="#d3d7de",
    edge="#838b96",
    accent="#326cd3",
    on_accent="#ffffff",
    mark="#2559b8",
    good="#1a7340",
    bad="#b3261e",
    warning="#8a5300",
    series=("#2559b8", "#b8500a", "#1a7340", "#8b3fa0", "#6b5d00", "#56606c"),
)

DARK = Colours(
    window="#202327",
    base="#181a1e",
    stripe="#1d2024",
    button="#2b2f35",
    canvas="#121416",
    raised="#2a2e34",
    text="#e3e6ea",
    muted="#a1a9b4",
    faint="#767e89",
    border="#373c44",
    edge="#767e89",
    accent="#3e71cc",
    on_accent="#ffffff",
    mark="#84b0ff",
    good="#5cc98a",
    bad="#ff8a80",
    warning="#e5b84b",
    series=("#84b0ff", "#f0a060", "#5cc98a", "#d69be8", "#d8c84a", "#a1a9b4"),
)

PRINT = replace(LIGHT, window="#ffffff", border="#7d8590", edge="#7d8590", muted="#3a424c")
"""Figures in files: on white, whatever the theme, with axes that survive a printer."""

OUTLINED = ("QLineEdit", "QAbstractSpinBox", "QComboBox", "QCheckBox", "QRadioButton")
"""Fields whose borders must be seen."""

TINT = 0.22
"""How much of the accent lies over what is switched on."""

CHECK = Path(__file__).parent.parent / "resources" / "check.svg"
"""What ticks a box."""

CLEAR = CHECK.with_name("clear.svg")
"""What empties a field, in a grey for both themes."""

_FILE_DIALOG = CHECK.parent / "file_dialog"
_FILE_DIALOG_ICONS = {
    "backward-icon": "back",
    "forward-icon": "forward",
    "filedialog-parent-directory-icon": "parent",
    "filedialog-new-directory-icon": "new_folder",
    "filedialog-listview-icon": "list",
    "filedialog-detailedview-icon": "details",
}
"""Button of Qt's own file dialog, where the desktop has none → our drawing, in a grey for both themes."""

PRINTING = "printing"
"""The property of a widget that is being drawn for a file."""


def apply(app: QApplication, theme: str) -> None:
    """Dress the application in one of `THEMES`; `system` follows the desktop where it tells."""
    dark = theme == "dark" or (theme == "system" and app.styleHints().colorScheme() == Qt.ColorScheme.Dark)
    chosen = DARK if dark else LIGHT
    sheet = _style_sheet(chosen)
    if sheet != app.styleSheet():  # applying it to every widget takes a while
        if not app.styleSheet():
            app.setStyle("Fusion")
        app.setPalette(_palette(chosen))
        for name in OUTLINED:
            app.setPalette(_outlined(chosen), name)  # type: ignore[arg-type]  # it takes no bytes
        app.setStyleSheet(sheet)


def colours(widget: QWidget | None = None) -> Colours:
    """The colours of the theme that a widget, or the application, uses; `PRINT` while drawn for a file."""
    if widget is not None and widget.property(PRINTING):
        return PRINT
    palette = widget.palette() if widget is not None else QApplication.palette()
    return DARK if palette.color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def mixed(colour: str, ground: str, share: float) -> str:
    """A colour that covers a share, 0 to 1, of another one that lies behind it."""
    over, under = QColor(colour), QColor(ground)
    parts = (
        (over.red(), under.red()),
        (over.green(), under.green()),
        (over.blue(), under.blue()),
    )
    return QColor(*(round(share * one + (1 - share) * other) for one, other in parts)).name()


def row_height(widget: QWidget) -> int:
    """Pixels of a row in a list or table."""
    return max(ROW, widget.fontMetrics().height() + SPACE // 4)


def embolden(widget: QWidget, strong: bool) -> None:
    """Write the text of a widget bold or not; a change of theme would take a font of its own away."""
    widget.setStyleSheet("font-weight: 600;" if strong else "")


def _palette(c: Colours) -> QPalette:
    role, palette = QPalette.ColorRole, QPalette()
    for where, colour in {
        role.Window: c.window,
        role.WindowText: c.text,
        role.Base: c.base,
        role.AlternateBase: c.stripe,
        role.Text: c.text,
        role.PlaceholderText: c.muted,
        role.Button: c.button,
        role.ButtonText: c.text,
        role.BrightText: c.bad,
        role.ToolTipBase: c.raised,
        role.ToolTipText: c.text,
        role.Highlight: c.accent,
        role.HighlightedText: c.on_accent,
        role.Accent: c.accent,
        role.Link: c.mark,
        role.LinkVisited: c.mark,
        role.Light: c.button,
        role.Midlight: c.stripe,
        role.Mid: c.border,
        role.Dark: c.faint,
        role.Shadow: c.border,
    }.items():
        palette.setColor(where, QColor(colour))
    for where in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, QColor(c.faint))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(c.border))
    palette.setColor(QPalette.ColorGroup.Disabled, role.HighlightedText, QColor(c.muted))
    return palette


def _outlined(c: Colours) -> QPalette:
    """For widgets that Fusion outlines with a darker `Window`, and with a darker `Highlight` in focus."""
    palette = _palette(c)
    palette.setColor(QPalette.ColorRole.Window, QColor(c.edge).lighter(140))
    palette.setColor(QPalette.ColorRole.Highlight, QColor(c.mark))
    palette.setColor(QPalette.ColorRole.HighlightedText, QColor(c.base))
    return palette


def _style_sheet(c: Colours) -> str:
    """Its first rule shows all text as it is, tips and messages too: names may be other people's markup.
    A label that is to show rich text says so, and escapes what it puts in.
    """
    tint = mixed(c.accent, c.window, TINT)
    drawings = {icon: (_FILE_DIALOG / f"{name}.svg").as_posix() for icon, name in _FILE_DIALOG_ICONS.items()}
    icons = " ".join(f'{icon}: url("{path}");' for icon, path in drawings.items())
    return f"""
    QLabel[textFormat="AutoText"], QToolTip {{ qproperty-textFormat: PlainText; }}
    QToolTip {{ color: {c.text}; background: {c.raised}; border: 1px solid {c.edge}; padding: 4px; }}
    QMainWindow::separator {{ background: {c.border}; width: 3px; height: 3px; }}
    QMainWindow::separator:hover {{ background: {c.mark}; }}
    #top_row {{ background: {c.window}; border-bottom: 1px solid {c.border}; }}
    QMenuBar {{ background: transparent; }}
    QMenuBar::item {{ padding: 6px {SPACE}px; border-radius: 4px; background: transparent; }}
    QMenuBar::item:selected, QMenuBar::item:pressed {{ background: {c.accent}; color: {c.on_accent}; }}
    QMenu {{ background: {c.raised}; border: 1px solid {c.edge}; padding: 4px; }}
    QComboBox QAbstractItemView, *[role="popup"] {{ background: {c.raised}; border: 1px solid {c.edge};
        outline: none; }}
    QStatusBar {{ border-top: 1px solid {c.border}; }}
    QStatusBar::item {{ border: none; }}
    QStatusBar QPushButton {{ padding: 0 4px; min-height: 20px; max-height: 20px; }}
    QStatusBar QPushButton:focus {{ padding: 0 3px; }}
    QHeaderView::section {{ background: {c.window}; color: {c.muted}; border: none;
        border-bottom: 1px solid {c.border}; border-right: 1px solid {c.border}; padding: 4px 6px; }}
    QTableCornerButton::section {{ background: {c.window}; border: none;
        border-bottom: 1px solid {c.border}; border-right: 1px solid {c.border}; }}
    QTableView, QTreeView, QListView {{ border: 1px solid transparent; }}
    QAbstractItemView[role="list"] {{ border: 1px solid {c.edge}; }}
    QTableView:focus, QTreeView:focus, QListView:focus {{ border: 1px solid {c.mark}; }}
    QTreeView::item, QListView::item {{ padding: 2px; }}
    QAbstractSpinBox, QComboBox, QLineEdit {{ min-height: {TARGET - _AROUND}px; }}
    QAbstractSpinBox QLineEdit, QComboBox QLineEdit, QAbstractItemView QLineEdit {{ min-height: 0; }}
    QCheckBox::indicator, QListView::indicator, QTreeView::indicator {{ width: 12px; height: 12px;
        background: {c.base}; border: 1px solid {c.edge}; border-radius: 2px; }}
    QCheckBox::indicator:checked, QListView::indicator:checked, QTreeView::indicator:checked {{
        background: {c.accent}; border-color: {c.accent}; image: url("{CHECK.as_posix()}"); }}
    QCheckBox::indicator:indeterminate, QTreeView::indicator:indeterminate {{ background: {tint};
        border-color: {c.mark}; }}
    QCheckBox::indicator:disabled {{ border-color: {c.border}; }}
    QCheckBox::indicator:checked:disabled {{ background: {c.faint}; }}
    QCheckBox:focus {{ outline: none; }}
    QFileDialog {{ {icons} }}
    QDialogButtonBox {{ button-layout: 3; }}
    QCheckBox::indicator:focus {{ border: 2px solid {c.mark}; width: 10px; height: 10px; }}
    QCheckBox::indicator:checked:focus {{ border-color: {c.text}; }}
    QPlainTextEdit, QTextEdit {{ border: 1px solid {c.edge}; border-radius: 2px; }}
    QPlainTextEdit:focus, QTextEdit:focus {{ border: 2px solid {c.mark}; }}
    QPushButton {{ background: {c.button}; border: 1px solid {c.edge}; border-radius: 4px;
        padding: 3px 12px; min-height: 20px; outline: none; }}
    QPushButton:hover, QPushButton:checked {{ background: {tint}; }}
    QPushButton:pressed, QPushButton:checked {{ border-color: {c.mark}; }}
    QPushButton:flat {{ background: transparent; border-color: transparent; color: {c.mark}; }}
    QPushButton:disabled {{ color: {c.faint}; border-color: {c.border}; }}
    QPushButton:focus {{ border: 2px solid {c.mark}; padding: 2px 11px; }}
    QToolButton {{ border: 1px solid transparent; border-radius: 4px; padding: 1px; min-height: 24px;
        max-height: 24px; min-width: 24px; }}
    QToolButton[autoRaise="false"] {{ background: {c.button}; border-color: {c.edge}; padding: 1px 4px; }}
    QToolButton[role="picture"] {{ max-height: 40px; }}
    QLineEdit {{ lineedit-clear-button-icon: url("{CLEAR.as_posix()}"); }}
    QLineEdit QToolButton {{ border: none; padding: 0; min-width: 0; min-height: 0; }}
    QToolButton:hover {{ background: {tint}; }}
    QToolButton:checked {{ background: {tint}; border-color: {c.mark}; }}
    #advanced_fold:checked {{ background: transparent; border-color: transparent; }}
    QToolButton:pressed {{ background: {c.border}; }}
    QToolButton:disabled {{ color: {c.faint}; border-color: transparent; }}
    QToolButton[autoRaise="false"]:disabled {{ border-color: {c.border}; }}
    QToolButton:focus {{ border: 2px solid {c.mark}; padding: 0; }}
    QToolButton[autoRaise="false"]:focus {{ padding: 0 3px; }}
    QTabBar::scroller {{ width: 36px; }}
    QTabBar QToolButton, QTabBar QToolButton[autoRaise="false"] {{ min-width: 16px; padding: 0; margin: 0; }}
    QSplitter::handle {{ background: {c.border}; }}
    *[quiet="true"] {{ color: {c.muted}; }}
    *[strong="true"] {{ font-weight: bold; }}
    *[role="title"] {{ font-size: 22pt; font-weight: 600; }}
    *[role="heading"] {{ font-weight: 600; }}
    *[role="card"] {{ background: {c.base}; border: 1px solid {c.border}; border-radius: 8px; }}
    QPushButton[role="primary"] {{ background: {c.accent}; color: {c.on_accent};
        border: 1px solid {c.accent}; padding: 5px 13px; font-weight: 600; }}
    QPushButton[role="primary"]:hover {{ background: {c.mark}; color: {c.base}; }}
    QPushButton[role="primary"]:focus {{ border: 2px solid {c.text}; padding: 4px 12px; }}
    QPushButton[role="link"] {{ color: {c.mark}; background: transparent; border: 1px solid transparent;
        padding: 3px 4px; text-align: left; }}
    QPushButton[role="link"]:hover {{ text-decoration: underline; }}
    QPushButton[role="link"]:focus {{ border: 2px solid {c.mark}; padding: 2px 3px; }}
    QPushButton[role="link"]:disabled {{ color: {c.faint}; }}
    QPushButton[role="way"] {{ background: {c.base}; border: 1px solid {c.edge}; border-radius: 8px;
        min-height: 140px; }}
    QPushButton[role="way"]:hover {{ border-color: {c.mark}; background: {c.stripe}; }}
    QPushButton[role="way"]:focus {{ border: 2px solid {c.mark}; }}
    QToolButton[popupMode="2"] {{ padding-right: 22px; }}
    QToolButton[popupMode="2"]:focus {{ padding-right: 21px; }}
    QToolButton[popupMode="2"]::menu-indicator {{ subcontrol-origin: padding;
        subcontrol-position: center right; right: 3px; }}
    QToolButton[role="segment"] {{ background: {c.button}; border: 1px solid {c.edge}; border-right: none;
        border-radius: 0; padding: 1px 6px; }}
    QToolButton[role="segment"]:hover {{ background: {c.base}; }}
    QToolButton[role="segment"]:checked {{ background: {c.accent}; color: {c.on_accent};
        border-color: {c.accent}; }}
    QToolButton[role="segment"]:focus {{ border: 2px solid {c.mark}; padding: 0 5px; }}
    QToolButton[role="segment"]:checked:focus {{ border-color: {c.text}; }}
    QToolButton[place="first"] {{ border-top-left-radius: 5px; border-bottom-left-radius: 5px; }}
    QToolButton[place="last"] {{ border-top-right-radius: 5px; border-bottom-right-radius: 5px;
        border-right: 1px solid {c.edge}; }}
    QToolButton[role="step"] {{ padding: 1px 3px; }}
    QToolButton[role="step"]:hover {{ color: {c.mark}; }}
    QPushButton[role="condition"] {{ background: {c.base}; border: 1px solid {c.edge}; border-radius: 9px;
        min-height: 0; padding: 1px 8px; }}
    QPushButton[role="condition"]:hover, QPushButton[role="condition"]:focus {{ border-color: {c.mark};
        color: {c.mark}; }}
    QLabel[role="error"] {{ color: {c.bad}; }}
    QPushButton[role="primary"]:disabled {{ background: {c.border}; color: {c.muted};
        border-color: {c.border}; }}
    """
