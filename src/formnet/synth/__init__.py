"""Simulated people: squats and other exercises with known truth, cameras, errors of estimators, a renderer."""
