-- evidence.db as the lab of commit f1412c9 left it after one leak of a registered IMEI over plain HTTP (lab values only).
-- certs/evidence.key: 0ef2ec6adefdfab00e04e8ed1b42f07fe915b1431b5f069adb56ea130698e84a
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
  , simulated INTEGER GENERATED ALWAYS AS (json_extract(json, '$.simulated')) VIRTUAL, link INTEGER, salt BLOB) STRICT;
INSERT INTO "alerts" VALUES('01M8NSJFYCJVTPHCZQY2WH521Y',1,'2026-11-30T08:36:33.356Z','leak',4,'phone-1',NULL,'imei','01M8NSJFY7K9QGWA9WG8N8ENVM','{"v":1,"seq":1,"id":"01M8NSJFYCJVTPHCZQY2WH521Y","time":"2026-11-30T08:36:33.356Z","type":"leak","severity":"critical","device":{"id":"phone-1","model":"Lab phone","ip":"127.0.0.1","mac":null},"case":null,"identifier":{"kind":"imei","masked":"490154*******18","known":true,"confidence":"certain","reasoning":"registered IMEI of this phone (15 digits)","text":{"key":"reason.registered-as","values":{"kind":{"key":"kind.imei","values":{}},"spelling":"15 digits"}}},"evidence":{"flow":"01M8NSJFY7K9QGWA9WG8N8ENVM","direction":"request","where":"query","path":"imei","decoding":[],"hash":null,"offset":0},"flow":{"protocol":"http/1.1","method":"GET","url":"http://localhost:18301/collect?imei=…","encrypted":false,"intercepted":true},"destination":{"host":"localhost","port":18301,"ip":"127.0.0.1","location":{"country":null,"confidence":"none","votes":[],"note":"loopback"},"network":{"asn":null,"org":null,"country":null},"owner":{"name":null,"country":null,"kind":null,"evidence":"unknown","parent":null}},"simulated":false,"text":{"key":"leak","values":{"what":{"key":"leak.certain","values":{"kind":{"key":"kind.imei","values":{}},"phone":"Lab phone"}},"way":{"key":"leak.sent","values":{"receiver":"localhost"}},"spelling":"","when":"","protection":{"key":"leak.clear","values":{}}}},"label":null,"attribution":{"name":"a script or tool","reason":"its User-Agent says so.","text":{"key":"attribution","values":{"reason":{"key":"attribution.agent","values":{}}}},"evidence":"header:user-agent"},"message":"The IMEI of Lab phone went to localhost, unencrypted: anyone on the path can read it.","count":1,"firstSeen":"2026-11-30T08:36:33.356Z","lastSeen":"2026-11-30T08:36:33.356Z"}',2,X'C48ADDD490F4060DD53D0AEFA8D86140');
CREATE TABLE audit (
    position INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    who TEXT NOT NULL
  , link INTEGER, salt BLOB) STRICT;
CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    device TEXT,
    label TEXT,
    opened_at TEXT NOT NULL,
    closed_at TEXT
  , link INTEGER, salt BLOB) STRICT;
CREATE TABLE chain (
    position INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    replaces INTEGER,
    commitment BLOB NOT NULL,
    hash BLOB NOT NULL
  ) STRICT;
INSERT INTO "chain" VALUES(1,'begin',NULL,X'C764C06105E6EEABF0D1AF2C2B4D5327D12F0B8DABD40CF6EE73A57E304CAD18',X'1C32C1D96336A6F7D54B9B08F733658D2D22C6B86CE561D7C43FEE30E87E1752');
INSERT INTO "chain" VALUES(2,'alert',NULL,X'2DBCC942169D23846E8EE0DB9BBF961EEC1361F39ECE100AA9950C9EEF7CD4DE',X'81E6423312DE6542DE3E6E4E3FDD07CF4CA282B08CB9D420BD9A00F8FDECC162');
INSERT INTO "chain" VALUES(3,'value',NULL,X'10AB7404C037D419611F2538D1C959407011846F99F1D46EBD301653400425B3',X'E5D3F60B44F35C9A108FF370DF5525FF5BB520315F19A3D01BB0383B5F777D80');
INSERT INTO "chain" VALUES(4,'flow',NULL,X'B5AC8553684404746BF62730B899878FE41A001BD6F0F049B9342A534BE07995',X'AD5A1F88E7D3B5040091F166C852A457FE1CB2706E76F324DAECB94A53FCD677');
INSERT INTO "chain" VALUES(5,'coverage',NULL,X'0054DC8334B4D43BE2E03C407CFF79764E1B23D0425309B1D962498DBFBF7A18',X'B5D7069689603B8CF7BB314B4373AF33B75AC887CD2C8E40C3C4928F9E333C8A');
CREATE TABLE chain_notes (link INTEGER PRIMARY KEY, salt BLOB NOT NULL, json TEXT NOT NULL) STRICT;
INSERT INTO "chain_notes" VALUES(1,X'D758D53098109BA0286E920A5DB8E18B','{"type":"begin","time":"2026-11-30T08:36:32.047Z","epoch":"ef94b9b38d07883c","reason":"it was new","rows":{}}');
CREATE TABLE checkpoints (
    position INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    hash BLOB NOT NULL,
    signature BLOB NOT NULL
  ) STRICT;
CREATE TABLE coverage (
    device TEXT NOT NULL,
    simulated INTEGER NOT NULL,
    json TEXT NOT NULL, link INTEGER, salt BLOB,
    PRIMARY KEY (device, simulated)
  ) STRICT;
