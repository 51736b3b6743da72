"""How like a reference a motion is."""
