"""`python -m formnet`: the same as the `formnet` command."""

from formnet.cli.app import main

if __name__ == "__main__":
    main()
