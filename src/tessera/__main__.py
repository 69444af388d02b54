"""The command `tessera`, also as `python -m tessera`."""

from tessera.cli import run_command_line


def main() -> None:
    """Run one command."""
    run_command_line()


if __name__ == "__main__":
    main()
