"""`python -m agent.cli` is `goldpan`."""

from agent.cli.main import main

if __name__ == "__main__":
    main()
