/** The objects of the API as JSON Schema 2020-12, shared by the OpenAPI and the AsyncAPI description. Kept by hand. */
import { ALERT_TYPES, SEVERITIES } from '../../model/alert.ts';
import { COVERAGE_CLASSES } from '../../model/coverage.ts';
import { KINDS } from '../../model/identifier.ts';
import { PIN_OVERRIDES } from '../../model/pin.ts';
import { TRUST_TESTS } from '../../model/trust-test.ts';

type Schema = Record<string, unknown>;

const string = { type: 'string' };
const text = { type: ['string', 'null'] };
const count = { type: 'integer', minimum: 0 };
const share = { type: 'number', minimum: 0, maximum: 1 };
const bool = { type: 'boolean' };
const time = { type: 'string', format: 'date-time', description: 'UTC' };
const strings = { type: 'array', items: string };
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const orNull = (schema: Schema) => ({ anyOf: [schema, { type: 'null' }] });

/** Every property is required; more may be added in later versions. */
function object(properties: Record<string, Schema>, description?: string): Schema {
  const schema = { type: 'object', properties, required: Object.keys(properties) };
  return description === undefined ? schema : { ...schema, description };
}

/** The same with properties that older alerts lack. */
function withOptional(optional: Record<string, Schema>, required: Record<string, Schema>): Schema {
  return { ...object(required), properties: { ...required, ...optional } };
}

const country = { type: ['string', 'null'], description: 'ISO 3166-1 alpha-2' };
const destination = { host: string, port: count, ip: text };

