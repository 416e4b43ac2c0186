"""`python -m mintmark` is the command `mintmark`."""

from .cli.main import main

if __name__ == "__main__":
    main()
