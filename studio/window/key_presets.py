"""Keys as other programs have them. What a preset does not name keeps the keys of `action_table`; one that
loses all of these to another action has a key near them, such as Shift+D for D.

Sources: CVAT, "Shortcuts" in its manual (docs.cvat.ai); DIVE, "Mouse and Keyboard Shortcuts" in its
documentation (kitware.github.io/dive); J, K, L, I, O and the arrows up and down as in Premiere Pro, Final Cut
and DaVinci Resolve.
"""

from collections.abc import Mapping

STUDIO = "Studio"

PRESETS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    STUDIO: {},
    "CVAT": {
        "next_frame": ("F", "Right"),
        "previous_frame": ("D", "Left"),
        "forward_10": ("V", "Shift+Right"),
        "back_10": ("C", "Shift+Left"),
        "next_keyframe": ("R", "Ctrl+Right"),
        "previous_keyframe": ("E", "Ctrl+Left"),
        "go_to_frame": ("`", "Ctrl+J"),
        "split": ("Alt+M", "X"),
        "carry_on": ("Ctrl+B", "P"),
        "carry_back": ("Ctrl+Shift+B", "Shift+P"),
        "fit": ("Ctrl+0",),
    },
    "DIVE": {
        "next_frame": ("F", "Right"),
        "previous_frame": ("D", "Left"),
        "track_start": ("Home",),
        "track_end": ("End",),
        "first_frame": ("Ctrl+Home",),
        "last_frame": ("Ctrl+End",),
        "next_track": ("Down", "PgDown"),
        "previous_track": ("Up", "PgUp"),
        "delete_track": ("Del",),
        "delete_here": ("Shift+Del",),
        "relabel": ("Shift+Return", "Ctrl+L"),
        "reopen": ("Ctrl+Return",),
    },
    "Video editor": {
        "play": ("Space", "K"),
        "trim_start": ("I", "Ctrl+["),
        "trim_end": ("O", "Ctrl+]"),
        "split": ("Ctrl+B", "X"),
        "next_keyframe": ("Down", "Ctrl+Right"),
        "previous_keyframe": ("Up", "Ctrl+Left"),
        "fit": ("Shift+Z", "R"),
    },
}
"""Preset → action → its keys."""
