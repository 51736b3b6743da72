"""Simulated clips that went through pixels: filmed, seen by the real estimator, kept, and used to fit its noise."""
