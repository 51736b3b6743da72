"""Plain judges to measure against: the same folds, the same table, the same protocol."""
