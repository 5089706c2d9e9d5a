"""From a profile to a running office: files, schema, then all content in one transaction.

Interrupted at any point, the next run starts the content anew; finished, it changes nothing but the
schema's version. `office.toml` in the data directory and the `office` row are written last.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from geodata.crs import epsg_of
from geodata.gazetteer import Gazetteer, build
from geodata.geocode import Geocoder
from geodata.kinds import load_kinds
from geodata.zones import ZoneTree
from service.audit.trail import record
from service.auth.passwords import hash_password
from service.auth.queries import insert_user, issue_token
from service.borders.current import OfficeZones, as_of
from service.borders.due import carry_out_all_due
from service.clock import office_day
from service.errors import NotReady, StoreError
from service.office import FILE, GAZETTEER_FILE, ZONES_FILE, Office, read_office, write_office
from service.registers.vocabulary import FILES as VOCABULARY_FILES
from service.registers.vocabulary import read_vocabulary
from service.roads.sources import adopt, keep_profile_sources
from service.setup.access import Access, write_access
from service.setup.problems import insert_problems
from service.setup.profile import Person, Profile
from service.setup.queries import insert_basemap, insert_linear_owners, insert_office, insert_zones
from service.setup.registers import insert_registers
from service.store.engine import make_engine
from service.store.schema import office_record, upgrade
from service.words import tr

# Told to the caller: a step in words, how far it is, and how far it goes (0: unknown).
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Initialised:
    """What a set-up did: `access` is the demo's file of logins, `admin_password` a fresh one to show once."""

    office: Office
    zones: int
    basemap: int
    users: int
    problems: int
    review: int
    access: Path | None
    admin_password: str | None


def is_initialised(data_dir: Path) -> bool:
    """Return whether a data directory was set up before."""
    return (data_dir / FILE).is_file()


def bring_up_to_date(data_dir: Path, engine: Engine) -> Office:
    """Migrate the store of an initialised directory, bring due borders in force, and return its office.

    Raises
    ------
    NotReady
        If the directory or its database was never set up.
    StoreError
        If the database belongs to another program or another CRS.
    """
    office = read_office(data_dir)
    with engine.connect() as connection:
        found = office_record(connection)
    if found is None:
        raise NotReady(
            tr(
                "数据库里没有这个单位的数据，请先运行 qingtu init",
                "the database does not hold this office; run qingtu init",
            )
        )
    upgrade(engine, srid=office.crs)
    with engine.begin() as connection:
        adopt(connection, data_dir, actor="upgrade")
    carry_out_all_due(engine, zones=OfficeZones(crs=office.crs), clock=office.clock)
    return office


def initialise(
    data_dir: Path, profile: Profile, *, database_url: str, progress: Progress | None = None
) -> Initialised:
    """Set up an office in an empty store.

    Raises
    ------
    StoreError
        If the database is not empty and not ours, or already holds an office.
    Refused, ZoneError, GazetteerError
        If the profile cannot be used.
    """
    tell = progress or (lambda _words, _done, _total: None)
    office = profile.office
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    zones = _prepare_files(data_dir, profile, tell)
    tell(tr("建立数据表", "creating tables"), 0, 0)
    engine = make_engine(database_url)
    try:
        upgrade(engine, srid=office.crs)
        with engine.begin() as connection:
            if office_record(connection) is not None:
                raise StoreError(
                    tr(
                        "这个数据库里已有一个单位的数据；请用另一个库，或沿用原来的数据目录",
                        "the database already holds an office; use another one",
                    )
                )
            done = _fill(connection, data_dir, profile, zones, tell)
    finally:
        engine.dispose()
    write_office(data_dir, office)
    return done


def _prepare_files(data_dir: Path, profile: Profile, tell: Progress) -> ZoneTree:
    """Put zones and gazetteer into the data directory, in the office's CRS; return the zones.

    From then on the store's zones count: the file stays as the office began.
    """
    tell(tr("读取辖区边界", "reading zones"), 0, 0)
    zones, zones_file = ZoneTree.empty(profile.office.crs), None
    if profile.zones.is_file():
        zones, zones_file = ZoneTree.read(profile.zones, crs=profile.office.crs), data_dir / ZONES_FILE
        zones.write(zones_file)
    for name in VOCABULARY_FILES:
        if (profile.directory / name).is_file():
            shutil.copyfile(profile.directory / name, data_dir / name)
    tell(tr("编制地名库", "compiling the gazetteer"), 0, 0)
    target = data_dir / GAZETTEER_FILE
    if profile.gazetteer is not None:
        shutil.copyfile(profile.gazetteer, target)
    else:
        build(
            **profile.sources(), zones=zones_file, crs=profile.office.crs, out=target,
            may_be_empty=zones_file is None,
        )  # fmt: skip
    return zones


