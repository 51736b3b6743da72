"""Plain judges to measure against: the same folds, the same table, the same protocol."""

PLAIN = ("majority", "dtw", "minirocket", "forest")
"""Their names. They are no models to hand on: what they learnt is nothing that a file keeps."""

NOT_STORED = (
    "{name} is a plain judge to measure against and is not kept in files; choose method=squat, movement or network, or "
    "measure it by formnet.train and formnet.evaluate, or with the benchmarks"
)
