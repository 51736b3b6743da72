"""Bodies in SMPL's format: the built-in procedural one or the user's own SMPL file, posed by smplx."""

from formnet.body.limbs import reference_limb_lengths
from formnet.body.load import load_body
from formnet.body.model import Body, PosedBody

__all__ = ["Body", "PosedBody", "load_body", "reference_limb_lengths"]
