/** A lab on http-mitm-proxy in a process of its own, so that its memory can be measured apart from phone and server. */
import { createMitmCarrier } from '../../src/mitm/carrier.ts';
import { silentLog, startLab } from '../wire/lab.ts';

const lab = await startLab({
  countOnly: true,
  keepNoEvents: true,
  wire: { carrier: createMitmCarrier({ now: Date.now, log: silentLog }) },
});
process.on('message', (message: { map?: [string, number]; ask?: true }) => {
  if (message.map) lab.map.set(...message.map);
  const { maxRSS } = process.resourceUsage();
  process.send?.({ port: lab.door.port, rss: process.memoryUsage().rss, peak: maxRSS * 1024 });
});
process.send?.({ port: lab.door.port, ca: lab.caFile });
