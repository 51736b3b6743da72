"""Learners: numbers of NumPy instead of a network, for sets of a few hundred repetitions."""
