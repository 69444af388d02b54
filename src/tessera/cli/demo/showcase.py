"""`tessera up --demo`: the demo's data with pages to look at, a user to sign in, and a receiver to export to."""

from uuid import UUID

import typer

from tessera.access.passwords import make_password
from tessera.access.roles import ADMIN_ROLE_ID
from tessera.access.users import NewUser, change_password, create_users, find_user_by_email
from tessera.cli.context import CommandContext, open_context
from tessera.cli.demo.data_load import connect_clients, load_people
from tessera.cli.demo.folder import DemoNote, load_demo_settings, mark_shown, prepare_folder, read_note, write_note
from tessera.cli.demo.report import show_introduction, steps
from tessera.cli.demo.running_receiver import RunningReceiver, run_receiver
from tessera.cli.demo.setup import arrange_export, create_demo_chain, point_profile
from tessera.cli.startup import Running, run_everything, until_stopped

EMAIL = "admin@tessera.example"
ROWS, SEED = 10_000, 7


def show_demo(*, port: int | None) -> None:
    """Run everything on the demo's data until a signal says stop; make the data where there are none."""
    settings = load_demo_settings()

    async def body(running: Running) -> None:
        async with open_context(running.settings) as context, run_receiver() as receiver:
            await configure(running, context, receiver)
            mark_shown(settings)
            password = await admit_admin(context)
            typer.echo(f"sign in as {EMAIL} with the password {password}")
            await until_stopped(running)

    prepare_folder(settings)
    run_everything(settings, body, port=port)


async def configure(running: Running, context: CommandContext, receiver: RunningReceiver) -> None:
    """Make the demo's data where there are none, and let its export reach this receiver."""
    note = read_note(running.settings)
    if note is not None:
        await point_profile(context, UUID(note.chain_id), UUID(note.profile_id), url=receiver.url, token=receiver.token)
        return
    show_introduction(running.settings, rows=ROWS)
    chain_id = await create_demo_chain(context)
    with steps(ROWS) as progress:
        clients = connect_clients(running.url)
        await load_people(context, clients, chain_id=chain_id, rows=ROWS, seed=SEED, advance=progress)
    arranged = await arrange_export(context, chain_id, url=receiver.url, token=receiver.token)
    write_note(running.settings, DemoNote(str(chain_id), str(arranged.profile_id), ROWS, SEED))


async def admit_admin(context: CommandContext) -> str:
    """Let the first user in with a password that is known now: the setting's, or a new one at each start."""
    given = context.resources.settings.demo_password
    password = given.get_secret_value() if given else make_password()
    async with context.session() as session:
        user = await find_user_by_email(session, context.actor, EMAIL)
        if user is None:
            new = NewUser(EMAIL, "Demo administrator", password, roles=frozenset({ADMIN_ROLE_ID}))
            await create_users(session, context.actor, [new])
        else:
            await change_password(session, context.actor, user_id=user.id, password=password, now=context.now())
    return "of TESSERA_DEMO_PASSWORD" if given else password
