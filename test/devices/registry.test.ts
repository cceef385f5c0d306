/** Which phone a connection comes from, and what is kept on disk about the phones. */
import { appendFileSync, chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatDevices } from '../../src/devices/format.ts';
import { createNeighbourTable, parseNeighbours } from '../../src/devices/neighbours.ts';
import { parseDevices } from '../../src/devices/parser.ts';
import { createDeviceRegistry } from '../../src/devices/registry.ts';
import {
  deviceFromEntry,
  devicesPath,
  loadDevices,
  openDevicesFile,
  openStoredDevices,
  readDevicesFile,
  saveDevices,
} from '../../src/devices/store.ts';
import type { Device } from '../../src/model/device.ts';
import { LabError } from '../../src/model/lab.ts';
import { temporaryDirectories } from '../temporary.ts';

const temporary = temporaryDirectories();

function phone(id: string, match: Partial<Device['match']> = {}): Device {
  return {
    id,
    model: null,
    match: { ip: null, mac: null, default: false, ...match },
    identifiers: {},
    canaries: { contacts: [], messages: [], photos: [] },
    salts: [],
  };
}

const MAC = '02:00:5e:10:00:01';
const noNeighbours = { macOf: () => null };

describe('resolve', () => {
  const registry = createDeviceRegistry({
    devices: [phone('by-ip', { ip: '10.0.0.1' }), phone('by-mac', { mac: MAC }), phone('rest', { default: true })],
    neighbours: { macOf: (ip) => (ip === '10.0.0.9' ? MAC : null) },
  });

  test.each([
    ['the address', { ip: '10.0.0.1' }, 'by-ip'],
    ['the address of a v4 phone on a v6 socket', { ip: '::ffff:10.0.0.1' }, 'by-ip'],
    ['the MAC behind the address', { ip: '10.0.0.9' }, 'by-mac'],
    ['the address, before a proxy user name that is another phone', { ip: '10.0.0.1', proxyUser: 'by-mac' }, 'by-ip'],
    ['the proxy user name, from an address nobody has', { ip: '10.0.0.7', proxyUser: 'by-ip' }, 'by-ip'],
    ['the tunnel, before everything', { ip: '10.0.0.1', proxyUser: 'rest', peer: 'by-mac' }, 'by-mac'],
    ['the address, when nobody has the user name', { ip: '10.0.0.1', proxyUser: 'nobody' }, 'by-ip'],
    ['the default, when nothing else fits', { ip: '10.0.0.7' }, 'rest'],
    ['the default, when the address is no address', { ip: 'garbage' }, 'rest'],
  ])('by %s', (_name, client, id) => {
    expect(registry.resolve(client)?.id).toBe(id);
  });

  test('without a default an unknown phone is nobody', () => {
    const strict = createDeviceRegistry({ devices: [phone('a', { ip: '10.0.0.1' })], neighbours: noNeighbours });
    expect(strict.resolve({ ip: '10.0.0.2' })).toBeNull();
  });
});

describe('changes', () => {
  test('are saved first, then told to every listener, and looked up from then on', () => {
    const order: string[] = [];
    const registry = createDeviceRegistry({
      devices: [],
      neighbours: noNeighbours,
      save: (devices) => void order.push(`saved ${devices.length}`),
    });
    const stop = registry.onChange((devices) => void order.push(`told ${devices.length}`));
    registry.put(phone('a', { ip: '10.0.0.1' }));
    expect(registry.resolve({ ip: '10.0.0.1' })?.id).toBe('a');
    expect(registry.remove('nobody')).toBe(false);
    expect(registry.remove('a')).toBe(true);
    stop();
    registry.put(phone('b'));
    expect(order).toEqual(['saved 1', 'told 1', 'saved 0', 'told 0', 'saved 1']);
    expect(registry.list().map(({ id }) => id)).toEqual(['b']);
  });

  test('that cannot be saved did not happen', () => {
    const save = () => {
      throw new LabError('disk full');
    };
    const registry = createDeviceRegistry({
      devices: [phone('a', { ip: '10.0.0.1' })],
      neighbours: noNeighbours,
      save,
    });
    expect(() => registry.remove('a')).toThrow('disk full');
    expect(registry.resolve({ ip: '10.0.0.1' })?.id).toBe('a');
  });

  test('the newest phone of an address has it, the older one stays without', () => {
    const registry = createDeviceRegistry({
      devices: [phone('old', { ip: '10.0.0.1', default: true })],
      neighbours: noNeighbours,
    });
    registry.put(phone('new', { ip: '10.0.0.1', default: true }));
    expect(registry.resolve({ ip: '10.0.0.1' })?.id).toBe('new');
    expect(registry.get('old')?.match).toEqual({ ip: null, mac: null, default: false });
  });
});

