"""A lockbox of a bench's own, and what is left of it."""

from __future__ import annotations

from lockbox import db
from lockbox.proving.scratch import copied, scratch
from lockbox.settings import Settings


def sites(settings: Settings) -> int:
    with db.engine(settings).begin() as connection:
        return int(connection.exec_driver_sql("select count(*) from site").scalar_one())


def test_it_holds_the_profile_and_leaves_nothing_behind(settings: Settings) -> None:
    with scratch(settings) as own, copied(own, "second") as copy:
        assert (own.home.parent, db.is_running(own)) == (settings.home, True)
        assert (sites(own), sites(copy)) == (2, 2)
        with db.engine(copy, owner=True).begin() as connection:
            connection.exec_driver_sql("update site set overnight = true")
        with db.engine(own).connect() as connection:
            assert connection.exec_driver_sql("select count(*) from site where overnight").scalar_one() == 1
    assert list(settings.home.iterdir()) == []
    assert sites(settings) == 0  # the database of the caller is untouched
