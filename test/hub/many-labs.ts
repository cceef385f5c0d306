/** Fifty shops with twenty phones each: their stores, published by what a lab publishes with. Lab values only. */
import { generateKeyPairSync, hash } from 'node:crypto';
import path from 'node:path';
import { keyText } from '../../src/formats/signed-head.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { Kind } from '../../src/model/kinds.ts';
import { openSqliteStore } from '../../src/sinks/evidence/sqlite.ts';
import { connectBroker } from '../../src/sinks/hub/broker.ts';
import { readHubConfig } from '../../src/sinks/hub/config.ts';
import { startPublisher } from '../../src/sinks/hub/publisher.ts';
import { openHubReader, prepareForReader } from '../../src/sinks/hub/reader.ts';
import { labAlert, labFlowRecord } from '../sinks/lab-alert.ts';
import { type Nats, writeLabConfig } from './engines.ts';

const CITIES = ['hanoi', 'saigon', 'danang', 'haiphong', 'cantho', 'hue', 'vinh', 'nhatrang', 'dalat', 'vungtau'];
/** `alpha/hanoi-1` … `alpha/vungtau-5`. */
export const SHOPS = CITIES.flatMap((city) => [1, 2, 3, 4, 5].map((n) => `alpha/${city}-${n}`));
export const PHONES = 20;

interface Leak {
  kind: Kind;
  host: string;
  company: string;
  country: string;
  encrypted: boolean;
  severity: Alert['severity'];
  /** Only with this firmware; all of them without it. */
  firmware?: string;
  /** One phone in so many. */
  oneIn: number;
}

interface Model {
  name: string;
  firmware: [string, string];
  leaks: Leak[];
}

/** Made up: they show what the page does with such findings, and say nothing of these models. */
const MODELS: Model[] = [
  {
    name: 'Nokia 7 Plus',
    firmware: ['00WW_4_15', '00WW_4_22'],
    leaks: [
      leak('imei', 'zzhc.vnet.cn', 'China Telecom', 'CN', false, 'critical', 2, '00WW_4_22'),
      leak('advertising_id', 'app-measurement.com', 'Google', 'US', true, 'low', 1),
    ],
  },
  {
    name: 'Lab Phone A1',
    firmware: ['A1-2026.08', 'A1-2026.10'],
    leaks: [
      leak('android_id', 'metrics.example.com', 'Example Analytics', 'SG', true, 'medium', 2),
      leak('serial', 'ota.example.cn', 'Example Updates', 'CN', true, 'high', 3),
    ],
  },
  {
    name: 'Lab Phone B7',
    firmware: ['B7-110', 'B7-112'],
    leaks: [leak('imsi', 'push.example.net', 'Example Push', 'RU', false, 'critical', 10, 'B7-112')],
  },
  { name: 'Lab Phone C3', firmware: ['C3-9.1', 'C3-9.2'], leaks: [] },
];

function leak(
  ...[kind, host, company, country, encrypted, severity, oneIn, firmware]: [
    Kind,
    string,
    string,
    string,
    boolean,
    Alert['severity'],
    number,
    string?,
  ]
): Leak {
  return { kind, host, company, country, encrypted, severity, oneIn, ...(firmware === undefined ? {} : { firmware }) };
}

export const modelOf = (phone: number): Model => MODELS[phone % MODELS.length] as Model;
const firmwareOf = (shop: number, phone: number): string => modelOf(phone).firmware[(shop + phone) % 3 === 0 ? 1 : 0];

const phoneOf = (device: string): number => Number(device.split('-').at(-1));

export interface Shop {
  /** A finding now, of a phone of this shop. */
  find(phone: number, changes?: Partial<Alert>): void;
  state(): string;
  stop(): Promise<void>;
}

/** Opens a shop whose phones were looked at in the last days. */
export function openShop(directory: string, nats: Nats, name: string): Shop {
  const shop = SHOPS.indexOf(name);
  const file = path.join(directory, `${name.replace('/', '-')}.db`);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const store = openSqliteStore({ file, key: Buffer.alloc(32, 7), signingKey: privateKey });
  prepareForReader(file);
  let seq = 0;
  const idOf = (phone: number): string => `${name}-${phone}`;
  const now = Date.now();

  function put(phone: number, one: Leak, time: number, changes: Partial<Alert> = {}): void {
    const { name: model } = modelOf(phone);
    const like = labAlert(++seq);
    const at = new Date(time).toISOString();
    store.putAlert({
      alert: {
        ...like,
        id: `${like.id}-${shop}`,
        severity: one.severity,
        device: { id: idOf(phone), model, ip: '10.77.0.2', mac: null },
        identifier: { ...(like.identifier as NonNullable<Alert['identifier']>), kind: one.kind },
        flow: { ...(like.flow as NonNullable<Alert['flow']>), encrypted: one.encrypted },
        destination: {
          ...(like.destination as NonNullable<Alert['destination']>),
          host: one.host,
          location: { country: one.country, confidence: 'agreed', votes: [], note: null },
          owner: { name: one.company, country: one.country, kind: null, evidence: 'table', parent: null },
        },
        count: one.kind === 'android_id' ? 2 : 1,
        ...{ time: at, firstSeen: at, lastSeen: at },
        ...changes,
      },
      secret: null,
    });
  }
  for (let phone = 0; phone < PHONES; phone++) {
    const model = modelOf(phone);
    const opened = now - ((shop * 37 + phone * 11) % 2880) * 60_000;
    for (const one of model.leaks) {
      const has = (shop + phone) % one.oneIn === 0;
      if (has && (one.firmware ?? firmwareOf(shop, phone)) === firmwareOf(shop, phone)) put(phone, one, opened);
    }
    const { destination } = labAlert(0);
    store.putFlows([
      labFlowRecord(`${name}-flow-${phone}`, opened, {
        deviceId: idOf(phone),
        facts: destination,
        bytesUp: 1000 + phone * 10,
      }),
    ]);
  }
  const config = readHubConfig(writeLabConfig(directory, nats, name), () => null);
  const reader = openHubReader(file);
  let state = 'connecting';
  const publisher = startPublisher({
    config,
    reader,
    file: `${file}.cursor`,
    connect: () => connectBroker(config),
    modelOf: (device) => modelOf(phoneOf(device)).name,
    firmwareOf: (device) => firmwareOf(shop, phoneOf(device)),
    signingKey: keyText(publicKey),
    // As if nobody had registered it.
    printOf: ({ device, identifier }) =>
      identifier?.kind === 'android_id' ? hash('sha256', device.id).slice(0, 24) : null,
    version: '0.1.0',
    onState: (told) => {
      state = told.state;
    },
  });
  return {
    find(phone, changes = {}) {
      put(phone, leak('imei', 'zzhc.vnet.cn', 'China Telecom', 'CN', false, 'critical', 1), Date.now(), changes);
    },
    state: () => state,
    async stop() {
      await publisher.stop();
      reader.close();
      store.close();
    },
  };
}
