/**
 * The phone's address inside its own network (RFC 1918, RFC 6598, RFC 4193): it tells homes apart and maps what else
 * is there. Nothing is registered for it; the lab's own address of the phone makes a finding certain.
 */
import { isIP } from 'node:net';
import { hintOf } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { bareValue } from './parts/key-value.ts';
import { found } from './parts/verdict.ts';

const V4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;
const CANDIDATE = /^.{0,16} typ host\b/;

export const localIp: IdentifierKind = {
  kind: 'local_ip',
  title: 'address in the local network',
  spell: (): Spelling[] => [],
  shape: { anchors: ['key', 'decimal'], judge },
  vectors: [
    {
      name: 'beside an SDK name',
      text: '{"local_ip":"192.168.1.23"}',
      expect: { value: '192.168.1.23', confidence: 'likely' },
      source: 'Branch SDK',
    },
    {
      name: 'beside a name for any address',
      text: 'ip=10.77.0.2&x=1',
      expect: { value: '10.77.0.2', confidence: 'possible' },
      source: 'OpenRTB 2.6 device.ip',
    },
    {
      name: 'host candidate of a video call',
      text: 'candidate:1 1 udp 2122260223 192.168.1.23 54321 typ host generation 0',
      expect: { value: '192.168.1.23', confidence: 'likely' },
      source: 'RFC 8839 5.1',
    },
    {
      name: 'unique local IPv6',
      text: '{"local_ip":"fd12:3456::17"}',
      expect: { value: 'fd12:3456::17', confidence: 'likely' },
    },
    { name: 'public address', text: '{"ip":"93.184.216.34"}', expect: null },
    { name: 'loopback', text: 'local_ip=127.0.0.1', expect: null },
    { name: 'network, not a host', text: 'local_ip=192.168.1.0', expect: null },
    { name: 'version number', text: 'version=10.77.0.2', expect: null },
  ],
};

function judge(run: Run): Verdict | null {
  const hint = hintOf(run.key, 'local_ip');
  const value = hint ? bareValue(run) : around(run);
  if (!isLocal(value.text)) return null;
  const candidate = CANDIDATE.test(run.text.slice(value.end, value.end + 32));
  if (!hint && !candidate) return null;
  if (run.device?.match.ip === value.text) {
    return { ...found(value, value.text, 'certain', 'the address of this phone in the lab'), known: true };
  }
  if (candidate) return found(value, value.text, 'likely', 'a private address offered as host candidate of a call');
  return hint?.group === 'strong'
    ? found(value, value.text, 'likely', 'a private address beside a name for it')
    : found(value, value.text, 'possible', 'a private address beside a name for any address');
}

/** The dotted number that a decimal run is the beginning of. */
function around(run: Run): { text: string; start: number; end: number } {
  let { start, end } = run;
  while (start > 0 && run.end - start < 16 && /[\d.]/.test(run.text.charAt(start - 1))) start--;
  while (end < run.text.length && end - run.start < 16 && /[\d.]/.test(run.text.charAt(end))) end++;
  return { text: run.text.slice(start, end), start, end };
}

/** Private, not loopback, not link-local, not the first or last address of its /24. */
function isLocal(text: string): boolean {
  if (V4.test(text) && isIP(text) === 4) {
    const [a = 0, b = 0, , d = 0] = text.split('.').map(Number);
    if (d === 0 || d === 255) return false;
    return (
      a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 100 && b >= 64 && b < 128)
    );
  }
  return isIP(text) === 6 && /^f[cd]/i.test(text);
}
