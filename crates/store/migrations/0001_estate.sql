-- One text for both databases. What they write differently stands in braces and is put in by the
-- program: {id} a key that is counted, {bytes} raw bytes, {packed} a table that lies in the order
-- of its key.

-- What is known of the estate itself: its name, when it was begun.
CREATE TABLE estate (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The next number of each kind of thing. Numbers are given out in blocks and never twice.
CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    next BIGINT NOT NULL
);

-- The fields that can be observed, by the number under which this store keeps them.
CREATE TABLE field (
    id   {id},
    name TEXT NOT NULL UNIQUE
);

-- Evidence as it came, by its SHA-256, in parts.
CREATE TABLE blob (
    sha256      TEXT PRIMARY KEY,
    size        BIGINT NOT NULL,
    made_at     TEXT NOT NULL,
    redacted_at TEXT
);
CREATE TABLE blob_part (
    sha256 TEXT NOT NULL,
    n      BIGINT NOT NULL,
    bytes  {bytes} NOT NULL,
    PRIMARY KEY (sha256, n)
);

-- Places, in a tree.
CREATE TABLE site (
    id         {id},
    parent     BIGINT,
    name       TEXT NOT NULL,
    class      TEXT NOT NULL,
    retired_at TEXT
);
CREATE INDEX site_parent ON site (parent);

-- One reading of one feed: a register, a scan, a folder of captures. What belongs to a run is
-- seen by nobody before the run is whole, and by nobody after it was undone.
CREATE TABLE run (
    id           {id},
    feed         TEXT NOT NULL,
    kind         TEXT NOT NULL,
    state        TEXT NOT NULL,
    began_at     TEXT NOT NULL,
    ended_at     TEXT,
    who          TEXT NOT NULL,
    inputs       TEXT NOT NULL,
    base         TEXT NOT NULL,
    asked        TEXT NOT NULL,
    day          TEXT NOT NULL,
    taken        BIGINT NOT NULL,
    devices      BIGINT NOT NULL,
    new_devices  BIGINT NOT NULL,
    observations BIGINT NOT NULL,
    said         TEXT NOT NULL,
    published    BIGINT
);
CREATE UNIQUE INDEX run_published ON run (published);
CREATE INDEX run_feed ON run (feed, published);

-- A device is an identity. What is known of it stands in parts and answers.
CREATE TABLE device (
    id  {id},
    run BIGINT NOT NULL
);
CREATE INDEX device_run ON device (run);

-- By what a device is known again. `kind`: 1 serial, 2 mac, 3 certificate, 4 name, 5 ip.
CREATE TABLE device_key (
    kind   BIGINT NOT NULL,
    value  TEXT NOT NULL,
    site   TEXT NOT NULL,
    device BIGINT NOT NULL,
    run    BIGINT NOT NULL,
    PRIMARY KEY (kind, value, site, device, run)
) {packed};
CREATE INDEX device_key_device ON device_key (device);

-- What one run says of one device; appended, never changed.
CREATE TABLE part (
    id        {id},
    device    BIGINT NOT NULL,
    run       BIGINT NOT NULL,
    sort      TEXT NOT NULL,
    name      TEXT NOT NULL,
    installed TEXT,
    notes     TEXT NOT NULL
);
CREATE INDEX part_device ON part (device, run);
CREATE INDEX part_run ON part (run);

-- Where it stood: the row, line or packet as it was.
CREATE TABLE record (
    part   BIGINT NOT NULL,
    n      BIGINT NOT NULL,
    source TEXT NOT NULL,
    sheet  TEXT,
    line   BIGINT NOT NULL,
    text   TEXT NOT NULL,
    seen   TEXT,
    origin TEXT,
    PRIMARY KEY (part, n)
) {packed};

-- What was observed; appended, never changed.
CREATE TABLE observation (
    part    BIGINT NOT NULL,
    n       BIGINT NOT NULL,
    field   BIGINT NOT NULL,
    value   TEXT NOT NULL,
    record  BIGINT NOT NULL,
    at_from BIGINT NOT NULL,
    at_to   BIGINT NOT NULL,
    col     BIGINT NOT NULL,
    PRIMARY KEY (part, n)
) {packed};

