"""How long a test waits for what has to come: a machine that is busy fails none, and what never comes is still told."""

DEADLINE = 60  # seconds
