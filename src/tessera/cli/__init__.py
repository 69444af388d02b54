"""The command line: one file per group of commands. It talks to the rooms as whoever sits at the server's shell."""

from tessera.cli.root import run_command_line

__all__ = ["run_command_line"]