def _fill(
    connection: Connection, data_dir: Path, profile: Profile, zones: ZoneTree, tell: Progress
) -> Initialised:
    office, now = profile.office, datetime.now(UTC)
    for level, frame in zones.layers().items():
        insert_zones(connection, frame, level=level, srid=office.crs)
    insert_linear_owners(connection, zones.owners, srid=office.crs)
    gazetteer = Gazetteer.open(data_dir / GAZETTEER_FILE)
    tell(tr("写入底图", "writing the basemap"), 0, 0)
    basemap = gazetteer.basemap()
    if len(basemap) and epsg_of(basemap.crs) != office.crs:
        basemap = basemap.to_crs(office.crs)
    features = insert_basemap(connection, basemap, srid=office.crs)
    tell(tr("建立用户", "creating users"), 0, 0)
    people, access, admin_password = _insert_people(connection, data_dir, profile)
    total = len(profile.problems)
    words = tr("定位示范问题", "placing problems")
    review = insert_problems(
        connection, profile.problems, geocoder=Geocoder(gazetteer), zones=as_of(zones, office_day(office.clock.now())), kinds=load_kinds(), srid=office.crs,
        progress=lambda count: tell(words, count, total),
    ) if total else 0  # fmt: skip
    tell(tr("登记台账", "registering places"), 0, 0)
    insert_registers(
        connection, profile.directory, zones=as_of(zones, office_day(office.clock.now())), kinds=load_kinds(),
        vocabulary=read_vocabulary(data_dir, load_kinds()), srid=office.crs, now=office.clock.now(),
    )  # fmt: skip
    keep_profile_sources(connection, profile, data_dir)
    insert_office(connection, office, now=now)
    record(
        connection, actor="init", action="initialised", object_type="office", object_id="1",
        detail={"profile": office.profile, "problems": total, "review": review},
    )  # fmt: skip
    return Initialised(
        office=office, zones=sum(len(frame) for frame in zones.layers().values()), basemap=features,
        users=people, problems=total, review=review, access=access, admin_password=admin_password,
    )  # fmt: skip


def _insert_people(
    connection: Connection, data_dir: Path, profile: Profile
) -> tuple[int, Path | None, str | None]:
    """Create the users; return their number, the demo's file of logins, or a fresh admin password."""
    people = list(profile.people)
    # An office needs somebody to begin with.
    if not any(person.role == "admin" for person in people):
        people.insert(0, Person("admin", tr("系统管理员", "administrator"), "admin"))
    # Random at every set-up, never a shipped default. One for all users of the demo, so that people
    # can try every role; elsewhere only the admin can log in until passwords are set.
    password = f"qingtu-{secrets.token_hex(4)}"
    password_hash = hash_password(password)
    chosen = any(person.role == "admin" and person.password for person in people)
    # Elsewhere only the admin can log in until passwords are set: the one called so, or the first.
    first_admin = next(person for person in people if person.role == "admin")
    if any(person.name == "admin" for person in people):
        first_admin = next(person for person in people if person.name == "admin")
    nobody = hash_password(secrets.token_urlsafe(24))
    users: list[Access] = []
    for person in people:
        opens = profile.office.is_demo or person.name == "admin" or person is first_admin
        own = hash_password(person.password) if person.password else None
        user_id = insert_user(
            connection, name=person.name, display_name=person.display_name, role=person.role,
            password_hash=own or (password_hash if opens else nobody), zone_code=",".join(person.zones) or None,
            command=person.command, unit=person.unit,
        )  # fmt: skip
        if profile.office.is_demo:
            users.append(
                Access(
                    name=person.name, password=password, role=person.role, zone=",".join(person.zones),
                    command=person.command or "", token=issue_token(connection, user_id, label="demo"),
                )
            )  # fmt: skip
    if profile.office.is_demo:
        # Before the commit: logins that nobody knows would be of no use; a failed set-up replaces them.
        return len(people), write_access(data_dir, url="", users=users), None
    return len(people), None, None if chosen else password
