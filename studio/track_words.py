"""What the window calls the states of a track, and how it writes a share."""

from core.trajectories.model import EndReason, Review

REVIEWS = {
    Review.OPEN: "open",
    Review.ACCEPTED: "accepted",
    Review.REJECTED: "rejected",
    Review.SUGGESTED: "suggested",
}

ENDS = {
    EndReason.UNKNOWN: "unknown",
    EndReason.CLIP_END: "clip ends",
    EndReason.LEFT_FRAME: "leaves frame",
    EndReason.INCONSISTENT: "flow disagrees",
    EndReason.APPEARANCE: "looks change",
    EndReason.EDITED: "cut",
}
"""Why a point ends, in a word or two."""

ENDS_WHY = {
    EndReason.UNKNOWN: "not known why",
    EndReason.CLIP_END: "the clip ends",
    EndReason.LEFT_FRAME: "it leaves the frame",
    EndReason.INCONSISTENT: "forward and backward flow disagree, usually an occlusion",
    EndReason.APPEARANCE: "it no longer looks like itself",
    EndReason.EDITED: "cut by a person",
}
"""Why a point ends, in words."""
