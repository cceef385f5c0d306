/** Addresses a phone may or may not have the lab dial, as the lab of access.test.ts sees them. */
export type Destination = [what: string, ip: string, port: number, allowed: boolean];

/** Own addresses of that lab, with prefix length. */
export const OWN = [
  '127.0.0.1/8',
  '192.168.7.1/24',
  '93.184.216.34/24',
  'fd00::1/64',
  '2001:db8:7::1/64',
  '2001:db8:8::1/48',
];

export const DESTINATIONS: Destination[] = [
  ['a server in the world', '93.184.215.14', 443, true],
  ['a public neighbour of the lab’s own public address', '93.184.216.35', 443, true],
  ['a private network behind the lab’s own', '10.0.0.5', 80, false],
  ['another one', '172.20.1.1', 80, false],
  ['a provider’s inside', '100.64.3.4', 80, false],
  ['metadata of Alibaba', '100.100.100.200', 80, false],
  ['metadata of Azure', '168.63.129.16', 80, false],
  ['the address beside it', '168.63.129.17', 80, true],
  ['metadata of Oracle', '192.0.0.192', 80, false],
  ['metadata of AWS over IPv6', 'fd00:ec2::254', 80, false],
  ['metadata through an IPv6 translator', '64:ff9b::a9fe:a9fe', 80, false],
  ['metadata of Azure through an IPv6 translator', '64:ff9b::a83f:8110', 80, false],
  ['metadata through a translator of one’s own', '64:ff9b:1::a9fe:a9fe', 80, false],
  ['metadata by 6to4', '2002:a9fe:a9fe::1', 80, false],
  ['a private network by 6to4', '2002:a00:5::1', 80, false],
  ['a server in the world by 6to4', '2002:5db8:d70e::1', 80, true],
  ['metadata by Teredo', '2001:0:4136:e378:8000:63bf:5601:5601', 80, false],
  ['loopback in the old compatible form', '::7f00:2', 80, false],
  ['metadata by stateless translation', '::ffff:0:a9fe:a9fe', 80, false],
  ['loopback', '127.0.0.1', 22, false],
  ['loopback, IPv6', '::1', 22, false],
  ['loopback as IPv4 in IPv6', '::ffff:127.0.0.1', 22, false],
  ['link-local', '169.254.169.254', 80, false],
  ['nowhere', '0.0.0.0', 80, false],
  ['a printer beside the lab', '192.168.7.9', 9100, false],
  ['the lab’s own address', '192.168.7.1', 22, false],
  ['a neighbour over IPv6', 'fd00::9', 80, false],
  ['a neighbour with a public IPv6 address', '2001:db8:7::9', 80, false],
  ['a server in the wider IPv6 network of the lab’s provider', '2001:db8:8:1::9', 80, true],
  ['a printer through an IPv6 translator', '64:ff9b::c0a8:709', 9100, false],
  ['loopback through an IPv6 translator', '64:ff9b::7f00:1', 80, false],
  ['a server in the world through an IPv6 translator', '64:ff9b::5db8:d70e', 80, true],
  ['loopback with a zone', '::1%lo', 22, false],
  ['the lab’s own address with a zone', 'fd00::1%eth0', 22, false],
];

/** On every machine. */
export const FORBIDDEN = DESTINATIONS.filter(([, ip, , allowed]) => !allowed && !ip.startsWith('2001:db8:'));
