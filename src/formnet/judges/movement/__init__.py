"""The judge of a movement of any kind, from a few hundred repetitions."""
