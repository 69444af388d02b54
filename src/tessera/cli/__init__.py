"""The command line: one file per group of commands. It acts as the operator at the server's shell."""

from tessera.cli.root import run_command_line

__all__ = ["run_command_line"]
