/** What is wrong on the phones' network, in English: parts of `EN`. `said` and `problem` are words of tools and of the system. */
export const NETWORK = {
  'net.said': '{{said}}',
  'net.check': '{{name}}: {{found}}: {{advice}}',
  'net.foreign':
    'a phone uses an address that is not of the lab’s network and is not served: set it to get its address by itself (DHCP)',
  'net.clock-forward':
    "this machine's clock went forward by {{span}}: alerts before and after it cannot be put in order by their times, begin a new test run",
  'net.clock-back':
    "this machine's clock went back by {{span}}: alerts before and after it cannot be put in order by their times, begin a new test run",
  'net.seconds_one': '{{count}} second',
  'net.seconds_other': '{{count}} seconds',
  'net.minutes_one': '{{count}} minute',
  'net.minutes_other': '{{count}} minutes',
  'net.hours_one': '{{count}} hour',
  'net.hours_other': '{{count}} hours',
  'net.days_one': '{{count}} day',
  'net.days_other': '{{count}} days',
  'net.no-resolver': 'no resolver answers: phones cannot find any server until the uplink or the resolver is back',
  'net.not-recorded': 'nothing is recorded: {{why}}',
  'net.no-keys': 'the TLS keys cannot be written ({{code}}): the recording will stay closed',
  'net.datagrams-broken': 'datagrams are not searched: {{problem}}',
  'net.datagrams': 'datagrams on {{name}} are not searched: {{why}}',
  'net.flows-late': 'flows beside TCP are seen late or not at all: {{why}}',
  'net.flows': 'flows beside TCP cannot be listed: {{why}}',
  'net.uncounted': 'the kernel counts no bytes: sysctl -w net.netfilter.nf_conntrack_acct=1',
  'net.many-flows': 'more flows at once than the lab follows: some are not in the inventory',
  'net.table-full':
    'the kernel’s table of connections is nearly full, new ones will be lost: raise net.netfilter.nf_conntrack_max',
  'net.refused': 'refused attempts (QUIC, encrypted DNS) cannot be counted: {{why}}',
  'net.refused-full': 'more refused destinations than the kernel keeps (4,096): newer ones are refused but not listed',
  'net.redirected': 'redirected connections are refused: {{problem}}',
  'net.redirected-again': 'redirected connections are taken again',
  'net.tool-root': '{{name}} needs root: start the lab with CAP_NET_ADMIN and CAP_NET_RAW, or allow it in sudoers',
  'net.tool-missing': '{{name}} is not installed: apt-get install {{package}}',
  'net.tool-ended': '{{name}} ended{{code}}{{said}}',
  'net.tool-gave': '{{name}} gave no JSON',
} as const;
