"""Everything that gives probabilities for a repetition, and the files that keep what was learnt."""
