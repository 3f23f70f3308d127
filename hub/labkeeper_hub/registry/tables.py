"""The registry's tables. Their history is in migrations/; a test holds the two together."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    true,
)

metadata = MetaData()

schools = Table("schools", metadata, Column("school", String, primary_key=True))

labs = Table(
    "labs",
    metadata,
    Column("school", String, primary_key=True),
    Column("lab", String, primary_key=True),
    Column("title_zh", String, nullable=False),
    Column("title_en", String, nullable=False),
)

nodes = Table(
    "nodes",
    metadata,
    Column("school", String, primary_key=True),
    Column("node", String, primary_key=True),
    Column("lab", String, nullable=False),  # as the node says it; "" for a foreign one
    Column("title_zh", String, nullable=False),
    Column("title_en", String, nullable=False),
    Column("epoch", String, nullable=True),  # NULL: a foreign node, without an outbox
    Column("online", Boolean, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("last_seen_ms", BigInteger, nullable=False),
)

devices = Table(
    "devices",
    metadata,
    Column("school", String, primary_key=True),
    Column("node", String, primary_key=True),
    Column("device", String, primary_key=True),
    Column("description", JSON, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    ForeignKeyConstraint(["school", "node"], ["nodes.school", "nodes.node"]),
)

points = Table(
    "points",
    metadata,
    Column("school", String, primary_key=True),
    Column("node", String, primary_key=True),
    Column("device", String, primary_key=True),
    Column("point", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("description", JSON, nullable=False),
    ForeignKeyConstraint(["school", "node", "device"], ["devices.school", "devices.node", "devices.device"]),
)

commands = Table(
    "commands",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("school", String, nullable=False),
    Column("node", String, nullable=False),
    Column("device", String, nullable=False),
    Column("point", String, nullable=False),
    Column("value", JSON, nullable=False),
    Column("holder", String, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("deadline_ms", BigInteger, nullable=False),
    Column("state", String(8), nullable=False),
    Column("code", String, nullable=False),
    Column("message", String, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Index("commands_by_time", "created_ms"),
    Index("commands_by_device", "school", "node", "device", "created_ms"),
    Index("commands_by_state", "state"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("name", String, primary_key=True),  # the pseudonym
    Column("number", Integer, nullable=False, unique=True),
    Column("login", String, nullable=False, unique=True),
    Column("title", String, nullable=False),
    Column("grants", JSON, nullable=False),
    Column("password", String, nullable=True),  # argon2id
    Column("invitation", String, nullable=True),  # digest
    Column("invited_until_ms", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("removed", Boolean, nullable=False),
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("name", String, primary_key=True),  # the pseudonym
    Column("sealed", Text, nullable=False),  # the app's secret, encrypted
    Column("on", Boolean, nullable=False),
    Column("step", BigInteger, nullable=False),  # of the last code that was taken
    Column("recovery", JSON, nullable=False),  # digests
)

school_accounts = Table(
    "school_accounts",
    metadata,
    Column("mark", String(64), primary_key=True),  # of issuer and subject, by the vault's key
    Column("name", String, nullable=False, unique=True),  # the pseudonym
    Column("mapped", Boolean, nullable=False),
    Column("linked_ms", BigInteger, nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", String, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("holder", String, nullable=False),
    Column("title", String, nullable=False),
    Column("actions", JSON, nullable=False),
    Column("labs", JSON, nullable=False),
    Column("digest", String(64), nullable=True),  # NULL: revoked
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger, nullable=True),
)

alarms = Table(
    "alarms",
    metadata,
    *(Column(name, String, primary_key=True) for name in ("rule", "school", "node", "device", "point")),
    Column("lab", String, nullable=False),
    Column("level", String, nullable=False),
    Column("core", String(13), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("latch", Boolean, nullable=False),
    Column("safety", Boolean, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("raised_ms", BigInteger, nullable=False),
    Column("value", Float, nullable=True),
    Column("shelf", JSON, nullable=True),
    Column("design", String, nullable=False),
    Column("service", JSON, nullable=True),
    Column("version", BigInteger, nullable=False),
    Column("called", Boolean, nullable=False, server_default=true()),
)

alarm_entries = Table(
    "alarm_entries",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    *(Column(name, String, nullable=False) for name in ("rule", "school", "node", "device", "point", "lab")),
    Column("kind", String(16), nullable=False),
    Column("level", String, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("value", Float, nullable=True),
    Column("who", String, nullable=False),
    Column("why", String, nullable=False),
    Column("late", Boolean, nullable=False),
    Index("alarm_entries_by_time", "at_ms"),
    Index("alarm_entries_by_source", "school", "node", "device", "point", "at_ms"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("school", String, nullable=False),
    Column("lab", String, nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("started_by", String, nullable=False),
    Column("stopped_ms", BigInteger, nullable=True),
    Column("stopped_by", String, nullable=False),
    Column("plan", JSON, nullable=False),
    Column("marks", JSON, nullable=False),
    Column("seal", JSON, nullable=True),
    Column("record", Text, nullable=True),  # the sealed text, byte for byte
    Index("recordings_by_lab", "school", "lab", "started_ms"),
)

telling_channels = Table(
    "telling_channels",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("kind", String, nullable=False),
    Column("language", String(2), nullable=False),
    Column("sealed", Text, nullable=False),  # the configuration, encrypted
    Column("made_ms", BigInteger, nullable=False),
    Column("made_by", String, nullable=False),
)

telling = Table(
    "telling",
    metadata,
    Column("name", String(8), primary_key=True),  # plan, state
    Column("value", JSON, nullable=False),
)

telling_messages = Table(
    "telling_messages",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("kind", String(16), nullable=False),
    *(Column(name, Text, nullable=False) for name in ("title", "text", "link")),
    Column("safety", Boolean, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("fate", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("ended_ms", BigInteger, nullable=True),
    Column("error", String, nullable=False),
    Index("telling_messages_by_time", "made_ms"),
    Index("telling_messages_by_fate", "fate"),
)

automation_runs = Table(
    "automation_runs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("automation", String(32), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("outcome", String(8), nullable=False),
    Column("why", String(16), nullable=False),
    Column("parts", JSON, nullable=False),
    Column("results", JSON, nullable=False),
    Index("automation_runs_by_time", "at_ms"),
    Index("automation_runs_by_automation", "automation", "at_ms"),
)

timetables = Table(
    "timetables",
    metadata,
    Column("school", String, primary_key=True),
    Column("timetable", JSON, nullable=False),
)

bookings = Table(
    "bookings",
    metadata,
    Column("id", String(36), primary_key=True),
    *(Column(name, String, nullable=False) for name in ("school", "lab")),
    *(Column(name, BigInteger, nullable=False) for name in ("start_ms", "end_ms")),
    *(Column(name, String, nullable=False) for name in ("class_name", "course", "teacher", "title", "guest")),
    Index("bookings_by_time", "end_ms"),
)

openings = Table(
    "openings",
    metadata,
    Column("id", String(36), primary_key=True),
    *(Column(name, String, nullable=False) for name in ("school", "lab")),
    *(Column(name, BigInteger, nullable=False) for name in ("start_ms", "end_ms")),
    Column("schools", JSON, nullable=False),
)

taught_lessons = Table(
    "taught_lessons",
    metadata,
    Column("lesson", String(36), primary_key=True),
    *(Column(name, String, nullable=False) for name in ("school", "lab", "class_name", "course", "teacher")),
    Column("started_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger, nullable=True),
    Column("occurrence", String, nullable=False),
    Index("taught_lessons_by_time", "school", "started_ms"),
)

calendar_links = Table(
    "calendar_links",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("digest", String, nullable=False, unique=True),
    *(Column(name, String, nullable=False) for name in ("school", "lab", "teacher", "made_by")),
    Column("made_ms", BigInteger, nullable=False),
)
