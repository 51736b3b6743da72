"""One body in SMPL's format laid into a motion: its shape, its pose in every frame, and its constant limbs."""

from formnet.lifting.fitting.fit import FittedBody, fit_body

__all__ = ["FittedBody", "fit_body"]