describe('the neighbour table', () => {
  const output = JSON.stringify([
    { dst: '10.0.0.1', dev: 'eth0', lladdr: '02:00:5E:10:00:01', state: ['REACHABLE'] },
    { dst: 'fe80::1', dev: 'eth0', lladdr: '02:00:5e:10:00:02', state: ['STALE'] },
    { dst: '10.0.0.2', dev: 'eth0', state: ['FAILED'] },
    { dst: '10.0.0.3', dev: 'lo', lladdr: '00:00:00:00:00:00', state: ['NOARP'] },
  ]);

  test('leaves out entries that failed or have no real MAC', () => {
    expect([...(parseNeighbours(output) ?? [])]).toEqual([
      ['10.0.0.1', MAC],
      ['fe80::1', '02:00:5e:10:00:02'],
    ]);
    for (const bad of ['', '{', '{}', '[null, 1]', 'Object "neigh" is unknown']) {
      expect(parseNeighbours(bad) ?? new Map()).toEqual(new Map());
    }
  });

  const HEAD = 'IP address       HW type     Flags       HW address            Mask     Device\n';
  const arpOf = (ip: string) => `${HEAD}${ip}         0x1         0x2         ${MAC}     *        wlan0\n`;

  test('starts no program for IPv4, however often it is asked', () => {
    let nowMs = 0;
    let arp = arpOf('10.0.0.1');
    const table = createNeighbourTable({
      now: () => nowMs,
      read: () => Promise.reject(new Error('a program was started')),
      readOne: () => Promise.reject(new Error('a program was started')),
      readArp: () => arp,
    });
    for (; nowMs < 120_000; nowMs += 100) {
      expect(table.macOf('10.0.0.1')).toBe(MAC);
      expect(table.macOf('127.0.0.1')).toBeNull();
    }
    arp = HEAD;
    nowMs += 5000;
    expect(table.macOf('10.0.0.1')).toBeNull();
  });

  test('of IPv6 answers at once, reads in the background, and at most once a minute however often it is asked', async () => {
    let nowMs = 0;
    let reads = 0;
    const table = createNeighbourTable({
      now: () => nowMs,
      read: async () => {
        reads++;
        return output;
      },
      readArp: () => HEAD,
    });
    expect(table.macOf('::1')).toBeNull();
    expect(reads).toBe(0);
    expect(table.macOf('fe80::1')).toBeNull();
    await table.refresh();
    expect(reads).toBe(1);
    for (; nowMs < 60_000; nowMs += 600) expect(table.macOf('fe80::1%eth0')).toBe('02:00:5e:10:00:02');
    expect(reads).toBe(1);
    table.macOf('fe80::1');
    await table.refresh();
    expect(reads).toBe(2);
  });

  test('a table that turns unreadable keeps what it knew', async () => {
    const outputs = [output, 'garbage'];
    const table = createNeighbourTable({ now: () => 0, read: async () => outputs.shift() ?? '' });
    await table.refresh();
    await table.refresh();
    expect(table.macOf('fe80::1')).toBe('02:00:5e:10:00:02');
  });

  test('a phone that has just joined is known from its first connection, from /proc/net/arp', () => {
    let nowMs = 0;
    let arp = HEAD;
    const arpReads: number[] = [];
    const table = createNeighbourTable({
      now: () => nowMs,
      read: async () => '[]',
      readArp: () => {
        arpReads.push(nowMs);
        return arp;
      },
    });
    expect(table.macOf('10.0.0.1')).toBeNull();
    arp += `10.0.0.1         0x1         0x2         ${MAC}     *        wlan0\n10.0.0.2   0x1   0x0   00:00:00:00:00:00  *  wlan0\n`;
    expect(table.macOf('10.0.0.1')).toBeNull();
    nowMs = 250;
    expect(table.macOf('10.0.0.1')).toBe(MAC);
    nowMs = 500;
    expect(table.macOf('10.0.0.1')).toBe(MAC);
    expect(table.macOf('10.0.0.2')).toBeNull();
    expect(arpReads).toEqual([0, 250, 500]);
  });

  test('without the tool every answer is null and it is not started again', async () => {
    let reads = 0;
    let nowMs = 0;
    const table = createNeighbourTable({
      now: () => nowMs,
      read: async () => {
        reads++;
        throw Object.assign(new Error('spawn ip ENOENT'), { code: 'ENOENT' });
      },
      readArp: () => {
        throw new Error('ENOENT');
      },
    });
    await table.refresh();
    nowMs = 1e9;
    expect(table.macOf('10.0.0.1')).toBeNull();
    expect(table.macOf('fe80::1')).toBeNull();
    expect(reads).toBe(1);
  });

  test('the real tool of this machine never makes it reject', async () => {
    const table = createNeighbourTable({ now: Date.now });
    await expect(table.refresh()).resolves.toBeUndefined();
    expect(table.macOf('203.0.113.77')).toBeNull();
  });
});

