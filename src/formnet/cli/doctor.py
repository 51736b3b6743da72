import typer


def doctor(x: int = 3) -> None:
    """Check."""
    print("hi", x)
