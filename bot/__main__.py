"""The command line: `praatje`.

Each command imports what it needs when it is called: `run` supervises for months and stays small.
"""

import logging
import os
import sys
import warnings
from typing import Annotated

import typer

from bot.errors import ConfigurationError, Invalid
from bot.settings import get_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
coordinators = typer.Typer(no_args_is_help=True, help="Coordinators and their log-in.")
app.add_typer(coordinators, name="coordinator")

EXIT_CONFIGURATION = 78


@app.callback()
def praatje() -> None:
    """Check-ins against loneliness on Telegram, for Dutch municipalities."""


@app.command()
def run(
    role: Annotated[
        list[str] | None,
        typer.Option(
            help="Run only this role in this process: gateway, worker, scheduler, console."
        ),
    ] = None,
) -> None:
    """Run everything on this machine, or some roles for a bigger installation."""
    settings = get_settings()
    if role:
        import uvloop

        from bot import roles

        try:
            wanted = {roles.Role(name) for name in role}
        except ValueError as error:
            raise ConfigurationError(f"{error}; known: {', '.join(roles.Role)}.") from None
        require_database()
        uvloop.run(roles.run(settings, wanted))
        return
    from bot.supervisor import Supervisor

    if not settings.telegram_token.get_secret_value():
        raise ConfigurationError(
            "TELEGRAM_TOKEN is missing. Get one from @BotFather and put it in .env "
            "(see .env.example), or try `praatje demo`."
        )
    supervisor = Supervisor(settings, typer.echo)
    try:
        supervisor.prepare_database()
        supervisor.add_all()
        supervisor.start()
        typer.echo(f"Praatje runs. Console: {settings.console_url}  Logs: {settings.var_dir}/log")
        supervisor.watch()
    finally:
        supervisor.stop()


@app.command()
def demo(
    fresh: Annotated[
        bool, typer.Option(help="Throw away the demo's database and start anew.")
    ] = False,
) -> None:
    """A tour with made-up people and a stand-in for Telegram, on this machine only."""
    from bot.demo import run_demo

    run_demo(typer.echo, fresh=fresh)


@app.command()
def migrate() -> None:
    """Bring the database up to date."""
    from bot import migrations

    migrations.migrate(require_database())
    if tracker := get_settings().rasa_tracker_url:
        migrations.create_database(tracker)


@app.command()
def doctor() -> None:
    """Look whether everything that Praatje needs is there and right."""
    from bot.doctor import examine

    findings = examine(get_settings())
    for finding in findings:
        typer.echo(f"{'ok   ' if finding.ok else 'WRONG'}  {finding.what}: {finding.says}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


@app.command()
def understand() -> None:
    """Read JSON lines {"text": …} on standard input; write what is understood, line by line."""
    from bot.understand import understand_lines

    raise typer.Exit(understand_lines(sys.stdin.buffer, sys.stdout, sys.stderr))


@coordinators.command("add")
def add_coordinator(
    municipality: Annotated[str, typer.Option(prompt=True, help="Name; made when new.")],
    name: Annotated[str, typer.Option(prompt=True)],
    email: Annotated[str, typer.Option(prompt=True)],
    password: Annotated[
        str,
        typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="PASSWORD"),
    ],
) -> None:
    """Add somebody who can log in to the console."""
    from bot import clock
    from bot.db import make_sessions
    from bot.services import residents, staff

    with make_sessions(require_database()).begin() as session:
        place = residents.municipality_named(session, municipality)
        staff.add_coordinator(session, place.id, name, email, password, clock.now())
    typer.echo(f"{email} can log in at {get_settings().console_url}.")


def require_database() -> str:
    """The address of the database: that of the settings, or the embedded one, started."""
    if url := get_settings().database_url:
        return url
    from bot.postgres import EmbeddedPostgres

    return EmbeddedPostgres(get_settings().var_dir / "postgres").url()


def main() -> None:
    """Run a command; what an operator can mend is one line on standard error, no traceback."""
    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "INFO").upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # Without that folder the embedded PostgreSQL keeps its lock file under /tmp, which is fine.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    for chatty in ("httpx", "apscheduler", "procrastinate", "alembic", "telegram"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        app()
    except (ConfigurationError, Invalid) as error:
        typer.echo(f"praatje: {error}", err=True)
        sys.exit(EXIT_CONFIGURATION)


if __name__ == "__main__":
    main()