describe('on disk', () => {
  const dataDir = () => join(temporary('devices-'), 'data');
  const full: Device = {
    ...phone('nokia-7-plus-01', { ip: '10.77.0.2', mac: MAC, default: true }),
    model: 'Nokia 7 Plus: "yes"',
    identifiers: {
      imsi: ['001010123456789'],
      imei: ['490154203237518', '490154203237526'],
      location: [{ lat: 21.0278, lon: 105.8342, radius_m: 2000 }],
      cell: [{ mcc: 452, mnc: 4, lac: 1234, cid: 7509000 }],
    },
    canaries: {
      contacts: [{ name: 'Canary Nguyễn', phone: '+84987654321' }],
      messages: ['purple elephant seventeen', '# not a comment', 'two\nlines'],
      photos: [
        { name: 'a.jpg', bytes: Buffer.from('one') },
        { name: 'a.jpg', bytes: Buffer.from('two') },
      ],
    },
    salts: ['0123'],
  };

  test('devices come back as they were, photos of one name too', () => {
    const dir = dataDir();
    expect(loadDevices(dir)).toEqual([]);
    saveDevices(dir, [full, phone('b')]);
    saveDevices(dir, [full, phone('b')]);
    expect(loadDevices(dir)).toEqual([full, phone('b')]);
    expect(readdirSync(dir).sort()).toEqual(['devices.yaml', 'photos']);
  });

  test('an edit made by hand while they are open is not overwritten', () => {
    const dir = dataDir();
    saveDevices(dir, [full]);
    const open = openDevicesFile(dir);
    open.save([full, phone('b')]);
    appendFileSync(devicesPath(dir), '# mine\n');
    expect(() => open.save([full])).toThrow(/^[^\n]*devices\.yaml was edited since it was read[^\n]*start it again/);
    expect(readFileSync(devicesPath(dir), 'utf8')).toContain('# mine');
    openDevicesFile(dir).save([full]);
    expect(loadDevices(dir)).toEqual([full]);
  });

  test('nobody but the operator can read them', () => {
    const dir = dataDir();
    saveDevices(dir, [full]);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, 'devices.yaml')).mode & 0o777).toBe(0o600);
    for (const name of readdirSync(join(dir, 'photos'), { recursive: true, encoding: 'utf8' })) {
      expect(statSync(join(dir, 'photos', name)).mode & 0o077).toBe(0);
    }
  });

  test.each(['yaml', 'json'] as const)('%s that is exported can be imported', (format) => {
    const text = formatDevices([full], format);
    const parsed = parseDevices(text, 'x', (path) => Buffer.from(path.endsWith('a.jpg') ? 'one' : ''));
    const photo = { name: 'a.jpg', bytes: Buffer.from('one') };
    expect(parsed).toMatchObject({
      ok: true,
      devices: [{ ...full, canaries: { ...full.canaries, photos: [photo, photo] } }],
    });
    expect(text).toContain('"001010123456789"');
  });

  test('a broken file is one line with line and field, and is left as it is', () => {
    const dir = dataDir();
    saveDevices(dir, []);
    const path = join(dir, 'devices.yaml');
    writeFileSync(path, 'devices:\n  - id: a\n    identifiers:\n      imei: 12\n      imsi: 34\n');
    expect(() => openStoredDevices(dir)).toThrow(LabError);
    expect(() => loadDevices(dir)).toThrow(
      /^[^\n]*devices\.yaml:4: devices\[0\]\.identifiers\.imei: must be 15 digits[^\n]*\(and 1 more: [^\n]*imsi[^\n]*$/,
    );
    expect(readFileSync(path, 'utf8')).toContain('imei: 12');
  });

  test('a devices file that is not there is one line', () => {
    expect(() => readDevicesFile('/nonexistent/devices.yaml')).toThrow(
      /^devices file \/nonexistent\/devices\.yaml cannot be read \(ENOENT\): check the path$/,
    );
  });

  test('a write that fails leaves the old file and no remains', () => {
    const dir = dataDir();
    saveDevices(dir, [full]);
    const before = readFileSync(join(dir, 'devices.yaml'), 'utf8');
    const wrong = {
      ...phone('c'),
      canaries: { ...full.canaries, photos: [{ name: 'x'.repeat(300), bytes: Buffer.from('z') }] },
    };
    expect(() => saveDevices(dir, [wrong])).toThrow(/devices\.yaml cannot be written \(ENAMETOOLONG\)/);
    expect(readFileSync(join(dir, 'devices.yaml'), 'utf8')).toBe(before);
    expect(readdirSync(dir).sort()).toEqual(['devices.yaml', 'photos']);
    chmodSync(dir, 0o700);
  });

  test('the device book of the commands puts, lists, removes and prints', () => {
    const dir = dataDir();
    const book = openStoredDevices(dir);
    const { device: made } = book.put(
      { id: 'a', default: true, identifiers: { imei: '490154203237518', imsi: '001010123456789' } },
      'replace',
    );
    expect(made.identifiers).toEqual({ imei: ['490154203237518'], imsi: ['001010123456789'] });
    expect(openStoredDevices(dir).list()).toEqual([made]);
    expect(book.text('yaml')).toContain('"490154203237518"');
    expect(book.remove('a')).toBe(true);
    expect(openStoredDevices(dir).list()).toEqual([]);
  });

  test('an entry that is wrong names the field, without a line it does not have', () => {
    const entry = (given: unknown) => () => deviceFromEntry(given, '.');
    expect(entry({ id: 'a', identifiers: { imei: 'x' } })).toThrow(/^device: identifiers\.imei: must be 15 digits/);
    expect(entry({ id: 'a', extra: 1 })).toThrow(/^device: extra: is not a known field/);
    expect(entry(null)).toThrow(/needs an 'id'/);
    expect(entry('x')).toThrow(LabError);
    const refuse = () => {
      throw new Error('not from here');
    };
    expect(() => deviceFromEntry({ id: 'a', canaries: { photos: ['/etc/hostname'] } }, '.', refuse)).toThrow(
      /not from here/,
    );
    expect(existsSync('/etc/hostname')).toBe(true);
  });
});
