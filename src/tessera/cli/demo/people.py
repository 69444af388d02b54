"""The demo's people: made from a seed, a batch at a time, the same for the same seed. Pure: no clock, no database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from random import Random

GIVEN_NAMES = """
    Ada Aino Alba Amara Anders Anouk Arjun Astrid Aylin Beatriz Bram Camille Carlos Chiara Daichi Daniela Dara Elena
    Elif Emil Esther Fatima Felix Femke Freya Gabriel Giulia Hana Hassan Helga Ines Ioana Isak Ivo Jana Jonas Julia
    Kaito Karin Katya Keira Lars Leila Liam Linnea Lucia Magda Malik Marek Marta Mateo Mei Mila Nadia Nils Noah Nora
    Olga Omar Oskar Paula Pedro Petra Priya Rafael Rosa Ruben Saara Samir Sanne Sara Selma Silvia Sofia Stefan Suki
    Tariq Teresa Thea Tomas Ulla Vera Viktor Wanda Wout Yara Yusuf Zoe
""".split()  # noqa: SIM905 - a hundred quoted names read worse
FAMILY_NAMES = """
    Abbott Aalto Adeyemi Almeida Andersen Araujo Bakker Barbieri Becker Berg Bianchi Blanc Bosman Brandt Caruso
    Castillo Cervantes Chen Costa Dahl Demir Dijkstra Dubois Eriksen Esposito Farkas Ferrari Fischer Fontaine Garcia
    Gruber Haas Hansen Hartmann Hoffmann Horvat Ivanova Jansen Johansson Kaplan Keller Khan Kim Korhonen Kowalski
    Laine Lambert Larsen Leroy Lindqvist Lopez Marino Martin Mendes Meyer Moreau Morel Nakamura Nguyen Nielsen Novak
    Okafor Olsen Patel Pereira Petrov Popescu Ribeiro Ricci Romano Rossi Santos Sato Schmidt Silva Simon Singh
    Svensson Tanaka Tamm Torres Usman Vargas Virtanen Visser Vogel Wagner Weber Wolf Yamamoto Yilmaz Zanetti Zhang
""".split()  # noqa: SIM905
# Country and language go together.
COUNTRIES = (
    ("GB", "en-GB"), ("DE", "de-DE"), ("FR", "fr-FR"), ("ES", "es-ES"), ("IT", "it-IT"), ("NL", "nl-NL"),
    ("SE", "sv-SE"), ("PL", "pl-PL"), ("PT", "pt-PT"), ("CZ", "cs-CZ"), ("US", "en-US"), ("JP", "ja-JP"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TierPlan:
    """A tier to make, and how its members are spread: their share, and the usual size of their balance."""

    code: str
    name: str
    share: float
    usual_points: int


@dataclass(frozen=True, slots=True)
class ProgramPlan:
    """A program to make, with its tiers from the lowest to the highest."""

    code: str
    name: str
    tiers: tuple[TierPlan, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """One customer and the one membership to be loaded for it; program and tier are positions in `PROGRAMS`."""

    number: int
    given_name: str
    family_name: str
    email: str
    birth_date: date
    country: str
    language: str
    program: int
    tier: int
    membership_number: str
    state: str
    points: int
    expires_on: date


def four_tiers(*names: str) -> tuple[TierPlan, ...]:
    """Return tiers under these names, shares and balances spread alike in every program."""
    spread = ((0.55, 400), (0.27, 2_500), (0.13, 9_000), (0.05, 30_000))
    return tuple(TierPlan(name.upper(), name, share, usual) for name, (share, usual) in zip(names, spread, strict=True))


PROGRAMS = (
    ProgramPlan("HARB", "Harbour Circle", four_tiers("Bronze", "Silver", "Gold", "Platinum")),
    ProgramPlan("SUMM", "Summit Club", four_tiers("Bronze", "Silver", "Gold", "Platinum")),
    ProgramPlan("ORCH", "Orchard Table", four_tiers("Bronze", "Silver", "Gold", "Platinum")),
)
PROGRAM_SHARES = (5, 3, 2)
STATES = ("Enrolled", "Pending", "Canceled")
STATE_SHARES = (94, 4, 2)

# The demo's query selects the members of this tier with a balance above the limit.
CHOSEN_PROGRAM, CHOSEN_TIER, POINTS_LIMIT = 0, 1, 2_000


def is_chosen(person: Person) -> bool:
    """Say whether the demo's query must select this person's membership."""
    return (
        person.program == CHOSEN_PROGRAM
        and person.tier == CHOSEN_TIER
        and person.state == "Enrolled"
        and person.points > POINTS_LIMIT
    )


def make_people(count: int, *, seed: int, today: date) -> Iterator[Person]:
    """Yield `count` people, numbered from 1."""
    random = Random(seed)  # noqa: S311 - sample data, not a secret
    for number in range(1, count + 1):
        yield make_person(number, random, today)


def make_batches(people: Iterator[Person], size: int) -> Iterator[list[Person]]:
    """Yield the people in lists of `size`, the last maybe shorter."""
    while batch := list(islice(people, size)):
        yield batch


def make_person(number: int, random: Random, today: date) -> Person:
    """Return one person, by the next draws of `random`."""
    given, family = random.choice(GIVEN_NAMES), random.choice(FAMILY_NAMES)
    country, language = random.choice(COUNTRIES)
    program = random.choices(range(len(PROGRAMS)), PROGRAM_SHARES)[0]
    tiers = PROGRAMS[program].tiers
    tier = random.choices(range(len(tiers)), [plan.share for plan in tiers])[0]
    return Person(
        number=number,
        given_name=given,
        family_name=family,
        email=f"{given}.{family}.{number}@mail.example".lower(),
        birth_date=today - timedelta(days=random.randint(18 * 365, 85 * 365)),
        country=country,
        language=language,
        program=program,
        tier=tier,
        membership_number=f"{random.randint(1000, 9999)} {number:08d}",
        state=random.choices(STATES, STATE_SHARES)[0],
        points=round(random.lognormvariate(0, 0.6) * tiers[tier].usual_points),
        expires_on=date(today.year + random.randint(1, 3), 12, 31),
    )
