"""How answers are measured: splits, risk and coverage, and the loop that treats every method alike."""
