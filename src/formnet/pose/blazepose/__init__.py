"""BlazePose (Bazarevsky et al. 2020) on LiteRT: a detector finds people, a landmark network follows each of them."""
