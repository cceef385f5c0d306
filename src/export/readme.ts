/** What a package says of itself: README.txt. Plain words, and commands that anybody can run. */

export interface PackageFacts {
  caseId: string;
  title: string;
  madeAt: string;
  simulated: boolean;
  redacted: boolean;
  fingerprint: string;
  /** What is not in it and why, one line each. */
  missing: string[];
  /** The last record of the chain that was exported. */
  head: { position: number; hash: string } | null;
  timestamp: string | null;
}

const FILES: [name: string, what: string][] = [
  ['report.html, report.pdf', 'the test run for people: what left, to whom, how it was found, what could not be seen'],
  [
    'alerts.ndjson',
    'every alert of it as it is stored, one a line (form: docs of Phonehome, alert version 1); values masked',
  ],
  ['flows.ndjson', 'every connection: who, where to, how protected, how much of it was kept'],
  ['eve.json', 'alerts and connections in the form of Suricata (EVE), one a line'],
  ['flows.har', 'requests and answers, as far as content was kept: HAR 1.2, opens in the network panel of a browser'],
  [
    'raw.ndjson',
    'what was kept of connections that are no HTTP, where there is any: bytes of each direction, messages, in base64',
  ],
  ['capture.pcapng', 'packets with the keys of their TLS sessions inside: opens decrypted in Wireshark and tshark'],
  ['case.json', 'the test run: phases, marks, counts; what was counted of coverage'],
  ['devices.json', 'the phones as they are registered, values masked'],
  ['sources.json', 'databases of places, networks and companies, with dates and licences'],
  ['versions.json', 'what made this'],
  ['chain.ndjson', 'the stretch of the lab’s hash chain in which these records stand'],
  ['chain-head.txt', 'the signed end of the whole chain at that time: phonehome verify --expect chain-head.txt'],
  ['SHA256SUMS, .sig, signing-key.pem', 'hashes of all files, signed by the lab (Ed25519)'],
];

export function readmeOf(facts: PackageFacts): string {
  const { caseId, title, madeAt, simulated, redacted, fingerprint, missing, head, timestamp } = facts;
  const lines = [
    `Evidence of a test run, made by Phonehome`,
    '',
    `Test run:  ${oneLine(title)} (${caseId})`,
    `Made:      ${madeAt}`,
    ...(simulated ? ['SIMULATED: the traffic of a replay, not of a real phone in the world.'] : []),
    ...(redacted
      ? [
          'REDACTED: every identifier is replaced by a pseudonym, the same one for the same value in all files of this package.',
          'A body in which one could not be replaced was left out, and that is said in its place.',
        ]
      : [
          'Requests, answers and packets hold identifiers IN CLEAR: pass it on with care. A twin without them: --redact.',
        ]),
    '',
    'What is in it',
    '',
    ...FILES.map(([name, what]) => `  ${name.padEnd(34)}${what}`),
    '',
    ...(missing.length > 0 ? ['What is not in it', '', ...missing.map((one) => `  ${oneLine(one)}`), ''] : []),
    'How to check it',
    '',
    '1. That no file was changed since (any system with coreutils):',
    '     sha256sum -c SHA256SUMS',
    '2. That the list is the lab’s (OpenSSL 3):',
    '     openssl pkeyutl -verify -pubin -inkey signing-key.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig',
    '   The key is the lab’s if its fingerprint is the one that the lab told you by another way:',
    `     openssl pkey -pubin -in signing-key.pem -outform DER | sha256sum`,
    `     ${fingerprint}`,
    ...(timestamp === null
      ? []
      : [
          `3. That it existed at a time (RFC 3161, by ${oneLine(timestamp)}; its certificate is to be had there):`,
          '     openssl ts -verify -data SHA256SUMS -in SHA256SUMS.tsr -CAfile ITS-CA.pem',
        ]),
    '',
    'All of that at once, and each record against the chain: phonehome verify FILE.zip (exit code 0: intact, 1: changed).',
    ...(head === null
      ? ['Nothing of this test run stands in the chain.']
      : [
          `The chain’s last exported record: ${head.position} ${head.hash}`,
          'Whoever noted it elsewhere can show later that nothing before it was changed.',
        ]),
    '',
    'What it cannot show: that the lab was not deceived, that a phone that was silent here is silent elsewhere, and, to somebody who',
    'holds the lab’s signing key, that the lab did not write another history from the beginning.',
    '',
  ];
  return lines.join('\n');
}

/** Of names that people and phones gave. */
const oneLine = (text: string): string => text.replace(/\p{C}+/gu, ' ');
