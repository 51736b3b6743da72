"""Files that are whole or not there, weights, and what is read from pickles of strangers."""
