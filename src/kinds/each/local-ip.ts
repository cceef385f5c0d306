/**
 * The phone's address inside its own network (RFC 1918, RFC 6598, RFC 4193): it tells homes apart and maps what else
 * is there. Nothing is registered for it; the lab's own address of the phone makes a finding certain.
 */
import { isIP } from 'node:net';
import { hintOf } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { bareValue, type Value } from '../parts/key-value.ts';
import { found } from '../parts/verdict.ts';

const V4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;
/** `candidate:1 1 udp 2122260223 192.168.1.23 54321 typ host` (RFC 8839 5.1). */
const CANDIDATE = / ([0-9A-Fa-f.:]{7,39}) \d{1,5} typ host\b/;

export const localIp: IdentifierKind = {
  kind: 'local_ip',
  title: 'address in the local network',
  spell: (): Spelling[] => [],
  shape: { anchors: ['key'], named: 'local_ip', judge },
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
  const hint = hintOf(run, 'local_ip');
  if (!hint) return null;
  const candidate = hint.name.endsWith('candidate');
  const value = candidate ? hostCandidate(run) : bareValue(run);
  if (!value || !isLocal(value.text)) return null;
  if (run.device?.match.ip === value.text) {
    return { ...found(value, value.text, 'certain', 'local-ip.own'), known: true };
  }
  if (candidate) return found(value, value.text, 'likely', 'local-ip.candidate');
  return hint.group === 'strong'
    ? found(value, value.text, 'likely', 'local-ip.named')
    : found(value, value.text, 'possible', 'local-ip.hinted');
}

function hostCandidate(run: Run): Value | null {
  const match = CANDIDATE.exec(run.text.slice(run.start, run.start + 160));
  const text = match?.[1];
  if (!match || text === undefined) return null;
  const start = run.start + match.index + 1;
  return { text, start, end: start + text.length };
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
