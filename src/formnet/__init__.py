"""formnet: judges how well a person performs an exercise, from an ordinary video."""

__version__ = "0.1.0"
