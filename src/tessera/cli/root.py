"""The command `tessera`: a few commands that start things, and groups that are loaded when one is used."""

import gc
from difflib import get_close_matches
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup, TyperOption

from tessera.cli import checks, configuration, processes
from tessera.platform.characters import is_encodable
from tessera.platform.failures import report_failure
from tessera.platform.signals import heed_interrupts, leave_at_once, turn_termination_into_exit

START, WORK = "Start", "Work with the data"

GROUPS = {
    "chain": ("chains", "Chains and their enterprises."),
    "program": ("programs", "Loyalty programs of a chain."),
    "tier": ("tiers", "Tiers, the levels of a program."),
    "account": ("accounts", "Customers and companies, who hold memberships."),
    "member": ("members", "Memberships of accounts in programs."),
    "token": ("tokens", "Credentials of Connector API clients."),
    "api-key": ("api_keys", "Keys of programs that use the management API."),
    "user": ("users", "People who sign in to the pages."),
    "role": ("roles", "Roles, the named sets of permissions that users and API keys hold."),
    "mail": ("mail", "Outgoing mail."),
    "points": ("points", "Points of memberships: the ledger, and what can be done with it."),
    "query": ("queries", "Saved queries over the datasets."),
    "profile": ("profiles", "Connection profiles: how to reach outside systems."),
    "encryption-key": ("encryption_keys", "Encryption keys: for SFTP logins and OpenPGP."),
    "template": ("templates", "Shapes of HTTP requests."),
    "export": ("exports", "Export definitions: create them, run them."),
    "run": ("runs", "Runs of export definitions, and what they did."),
    "event": ("events", "The change feed: what happened, in order."),
    "notice": ("notices", "Notices: who was notified of what about exports, and what became of it."),
    "webhook": ("webhooks", "Webhook subscriptions and their deliveries."),
    "secrets": ("secrets", "The key ring that seals secrets."),
}


def show_type(option: TyperOption, ctx: Any) -> str | None:
    """Return what help says of the value that an option takes; a flag takes none."""
    return None if option.is_flag else option.display_type(ctx)


# The library writes `<bool>` behind every flag, as if a word had to follow, and offers no setting for it.
TyperOption.display_type_rich = show_type  # type: ignore[method-assign, assignment]


class Groups(TyperGroup):
    """Knows the groups by name and help; the rooms behind one are loaded when it is used, so that help is quick."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return every name that help shows."""
        return [*super().list_commands(ctx), *GROUPS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, of a group only what help needs."""
        if cmd_name not in GROUPS:
            return super().get_command(ctx, cmd_name)
        return TyperGroup(name=cmd_name, help=GROUPS[cmd_name][1], rich_help_panel=WORK)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; bytes that are no UTF-8 are refused before a command meets them."""
        for argument in args:
            if not is_encodable(argument):
                ctx.fail(f"{argument!a} is not UTF-8 text. Type it again.")
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command to run, a group with all it has."""
        if args and args[0] in GROUPS:
            module, help_text = GROUPS[args[0]]
            group = typer.main.get_group(import_module(f"tessera.cli.{module}").app)
            group.name, group.help = args[0], help_text
            return args[0], group, args[1:]
        near = get_close_matches(args[0], self.list_commands(ctx))
        if near and args[0] not in near:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {', '.join(map(repr, near))}?")
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=Groups,
    help="Tessera, the open, self-hosted loyalty hub.",
    epilog="Settings are TESSERA_* variables, listed in docs/reference/settings.md. "
    "Exit codes: 0 done, 1 failed, 2 wrong input, 3 not found, 4 refused, 5 try again later.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def show_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"tessera {version('tessera-loyalty')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take the options that come before any command."""


app.command("up", rich_help_panel=START)(processes.up)
app.command("serve", rich_help_panel=START)(processes.serve)
app.command("worker", rich_help_panel=START)(processes.worker)
app.command("migrate", rich_help_panel=START)(processes.migrate)
app.command("demo", rich_help_panel=START)(processes.demo)
app.command("check", rich_help_panel=WORK)(checks.check)
app.command("plan", rich_help_panel=WORK)(configuration.plan)
app.command("apply", rich_help_panel=WORK)(configuration.apply)
app.command("export-config", rich_help_panel=WORK)(configuration.export_config)


def run_command_line() -> None:
    """Run one command; whatever goes wrong ends as one line and an exit code."""
    turn_termination_into_exit()
    heed_interrupts()
    # What is imported stays: looking through it for garbage again and again takes a tenth of a short command's time.
    gc.set_threshold(50_000)
    try:
        app()
    except SystemExit as ended:
        # What typer ends with is always a number.
        leave_at_once(int(ended.code or 0))
    except Exception as error:
        leave_at_once(report_failure(error))
