"""The example clip of `formnet demo`, and how it was simulated."""
