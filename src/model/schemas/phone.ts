/** A phone under test: what is registered, what was met, how much of it could be read, what it does by itself. */
import { z } from 'zod';
import { COVERAGE_CLASSES, GAP_KINDS, PASS_CAUSES, PIN_OVERRIDES, TRUST_TESTS, TRUSTS } from '../words.ts';
import { count, country, milliseconds, port, share, text, textOrNull, time } from './parts.ts';
import { sentence } from './text.ts';

const texts = z.array(text);
const contact = z.object({ name: text, phone: text });

/** A phone as the API shows it. */
export const deviceView = z.object({
  id: text,
  model: textOrNull,
  match: z.object({
    ip: textOrNull,
    mac: textOrNull,
    login: textOrNull.optional().describe('Proxy user name that the operator gave this phone.'),
    default: z.boolean(),
  }),
  identifiers: z.record(text, z.array(z.unknown())).describe('Masked unless revealed.'),
  canaries: z.object({
    contacts: z.array(contact),
    messages: texts,
    photos: texts.describe('Names; never the pictures.'),
    searches: texts.describe('Search words typed.'),
    visited: texts.describe('Addresses of pages opened.'),
    clipboard: texts.describe('Texts copied.'),
  }),
  salts: count.describe('How many; a salt is a secret of its own.'),
  ignored: z
    .object({ connections: count.describe('Since the lab started.') })
    .optional()
    .describe("Of a bystander's phone, which is passed through: all that is kept of it."),
  notes: texts
    .optional()
    .describe(
      'Of a registration: what the operator may not have meant, e.g. a value that may be mistyped. Never a value.',
    ),
  noteTexts: z.array(sentence).optional().describe('The notes, one by one, for other languages.'),
});

export const discoveredPhone = z
  .object({
    mac: text.describe('`aa:bb:cc:dd:ee:ff`.'),
    addresses: texts.describe('Addresses it was met under, the latest first.'),
    hostName: textOrNull.describe('As it introduced itself (DHCP option 12); null when it did not.'),
    vendorClass: textOrNull.describe('DHCP option 60, e.g. `android-dhcp-14`.'),
    fingerprint: textOrNull.describe(
      'DHCP option 55, the codes in the order asked for: differs between systems, alike within one.',
    ),
    system: textOrNull.describe('What vendor class and fingerprint say, e.g. `Android 14`; null: nothing known.'),
    maker: textOrNull.describe('Who made the network hardware, by its address; null when made up or unknown.'),
    randomised: z
      .boolean()
      .describe('The address is made up, for this network only (the "private Wi-Fi address" of the system).'),
    deviceId: textOrNull.describe('Registered device of this address; null: nobody named it yet.'),
    firstSeen: time,
    lastSeen: time,
  })
  .describe("A phone that was met on the lab's network, registered or not.");

const coverageClass = z.enum(COVERAGE_CLASSES);

export const gap = z
  .object({
    kind: z.enum(GAP_KINDS),
    subject: text.describe('What was not seen: `lab`, `datagrams`, `inventory`…'),
    from: time,
    to: time.nullable().describe('Null: still so.'),
    detail: textOrNull.describe('Why, and what to do about it, one line.'),
    detailText: sentence.optional().describe('The same as key and values; absent in what an earlier version kept.'),
  })
  .describe(
    'A time in which the lab could not see something: an entry of its own, so that it is not taken for silence.',
  );

export const coverage = z
  .object({
    deviceId: text,
    simulated: z.boolean().describe('Counts replays and tests only, never the world.'),
    since: time.describe('When the phone was first seen.'),
    trust: z
      .enum(TRUSTS)
      .describe(
        "Has it ever finished a handshake with the lab's certificate and then said something? `refuses`: never, and it refused one; `unknown`: it never tried.",
      ),
    sentence: text.describe('What a layman should know, in English.'),
    text: sentence.describe('The same for every other language.'),
    readShare: share
      .nullable()
      .describe('Share of the bytes the phone sent that could be read; null: it sent nothing.'),
    rows: z.array(
      z.object({
        class: coverageClass,
        connections: count,
        open: count.describe('Of them still open: of unread ones the bytes are known when they end.'),
        bytesUp: count,
        bytesDown: count,
      }),
    ),
    unseen: z
      .array(
        z.object({
          host: text,
          country,
          owner: textOrNull,
          connections: count,
          bytesUp: count,
          class: coverageClass,
          reached: z.boolean().describe('Later connections to it got through.'),
        }),
      )
      .describe('Where the rest went, biggest first.'),
    gaps: z.array(gap).describe('Since the phone was first seen, oldest first.'),
  })
  .describe("How much of a phone's traffic could be looked into. Silence must be distinguishable from innocence.");