export const SCHEMAS = {
  Error: object({ error: { type: 'string', description: 'One line that says what to do.' } }),
  Identifier: object({
    kind: { enum: [...KINDS] },
    masked: string,
    known: { type: 'boolean', description: 'A registered value of this phone.' },
    confidence: { enum: ['certain', 'likely', 'possible'] },
    reasoning: string,
  }),
  Attribution: object(
    {
      name: string,
      reason: string,
      evidence: { type: 'string', description: 'e.g. `header:x-requested-with`, `host`.' },
    },
    'App or SDK that probably sent it: a hint, not proof.',
  ),
  Evidence: object({
    flow: string,
    direction: { enum: ['request', 'response'] },
    where: { enum: ['path', 'query', 'header', 'cookie', 'body', 'message', 'dns', 'sni', 'raw'] },
    path: { type: ['string', 'null'], description: 'Locator, e.g. `$.a[0].b`, `header:X-Imei`.' },
    decoding: { ...strings, description: 'Layers opened to see it, outermost first.' },
    hash: text,
    offset: count,
  }),
  DestinationFacts: object({
    location: object({
      country,
      confidence: { enum: ['agreed', 'disputed', 'single', 'none'] },
      votes: { type: 'array', items: object({ source: string, country }) },
      note: text,
    }),
    network: object({ asn: { type: ['integer', 'null'] }, org: text, country }),
    owner: object({
      name: text,
      country,
      kind: text,
      evidence: { enum: ['table', 'hosting', 'certificate', 'unknown'] },
      parent: text,
    }),
  }),
  Alert: withOptional(
    { attribution: orNull(ref('Attribution')) },
    {
      v: { const: 1 },
      seq: { ...count, description: 'Grows with every alert and every update of one: the place to resume from.' },
      id: { type: 'string', description: 'ULID; stays the same when `count` grows.' },
      time,
      type: { enum: [...ALERT_TYPES] },
      severity: { enum: [...SEVERITIES] },
      device: object({ id: string, model: text, ip: string, mac: text }),
      case: orNull({
        type: 'object',
        properties: { id: string, phase: text, phases: { type: 'object', additionalProperties: count } },
        required: ['id', 'phase'],
      }),
      identifier: orNull(ref('Identifier')),
      evidence: orNull(ref('Evidence')),
      flow: orNull(object({ protocol: string, method: text, url: text, encrypted: bool, intercepted: bool })),
      destination: orNull({ allOf: [object(destination), ref('DestinationFacts')] }),
      count: { type: 'integer', minimum: 1 },
      firstSeen: time,
      lastSeen: time,
      simulated: bool,
      message: { type: 'string', description: 'One sentence for a person, without any value.' },
      label: text,
    },
  ),
  Secret: object({ value: string, seen: string, window: { type: 'string', contentEncoding: 'base64' } }),
  Flow: object({
    id: string,
    openedAt: { ...count, description: 'Milliseconds since the epoch.' },
    closedAt: { type: ['integer', 'null'] },
    deviceId: text,
    client: object({ ip: string, port: count }),
    engine: string,
    arrival: string,
    treatment: { enum: ['intercept', 'passthrough', 'refuse'] },
    treatmentReason: text,
    destination: object(destination),
    facts: orNull(ref('DestinationFacts')),
    encrypted: bool,
    intercepted: bool,
    simulated: bool,
    hello: { type: ['object', 'null'] },
    tls: { type: ['object', 'null'] },
    certificate: { type: ['object', 'null'] },
    protocol: text,
    requests: count,
    findings: count,
    notSeen: strings,
    reason: text,
    detail: text,
    bytesUp: count,
    bytesDown: count,
  }),
  Device: object({
    id: string,
    model: text,
    match: object({ ip: text, mac: text, default: bool }),
    identifiers: { type: 'object', additionalProperties: { type: 'array' }, description: 'Masked unless revealed.' },
    canaries: object({
      contacts: { type: 'array', items: object({ name: string, phone: string }) },
      messages: strings,
      photos: strings,
      searches: { ...strings, description: 'Search words typed.' },
      visited: { ...strings, description: 'Addresses of pages opened.' },
      clipboard: { ...strings, description: 'Texts copied.' },
    }),
    salts: count,
  }),
  DiscoveredPhone: object({
    mac: string,
    addresses: { ...strings, description: 'The latest first.' },
    hostName: text,
    vendorClass: text,
    fingerprint: { type: ['string', 'null'], description: 'DHCP options asked for, in order.' },
    system: { type: ['string', 'null'], description: 'As far as vendor class and fingerprint tell.' },
    maker: { type: ['string', 'null'], description: 'Of the network hardware, by its address.' },
    randomised: { type: 'boolean', description: 'The address is made up for this network.' },
    deviceId: { type: ['string', 'null'], description: 'Null: nobody named it yet.' },
    firstSeen: time,
    lastSeen: time,
  }),
  Case: object({
    id: string,
    title: string,
    deviceId: text,
    label: text,
    openedAt: time,
    closedAt: text,
    marks: { type: 'array', items: object({ phase: string, at: time }) },
  }),
  Coverage: object({
    deviceId: string,
    rows: {
      type: 'array',
      items: object({ class: { enum: [...COVERAGE_CLASSES] }, connections: count, bytesUp: count, bytesDown: count }),
    },
    readShare: { type: ['number', 'null'], minimum: 0, maximum: 1 },
    sentence: string,
    unseen: {
      type: 'array',
      items: object({ host: string, country, owner: text, bytesUp: count, class: { enum: [...COVERAGE_CLASSES] } }),
    },
  }),
  Beacon: object({
    device: string,
    host: string,
    port: count,
    contacts: count,
    periodS: { type: 'number', minimum: 0 },
    jitter: { type: 'number', minimum: 0, description: 'Spread of the intervals as a share of the period.' },
    chance: share,
    firstSeen: time,
    lastSeen: time,
  }),
  Reaction: object({
    device: string,
    host: string,
    port: count,
    phase: string,
    marks: count,
    followed: { ...count, description: 'Marks that a contact followed within a minute.' },
    delayS: { type: 'number', minimum: 0 },
    usual: { ...share, description: 'Share of all other moments that a contact follows as soon.' },
    chance: share,
  }),
  IdleContact: object({
    device: string,
    host: string,
    port: count,
    contacts: count,
    idleHours: { type: 'number', minimum: 0 },
  }),
  Pin: object({
    device: string,
    name: string,
    override: { enum: [...PIN_OVERRIDES] },
    state: { enum: ['watching', 'pinned', 'probing'] },
    rejections: count,
    how: text,
    since: count,
    until: { type: ['integer', 'null'] },
  }),
  TrustTest: object({
    id: string,
    device: string,
    name: string,
    test: { enum: [...TRUST_TESTS] },
    state: { enum: ['waiting', 'running', 'accepted', 'refused', 'expired', 'cancelled'] },
    how: { type: ['string', 'null'], description: 'TLS alert name, or `silent-close`.' },
    requestedAt: count,
    until: count,
    decidedAt: { type: ['integer', 'null'] },
  }),
  UpstreamEntry: object({
    host: string,
    port: { type: 'integer', minimum: 1, maximum: 65535 },
    dial: { type: 'string', description: 'Loopback address and port, e.g. `127.0.0.1:18080`.' },
    address: { type: 'string', description: 'IP address the flow is filed under.' },
  }),
  Decoder: object({ name: string, description: string }),
  Replay: object({ name: string, title: string, label: text }),
  ReplayOutcome: object({ case: string, expected: string, seen: string, ok: bool, note: text }),
} satisfies Record<string, Schema>;
