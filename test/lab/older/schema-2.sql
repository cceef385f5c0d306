-- evidence.db as the lab of commit 68811f1 left it after one leak of a registered IMEI over plain HTTP (lab values only).
-- certs/evidence.key: c4ccb75c9306633b5f1c007858f35b33bdcb219a47c26ac5811d73bc08e80588
BEGIN TRANSACTION;
CREATE TABLE alerts (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL UNIQUE,
    last_seen TEXT NOT NULL,
    type TEXT NOT NULL,
    severity INTEGER NOT NULL,
    device TEXT NOT NULL,
    case_id TEXT,
    kind TEXT,
    flow TEXT,
    json TEXT NOT NULL
  ) STRICT;
INSERT INTO "alerts" VALUES('01M8NSJSFCP1H9GT133689EK16',1,'2026-11-30T08:36:43.116Z','leak',4,'phone-1',NULL,'imei','01M8NSJSCYMQZ27G95CF6S8ZF8','{"v":1,"seq":1,"id":"01M8NSJSFCP1H9GT133689EK16","time":"2026-11-30T08:36:43.116Z","type":"leak","severity":"critical","device":{"id":"phone-1","model":"Lab phone","ip":"127.0.0.1","mac":null},"case":null,"identifier":{"kind":"imei","masked":"490154*******18","known":true,"confidence":"certain","reasoning":"registered IMEI of this phone (15 digits)"},"evidence":{"flow":"01M8NSJSCYMQZ27G95CF6S8ZF8","direction":"request","where":"query","path":"imei","decoding":[],"hash":null,"offset":0},"flow":{"protocol":"http/1.1","method":"GET","url":"http://localhost:18301/collect?imei=…","encrypted":false,"intercepted":true},"destination":{"host":"localhost","port":18301,"ip":"127.0.0.1","location":{"country":null,"confidence":"none","votes":[],"note":"loopback"},"network":{"asn":null,"org":null,"country":null},"owner":{"name":null,"country":null,"kind":null,"evidence":"unknown","parent":null}},"simulated":false,"message":"The IMEI of Lab phone went to localhost, unencrypted: anyone on the path can read it.","label":null,"attribution":{"name":"a script or tool","reason":"its User-Agent says so.","evidence":"header:user-agent"},"count":1,"firstSeen":"2026-11-30T08:36:43.116Z","lastSeen":"2026-11-30T08:36:43.116Z"}');
CREATE TABLE audit (
    position INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    who TEXT NOT NULL
  ) STRICT;
CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    device TEXT,
    label TEXT,
    opened_at TEXT NOT NULL,
    closed_at TEXT
  ) STRICT;
CREATE TABLE coverage (
    device TEXT NOT NULL,
    case_id TEXT NOT NULL,
    time TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (device, case_id)
  ) STRICT;
CREATE TABLE flows (
    id TEXT PRIMARY KEY,
    opened_at INTEGER NOT NULL,
    device TEXT,
    host TEXT NOT NULL,
    json TEXT NOT NULL
  ) STRICT;
INSERT INTO "flows" VALUES('01M8NSJSCYMQZ27G95CF6S8ZF8',1796027803013,'phone-1','localhost','{"id":"01M8NSJSCYMQZ27G95CF6S8ZF8","openedAt":1796027803013,"closedAt":1796027803174,"deviceId":"phone-1","client":{"ip":"127.0.0.1","port":56468},"engine":"wire","arrival":"http-absolute","treatment":"intercept","treatmentReason":null,"destination":{"host":"localhost","port":18301,"ip":"127.0.0.1"},"facts":{"location":{"country":null,"confidence":"none","votes":[],"note":"loopback"},"network":{"asn":null,"org":null,"country":null},"owner":{"name":null,"country":null,"kind":null,"evidence":"unknown","parent":null}},"encrypted":false,"intercepted":true,"simulated":false,"hello":null,"tls":null,"certificate":null,"protocol":"http/1.1","requests":1,"findings":1,"notSeen":[],"reason":"ended","detail":null,"bytesUp":107,"bytesDown":124}');
CREATE TABLE marks (
    case_id TEXT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    phase TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (case_id, position)
  ) STRICT;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO "meta" VALUES('key','a43155dbe12c14ff');
CREATE TABLE secrets (
    alert_id TEXT PRIMARY KEY REFERENCES alerts (id) ON DELETE CASCADE,
    sealed BLOB NOT NULL
  ) STRICT;
INSERT INTO "secrets" VALUES('01M8NSJSFCP1H9GT133689EK16',X'6AACCD795A6699BC4DFA2C33D4D839099C9699CC7A09F6DA65A9D4C8EAA2DA3E40E380E8BEB1148439EC554CEA68D0C0D2D140F868790D2168242F19AA3AC41A6C2AB477A5443383B1BFBE8F43607BE4C5B43FBEDEFEA70BDD6C6CD6CB35C6C5560593C2C942A6924DCE6EF9E2298BE4');
CREATE TABLE tokens (
    device TEXT NOT NULL,
    case_id TEXT NOT NULL,
    phase TEXT NOT NULL,
    host TEXT NOT NULL,
    place TEXT NOT NULL,
    path TEXT NOT NULL,
    hash TEXT NOT NULL,
    last_seen INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (device, host, place, path, case_id, phase, hash)
  ) STRICT, WITHOUT ROWID;
INSERT INTO "tokens" VALUES('phone-1','','','localhost','query','imei','f7f898fb90c794cf870e218270801120',1796027803116,'{"device":"phone-1","model":"Lab phone","host":"localhost","where":"query","path":"imei","kind":"imei","issued":false,"caseId":null,"phase":null,"requests":1,"connections":1,"firstSeen":1796027803116,"lastSeen":1796027803116,"hash":"f7f898fb90c794cf870e218270801120","shape":"15 digits"}');
CREATE INDEX alerts_device ON alerts (device, seq);
CREATE INDEX alerts_case ON alerts (case_id, seq);
CREATE INDEX alerts_last_seen ON alerts (last_seen);
CREATE INDEX alerts_flow ON alerts (flow);
CREATE INDEX flows_opened_at ON flows (opened_at);
CREATE INDEX flows_device ON flows (device, opened_at);
CREATE INDEX tokens_case ON tokens (case_id);
CREATE INDEX tokens_last_seen ON tokens (last_seen);
COMMIT;
PRAGMA user_version = 2;