INSERT INTO "coverage" VALUES('phone-1',0,'{"closed":{"deviceId":"phone-1","simulated":false,"since":"2026-11-30T08:36:33.351Z","trust":"unknown","sentence":"All of what this phone sent through the lab could be read.","text":{"key":"coverage","values":{"head":{"key":"coverage.all","values":{}},"trust":"","failed":"","recovered":"","refused":"","open":"","gaps":""}},"readShare":1,"rows":[{"class":"read","connections":1,"open":0,"bytesUp":107,"bytesDown":124}],"unseen":[],"gaps":[]},"withOpen":{"deviceId":"phone-1","simulated":false,"since":"2026-11-30T08:36:33.351Z","trust":"unknown","sentence":"All of what this phone sent through the lab could be read.","text":{"key":"coverage","values":{"head":{"key":"coverage.all","values":{}},"trust":"","failed":"","recovered":"","refused":"","open":"","gaps":""}},"readShare":1,"rows":[{"class":"read","connections":1,"open":0,"bytesUp":107,"bytesDown":124}],"unseen":[],"gaps":[]},"root":"4D:C1:07:DA:FE:64:0E:46:D3:27:25:9B:B4:79:2D:2D:8C:C8:E2:1B:F0:4D:C0:2D:07:EA:BB:F4:B1:DC:46:8B"}',5,X'7ADE41B9D9BA34E622102B683C603E32');
CREATE TABLE flows (
    id TEXT PRIMARY KEY,
    opened_at INTEGER NOT NULL,
    device TEXT,
    host TEXT NOT NULL,
    json TEXT NOT NULL
  , simulated INTEGER GENERATED ALWAYS AS (json_extract(json, '$.simulated')) VIRTUAL, link INTEGER, salt BLOB) STRICT;
INSERT INTO "flows" VALUES('01M8NSJFY7K9QGWA9WG8N8ENVM',1796027793103,'phone-1','localhost','{"id":"01M8NSJFY7K9QGWA9WG8N8ENVM","openedAt":1796027793103,"closedAt":1796027793387,"deviceId":"phone-1","client":{"ip":"127.0.0.1","port":56306},"engine":"wire","arrival":"http-absolute","treatment":"intercept","treatmentReason":null,"passCause":null,"destination":{"host":"localhost","port":18301,"ip":"127.0.0.1"},"facts":{"location":{"country":null,"confidence":"none","votes":[],"note":"loopback"},"network":{"asn":null,"org":null,"country":null},"owner":{"name":null,"country":null,"kind":null,"evidence":"unknown","parent":null}},"encrypted":false,"intercepted":true,"simulated":false,"hello":null,"tls":null,"certificate":null,"protocol":"http/1.1","requests":1,"findings":1,"notSeen":[],"reason":"ended","detail":null,"bytesUp":107,"bytesDown":124}',4,X'EC918AD48616A335D1EF2E1E3CCCD8A8');
CREATE TABLE gaps (
    subject TEXT NOT NULL,
    began TEXT NOT NULL,
    json TEXT NOT NULL, link INTEGER, salt BLOB,
    PRIMARY KEY (began, subject)
  ) STRICT;
CREATE TABLE marks (
    case_id TEXT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    phase TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (case_id, position)
  ) STRICT;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO "meta" VALUES('key','4dfa0c429790a060');
INSERT INTO "meta" VALUES('epoch','ef94b9b38d07883c');
INSERT INTO "meta" VALUES('alive','1796027795477');
CREATE TABLE secrets (
    alert_id TEXT PRIMARY KEY REFERENCES alerts (id) ON DELETE CASCADE,
    sealed BLOB NOT NULL
  , link INTEGER, salt BLOB) STRICT;
INSERT INTO "secrets" VALUES('01M8NSJFYCJVTPHCZQY2WH521Y',X'38AC0CE78AD2182C9ECBF81D02DF3C08901C73304B9732661978A430A1FEC7A05E0905F90FFB7ED7C676F268136966ABC5024525F512CE7B0D47EC748AF3CFD44BBB4578DB1ED7AD0F7BB025ADD0083910E5206AC80488C8550713312BD5044D73009004B322F44EE282E2A6441250A2',3,X'5A8BD2BC0A1B77F0271E59BE9845191B');
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
INSERT INTO "tokens" VALUES('phone-1','','','localhost','query','imei','6343a413686f7a33307ac32358607c9f',1796027793356,'{"device":"phone-1","model":"Lab phone","host":"localhost","where":"query","path":"imei","kind":"imei","issued":false,"simulated":false,"caseId":null,"phase":null,"requests":1,"connections":1,"firstSeen":1796027793356,"lastSeen":1796027793356,"hash":"6343a413686f7a33307ac32358607c9f","shape":"15 digits"}');
CREATE INDEX alerts_device ON alerts (device, seq);
CREATE INDEX alerts_case ON alerts (case_id, seq);
CREATE INDEX alerts_last_seen ON alerts (last_seen);
CREATE INDEX alerts_flow ON alerts (flow);
CREATE INDEX flows_opened_at ON flows (opened_at);
CREATE INDEX flows_device ON flows (device, opened_at);
CREATE INDEX tokens_case ON tokens (case_id);
CREATE INDEX tokens_last_seen ON tokens (last_seen);
CREATE INDEX flows_left_open ON flows (id) WHERE json_extract(json, '$.closedAt') IS NULL;
COMMIT;
PRAGMA user_version = 5;
