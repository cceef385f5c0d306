/**
 * The table of `test/e2e/tls-table.test.ts` in namespaces: a phone that only joined the network, IPv4 and IPv6. First the gateway
 * host routes as any router does ("without the lab"), then the gateway is up. A sample here; `npm run table` is the whole of it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { finish } from '../clients/process.ts';
import {
  type Call,
  CLIENTS,
  type ClientKind,
  cameThrough,
  FULL,
  prepareClients,
  SERVERS,
  type Way,
} from '../clients/tls-table.ts';
import { describeWith, findTool, NETWORK, whyNot } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { createAuthority } from '../wire/certificates.ts';
import { type GatewayLab, startGatewayLab } from './gateway-lab.ts';
import type { LabNetwork } from './network.ts';
import { markedEnvironment } from './traces.ts';

const ADDRESSES = { IPv4: '42.62.48.10', IPv6: '2400:da00::6666' } as const;
type Family = keyof typeof ADDRESSES;
const KINDS = Object.keys(SERVERS);
const hostOf = (kind: string, family: Family) => `${family.toLowerCase()}-${KINDS.indexOf(kind)}.example.com`;
const portOf = (kind: string) => 4430 + KINDS.indexOf(kind);
const PLAIN_PORT = 4080;

interface Cell {
  client: ClientKind;
  kind: string;
  family: Family;
}
const clients = CLIENTS.filter((client) => FULL || client.sampled);
const CELLS: Cell[] = clients.flatMap((client, row) =>
  KINDS.flatMap((kind, column) =>
    (['IPv4', 'IPv6'] as const)
      // In the sample each pair is tried over one of them.
      .filter((_family, index) => FULL || index === (row + column) % 2)
      .map((family) => ({ client, kind, family })),
  ),
);
const isThere = ({ client, kind }: Cell): boolean =>
  whyNot([...client.tools, ...(SERVERS[kind]?.tool ? [SERVERS[kind].tool] : [])]) === null;

describeWith(
  [...NETWORK, 'mount', 'openssl', 'setpriv'],
  'with nothing set but trust, a client comes to the same',
  () => {
    const authority = createAuthority('World of the table');
    const without = new Map<Cell, boolean>();
    let lab: GatewayLab;
    let way: Way;
    const file = (name: string) => path.join(lab.dataDir, name);

    beforeAll(async () => {
      lab = await startGatewayLab({
        addresses: Object.values(ADDRESSES),
        devices: 'devices: []\n',
        up: false,
        servers: async (net) => {
          net.run('gateway', ['sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
          return authority.pem;
        },
      });
      const issued = authority.issue(KINDS.flatMap((kind) => [hostOf(kind, 'IPv4'), hostOf(kind, 'IPv6')]));
      writeFileSync(file('key.pem'), issued.key);
      writeFileSync(file('cert.pem'), issued.cert);
      writeFileSync(file('both.pem'), readFileSync(lab.ready.ca.pem, 'utf8') + authority.pem);
      const lines = KINDS.flatMap((kind) =>
        (['IPv4', 'IPv6'] as const).map((family) => `${ADDRESSES[family]} ${hostOf(kind, family)}`),
      );
      writeFileSync(file('hosts'), `127.0.0.1 localhost\n${lines.join('\n')}\n`);
      for (const kind of KINDS) await startServer(lab.net, kind);
      await prepareClients(lab.dataDir, [lab.ready.ca.pem, file('world.pem')]);
      way = {
        ...{ proxy: null, direct: null, trust: file('both.pem'), own: file('world.pem') },
        ...{ cert: authority.pem, dir: lab.dataDir },
      };
      for (const cell of CELLS) if (isThere(cell)) without.set(cell, await works(cell));
      expect(lab.gateway('up')).toMatchObject({ code: 0 });
      await eventually('the lab to take redirected connections', () =>
        /"listener","state":"ok"/.test(lab.gateway('status', '--json').stdout),
      );
    }, 1_200_000);
    afterAll(async () => {
      const failing = [...without].flatMap(([{ client, kind, family }, works]) =>
        works ? [] : `${client.name} × ${kind} over ${family}`,
      );
      if (FULL) console.log('equal in failing:', failing);
      lab?.gateway('down');
      await lab?.end();
    });

    async function startServer(net: LabNetwork, kind: string): Promise<void> {
      const { tool, call } = SERVERS[kind]!;
      if (tool !== null && !findTool(tool)) return;
      const [key, cert, port] = [file('key.pem'), file('cert.pem'), portOf(kind)];
      const command = await call({ ip: null, port, plainPort: PLAIN_PORT, key, cert, dir: lab.dataDir });
      // Nobody reads what it prints: a full pipe would hold it up.
      net.start('internet', command, { stdio: 'ignore' });
      const open = `require('node:net').connect(${port}, '::1').on('error', () => process.exit(1)).on('connect', () => process.exit())`;
      await eventually(`${kind} listens`, () => net.spawn('internet', [process.execPath, '-e', open]).code === 0);
    }

    async function works({ client, kind, family }: Cell): Promise<boolean> {
      const call = client.ask(hostOf(kind, family), portOf(kind), way);
      for (let tries = client.tries ?? 3; tries > 0; tries--) if (cameThrough(client, await onPhone(call))) return true;
      return false;
    }

    /** With names of its own: `ip netns exec` gives a command mounts of its own. */
    function onPhone({ command, env, ...given }: Call) {
      const seen = ['sh', '-c', 'mount --bind "$0" /etc/hosts && exec timeout 30 "$@"', file('hosts'), ...command];
      const child = lab.net.start('phone', seen, { env: { ...markedEnvironment(), ...env } });
      return finish(child as Parameters<typeof finish>[0], given);
    }

    it.for(CELLS.map((cell) => ({ ...cell, cell, name: cell.client.name })))(
      '$name × $kind over $family',
      async ({ cell }, context) => {
        if (!without.has(cell)) context.skip('a program is missing');
        expect(await works(cell)).toBe(without.get(cell));
      },
    );

    it('without the lab, no client and no server comes to nothing everywhere', () => {
      const tried = [...without.keys()];
      for (const of of [(cell: Cell) => cell.client.name, (cell: Cell) => cell.kind]) {
        const working = new Set(tried.filter((cell) => without.get(cell)).map(of));
        expect(tried.map(of).filter((name) => !working.has(name))).toEqual([]);
      }
    });

    it('and what it sent was read: no connection passed by', () => {
      const { flows } = lab.api('GET', '/api/flows?limit=1000') as {
        flows: { arrival: string; intercepted: boolean; hello: { alpn: string[] } | null }[];
      };
      const transparent = flows.filter(({ arrival }) => arrival === 'transparent');
      expect(transparent.length).toBeGreaterThan(0);
      // nghttp speaks HTTP/2 alone: with servers that do not it fails without the lab, too.
      const passed = transparent.filter(({ intercepted, hello }) => !intercepted && !hello?.alpn.includes('h2-14'));
      if (!FULL) expect(passed).toEqual([]);
    });
  },
);