-- What was answered of a device, each time it became otherwise. The last of a whole run holds.
CREATE TABLE answer (
    id        {id},
    device    BIGINT NOT NULL,
    run       BIGINT NOT NULL,
    name      TEXT NOT NULL,
    place     TEXT NOT NULL,
    label     TEXT NOT NULL,
    model     TEXT NOT NULL,
    maker     TEXT NOT NULL,
    certainty BIGINT NOT NULL,
    rulings   BIGINT NOT NULL,
    holes     BIGINT NOT NULL,
    standing  TEXT NOT NULL,
    settles   TEXT NOT NULL,
    words     TEXT NOT NULL
);
CREATE INDEX answer_device ON answer (device);
CREATE INDEX answer_run ON answer (run);

-- What the regimes say, once for all devices of which they say the same.
CREATE TABLE rulings (
    id     {id},
    sha256 TEXT NOT NULL UNIQUE,
    said   TEXT NOT NULL
);

-- What people said of a device.
CREATE TABLE judgement (
    id           {id},
    device       BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    about        TEXT NOT NULL,
    reason       TEXT NOT NULL,
    until        TEXT,
    who          TEXT NOT NULL,
    at           TEXT NOT NULL,
    seconded_by  TEXT,
    seconded_at  TEXT,
    withdrawn_by TEXT,
    withdrawn_at TEXT
);
CREATE INDEX judgement_device ON judgement (device);

-- Everything that somebody did, each line bound to the one before by its hash.
CREATE TABLE audit (
    n       {id},
    at      TEXT NOT NULL,
    who     TEXT NOT NULL,
    act     TEXT NOT NULL,
    about   TEXT NOT NULL,
    details TEXT NOT NULL,
    hash    TEXT NOT NULL
);
CREATE INDEX audit_about ON audit (about, n);

-- What the program has to do, one after the other.
CREATE TABLE job (
    id       {id},
    kind     TEXT NOT NULL,
    state    TEXT NOT NULL,
    who      TEXT NOT NULL,
    asked    TEXT NOT NULL,
    made_at  TEXT NOT NULL,
    held_by  TEXT,
    held_until TEXT,
    tries    BIGINT NOT NULL,
    done     BIGINT NOT NULL,
    of_all   BIGINT NOT NULL,
    said     TEXT NOT NULL,
    run      BIGINT,
    ended_at TEXT
);
CREATE INDEX job_state ON job (state, id);

-- Who may come in. Whoever was removed stays in the table, for what they did bears their number.
CREATE TABLE person (
    id         {id},
    login      TEXT NOT NULL UNIQUE,
    shown      TEXT NOT NULL,
    password   TEXT,
    totp       TEXT,
    totp_step  BIGINT NOT NULL,
    failed     BIGINT NOT NULL,
    wait_until TEXT,
    made_at    TEXT NOT NULL,
    removed_at TEXT
);

-- What a person may do, and under which site; 0 is the whole estate.
CREATE TABLE seat (
    person BIGINT NOT NULL,
    site   BIGINT NOT NULL,
    role   TEXT NOT NULL,
    PRIMARY KEY (person, site)
) {packed};

-- A link that lets somebody choose a password, once. Without a person it makes the first one.
CREATE TABLE invitation (
    sha256  TEXT PRIMARY KEY,
    person  BIGINT,
    made_by TEXT NOT NULL,
    made_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    used_at TEXT
);

-- A browser that somebody came in with. The cookie itself is kept nowhere.
CREATE TABLE session (
    id       {id},
    sha256   TEXT NOT NULL UNIQUE,
    person   BIGINT NOT NULL,
    agent    TEXT NOT NULL,
    made_at  TEXT NOT NULL,
    seen_at  TEXT NOT NULL,
    ends_at  TEXT NOT NULL,
    ended_at TEXT
);
CREATE INDEX session_person ON session (person);

-- What programs come in with, on behalf of a person and with no more than a role.
CREATE TABLE token (
    id       {id},
    sha256   TEXT NOT NULL UNIQUE,
    person   BIGINT NOT NULL,
    name     TEXT NOT NULL,
    role     TEXT NOT NULL,
    made_at  TEXT NOT NULL,
    seen_at  TEXT,
    ends_at  TEXT NOT NULL,
    ended_at TEXT
);
CREATE INDEX token_person ON token (person);
