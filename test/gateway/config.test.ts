/** The operator's file: what it may say, what it becomes, and one line for everything that is wrong with it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGatewayConfig, phoneSides } from '../../src/gateway/config.ts';
import { ruleset } from '../../src/gateway/ruleset.ts';
import { dnsmasqConf, hostapdConf, labNetworks, sysctlPath, sysctls } from '../../src/gateway/service-files.ts';
import { LabError } from '../../src/model/lab.ts';

const parse = (text: string) => parseGatewayConfig(text, 'gateway.yaml');
const TWO_LINES = 'lan: wlan0\nuplink: eth0\n';

describe('a gateway configuration', () => {
  it('needs two lines', () => {
    expect(parse(TWO_LINES)).toEqual({
      lan: 'wlan0',
      uplink: 'eth0',
      address: '10.77.0.1/24',
      address6: 'fd77::1/64',
      dhcp: true,
      accessPoint: null,
      wireguard: null,
      mode: 'redirect',
      transparentPort: 8443,
      dnsPort: 8053,
      uiPort: 8081,
    });
  });

  it('may be a tunnel alone: then the tunnel is the phones’ side and nobody is given an address by DHCP', () => {
    const config = parse('uplink: eth0\nwireguard:\n  endpoint: lab.example.org\n');
    expect(config).toMatchObject({ lan: 'phonehome0', address: '10.78.0.1/24', address6: 'fd78::1/64', dhcp: false });
    expect(phoneSides(config)).toHaveLength(1);
  });

  it('may have both, and every network is kept out of the lab’s reach', () => {
    const config = parse(`${TWO_LINES}wireguard: { endpoint: 203.0.113.7 }\n`);
    expect(phoneSides(config).map((side) => side.interface)).toEqual(['wlan0', 'phonehome0']);
    expect(labNetworks(config)).toEqual(['10.77.0.0/24', 'fd77::/64', '10.78.0.0/24', 'fd78::/64']);
  });

  it('takes a network name that looks like a number', () => {
    expect(parse(`${TWO_LINES}ssid: 12345\npassphrase: 87654321\ncountry: VN\n`).accessPoint).toMatchObject({
      ssid: '12345',
      passphrase: '87654321',
    });
  });

  it.each([
    ['lan: wlan0', 'uplink takes'],
    ['lan: wlan0\nuplink: wlan0', 'uplink takes'],
    ['lan: "wlan0; drop"\nuplink: eth0', 'lan takes'],
    ['lan: ..\nuplink: eth0', 'lan takes'],
    [`${TWO_LINES}address: 10.77.0.0/24`, 'address takes an IPv4 address with prefix length'],
    [`${TWO_LINES}address: 10.77.0.1/30`, 'address takes'],
    [`${TWO_LINES}address6: fd77::/64`, 'address6 takes'],
    [`${TWO_LINES}dhcp: maybe`, 'dhcp takes true or false'],
    [`${TWO_LINES}mode: bridge`, 'mode takes redirect or tproxy'],
    [`${TWO_LINES}transparentPort: 0`, 'transparentPort takes a port number'],
    [`${TWO_LINES}ssid: lab\npassphrase: short\ncountry: VN`, 'passphrase takes 8 to 63'],
    [`${TWO_LINES}ssid: lab\npassphrase: "long enough"\ncountry: vn`, 'country takes the two letters'],
    [`${TWO_LINES}wireguard: { }`, 'wireguard.endpoint takes'],
    [`${TWO_LINES}wireguard: yes please`, 'wireguard takes a list of "name: value" lines'],
    [`${TWO_LINES}wireguard: { endpoint: a.b, prot: 1 }`, 'wireguard.prot is not a field'],
    [`${TWO_LINES}ssdi: lab`, 'ssdi is not a field'],
    ['- lan', 'needs a list of "name: value" lines'],
    ['lan: [', 'gateway.yaml:'],
  ])('refuses %j in one line that names the field', (text, said) => {
    expect(() => parse(text)).toThrow(LabError);
    expect(() => parse(text)).toThrow(said);
    expect(() => parse(text)).not.toThrow(/\n/);
  });

  it('is parsed or refused, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          expect(ruleset(parse(text))).toContain('table inet');
        } catch (error) {
          expect(error).toBeInstanceOf(LabError);
        }
      }),
    );
  });
});

describe('what it becomes', () => {
  it('is hooked on the phones’ interfaces only, and refuses TCP that reached no listener before anything is forwarded', () => {
    const text = ruleset(parse(`${TWO_LINES}wireguard: { endpoint: a.b }\n`));
    expect(text).toContain('iifname != { "wlan0", "phonehome0" } accept');
    expect(text).not.toContain('hook output');
    expect(text.indexOf('reject with tcp reset comment')).toBeLessThan(text.indexOf('oifname "eth0" accept'));
  });

  it('answers DNS before local addresses are let through, and those before TCP is redirected', () => {
    const text = ruleset(parse(TWO_LINES));
    const order = ['th dport 53 redirect', 'fib daddr type local accept', 'meta l4proto tcp redirect'].map((rule) =>
      text.indexOf(rule),
    );
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order).not.toContain(-1);
  });

  it('hands packets over in tproxy mode and redirects none', () => {
    const text = ruleset(parse(`${TWO_LINES}mode: tproxy\n`));
    expect(text).toContain('tproxy ip6 to :8443');
    expect(text).not.toContain('meta l4proto tcp redirect');
  });

  it('gives addresses from the upper part of the network, whatever its size', () => {
    const paths = { leases: '/run/l', pid: '/run/p', script: '/run/s' };
    const range = (address: string) =>
      /dhcp-range=(\d\S+)/.exec(dnsmasqConf(parse(`${TWO_LINES}address: ${address}\n`), paths))?.[1];
    expect(range('10.77.0.1/24')).toBe('10.77.0.100,10.77.0.250,1h');
    expect(range('10.77.0.1/16')).toBe('10.77.128.0,10.77.255.250,1h');
    expect(range('192.168.9.1/29')).toBe('192.168.9.4,192.168.9.6,1h');
  });

  it('writes any network name for hostapd, and none without an access point', () => {
    expect(hostapdConf(parse(TWO_LINES))).toBeNull();
    const text = hostapdConf(parse(`${TWO_LINES}ssid: "Lab ‘A’"\npassphrase: "a=b #c 12"\ncountry: VN\nchannel: 36\n`));
    expect(text).toContain(`ssid2=${Buffer.from('Lab ‘A’').toString('hex')}\n`);
    expect(text).toContain('wpa_passphrase=a=b #c 12\n');
    expect(text).toContain('hw_mode=a\n');
  });

  it('keeps the machine’s own IPv6 route when it begins to forward, also on an interface with a dot', () => {
    const names = sysctls(parse('lan: wlan0\nuplink: eth0.10\n')).map(({ name }) => sysctlPath(name));
    expect(names).toContain('/proc/sys/net/ipv6/conf/eth0.10/accept_ra');
    expect(sysctls(parse(`${TWO_LINES}address6: null\n`)).some(({ name }) => name.includes('ipv6'))).toBe(false);
  });
});