/** Name, or address, and port: who is contacted. */
const contacted = { device: text, host: text, port };
const chance = share.describe(
  'Upper bound of the probability that it is chance, over all pairs (and phases) watched. The lab speaks of a beacon below 0.001.',
);

export const beacon = z.object({
  ...contacted,
  contacts: count.describe('Contacts counted; connections opened together are one.'),
  periodS: z.number().min(0).describe('Usual interval, seconds.'),
  jitter: z
    .number()
    .min(0)
    .describe(
      'Spread of the intervals as a share of the period (1.4826 × median deviation): 0.02 is a clock, 0.3 a habit.',
    ),
  chance,
  firstSeen: time,
  lastSeen: time,
});

export const reaction = z.object({
  ...contacted,
  phase: text.describe('The mark: `boot`, `unlock`, `screen-on`…'),
  marks: count.describe('Times it was marked.'),
  followed: count.describe('Marks that a contact followed within a minute.'),
  delayS: z.number().min(0).describe('Median delay of the first contact, seconds.'),
  usual: share.describe('Share of all other moments that a contact follows as soon.'),
  chance,
});

export const idleContact = z.object({
  ...contacted,
  contacts: count.describe('While a phase `idle` was marked.'),
  idleHours: z.number().min(0),
});

const deviceOrAddress = text.describe("Registered device id, or the phone's address.");

export const pin = z
  .object({
    device: deviceOrAddress,
    name: text.describe('Server name of the ClientHello, or the destination when it has none.'),
    override: z.enum(PIN_OVERRIDES),
    state: z
      .enum(['watching', 'pinned', 'probing'])
      .describe(
        '`watching`: refused, not often enough yet. `pinned`: passed through. `probing`: one connection tries again.',
      ),
    rejections: count.describe('Counted so far.'),
    how: textOrNull.describe('TLS alert name, or `silent-close`; null when only an override is set.'),
    cause: z.enum(PASS_CAUSES).nullable().describe('Why it is passed through; null while it is not.'),
    proof: textOrNull.describe('What proves that, e.g. `alert unknown_ca 3 times`.'),
    proofText: sentence.nullish().describe('The same for other languages; absent in states of earlier versions.'),
    source: z
      .object({ organisation: text, version: count })
      .nullable()
      .optional()
      .describe(
        'Set while it is passed through sooner than its own refusals prove, because a feed of that organisation named it: the lab did not look into it on the word of that feed.',
      ),
    passes: count.describe('Connections passed through before one tries again: 2, 4, 8…; 0 while it is intercepted.'),
    left: count.describe('How many of them are left.'),
    since: milliseconds,
    until: milliseconds
      .nullable()
      .describe('When one connection tries again at the latest; null while it is intercepted.'),
  })
  .describe('What cannot be read without breaking an app, and why: a state per device and server name.');

export const trustTest = z
  .object({
    id: text,
    device: deviceOrAddress,
    name: text.describe('Server name of the ClientHello, lower case.'),
    test: z.enum(TRUST_TESTS),
    state: z
      .enum(['waiting', 'running', 'accepted', 'refused', 'expired', 'cancelled'])
      .describe(
        '`waiting`: no connection came yet, or the last one told nothing. `running`: one is being tested. `accepted`: the app sent data (weak). `refused`: it did not (good). `expired`: nobody came in time.',
      ),
    how: textOrNull.describe('TLS alert name, or `silent-close`; null unless refused.'),
    requestedAt: milliseconds,
    until: milliseconds,
    decidedAt: milliseconds.nullable(),
  })
  .describe(
    'A test whether an app checks certificates: asked for by the operator, for one phone and one server name, once.',
  );

export const forgetting = z
  .object({
    device: deviceOrAddress,
    removed: z.object({
      alerts: count,
      connections: count,
      cases: count,
      comparisons: count.describe('Rows of hashed values for the comparison of phones.'),
    }),
    recordings: z.boolean().describe('The recording of the whole network was deleted.'),
    remains: z.array(text).describe('What is left, and what to do about it, a sentence each.'),
    texts: z.array(sentence).optional().describe('The same for other languages.'),
  })
  .describe('What was destroyed of a phone.');
