from datetime import date

from tessera.cli.demo.people import PROGRAMS, is_chosen, make_batches, make_people

TODAY = date(2026, 5, 4)


def test_one_seed_makes_the_same_people() -> None:
    first = list(make_people(200, seed=7, today=TODAY))

    assert first == list(make_people(200, seed=7, today=TODAY))
    assert first != list(make_people(200, seed=8, today=TODAY))


def test_more_people_begin_with_the_same_ones() -> None:
    few = list(make_people(50, seed=7, today=TODAY))

    assert list(make_people(100, seed=7, today=TODAY))[:50] == few


def test_every_tier_has_members_and_numbers_are_unique() -> None:
    people = list(make_people(3000, seed=7, today=TODAY))

    assert {(p.program, p.tier) for p in people} == {(p, t) for p in range(len(PROGRAMS)) for t in range(4)}
    assert len({p.membership_number for p in people}) == len({p.email for p in people}) == 3000


def test_the_chosen_are_some_but_not_all() -> None:
    chosen = sum(map(is_chosen, make_people(10_000, seed=7, today=TODAY)))

    assert 500 < chosen < 2000


def test_values_are_plausible() -> None:
    for person in make_people(1000, seed=1, today=TODAY):
        assert 17 <= TODAY.year - person.birth_date.year <= 86
        assert 0 <= person.points < 1_000_000
        assert person.expires_on > TODAY


def test_batches_keep_everybody() -> None:
    sizes = [len(batch) for batch in make_batches(make_people(2500, seed=7, today=TODAY), 1000)]

    assert sizes == [1000, 1000, 500]
