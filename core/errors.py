"""What the user can put right."""


class StudioError(Exception):
    """Something the user can put right; its text is one sentence that says what to do.

    Everything else that is raised is a bug and keeps its traceback.
    """
