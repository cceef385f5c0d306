/** Request bodies without any identifier, as phones send them: made up here, the same in every run. */
import { createHash } from 'node:crypto';

/** A deterministic stream of numbers. */
function* numbers(seed: string): Generator<number> {
  for (let block = 0; ; block++) {
    const bytes = createHash('sha512').update(`${seed}${block}`).digest();
    for (let i = 0; i + 4 <= bytes.length; i += 4) yield bytes.readUInt32LE(i);
  }
}

const SIZE = 4 << 20;
const WORDS =
  'event screen view click battery level network type session duration memory locale language android version build model brand status ok true offline queue retry upload sensor value page home settings profile feed video play pause volume'.split(
    ' ',
  );

function repeat(
  make: (random: () => number) => string,
  open: string,
  between: string,
  close: string,
  seed: string,
): Buffer {
  const source = numbers(seed);
  const random = (): number => source.next().value as number;
  const parts: string[] = [];
  let length = 0;
  while (length < SIZE) {
    const part = make(random);
    parts.push(part);
    length += part.length + between.length;
  }
  return Buffer.from(open + parts.join(between) + close);
}

const word = (random: () => number): string => WORDS[random() % WORDS.length]!;
const hex = (random: () => number, digits: number): string =>
  Array.from({ length: Math.ceil(digits / 8) }, () => random().toString(16).padStart(8, '0'))
    .join('')
    .slice(0, digits);
const uuid = (random: () => number): string => {
  const digits = hex(random, 32);
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    '-',
  );
};

/** Telemetry: names, words, numbers, a time stamp and a UUID per record. */
const json = repeat(
  (random) =>
    JSON.stringify({
      type: word(random),
      name: `${word(random)}_${word(random)}`,
      time: 1_700_000_000_000 + (random() % 1e9),
      props: {
        [word(random)]: word(random),
        count: random() % 1000,
        ratio: (random() % 1000) / 1000,
        text: `${word(random)} ${word(random)} ${word(random)}`,
      },
      session: uuid(random),
    }),
  '{"events":[',
  ',',
  ']}',
  'json',
);

/** Prose in JSON: long strings. */
const prose = repeat(
  (random) => JSON.stringify({ text: Array.from({ length: 60 }, () => word(random)).join(' ') }),
  '[',
  ',',
  ']',
  'prose',
);

const log = repeat(
  (random) =>
    `11-22 10:${random() % 60}:${random() % 60}.${random() % 1000} ${random() % 9999} ${random() % 9999} I ${word(random)}: ${word(random)} ${word(random)}=${random() % 100000}`,
  '',
  '\n',
  '\n',
  'log',
);

const binary = Buffer.concat(
  Array.from({ length: SIZE / 64 }, (_, index) => createHash('sha512').update(`b${index}`).digest()),
);
const base64 = Buffer.from(JSON.stringify({ data: log.toString('base64') }));

export const samples: Record<string, { piece: Buffer; headers: [string, string][] }> = {
  json: { piece: json, headers: [['Content-Type', 'application/json']] },
  'json, long strings': { piece: prose, headers: [['Content-Type', 'application/json']] },
  'log text': { piece: log, headers: [['Content-Type', 'text/plain']] },
  'random bytes': { piece: binary, headers: [['Content-Type', 'application/octet-stream']] },
  'text in base64 in JSON': { piece: base64, headers: [['Content-Type', 'application/json']] },
};
