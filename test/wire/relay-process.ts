/** A lab in a process of its own, so that its memory can be measured apart from the client's and the server's. */
import { startLab } from './lab.ts';

const lab = await startLab({ countOnly: true });
process.on('message', (message: { map?: [string, number]; ask?: true }) => {
  if (message.map) lab.map.set(...message.map);
  const { maxRSS } = process.resourceUsage();
  process.send?.({ port: lab.door.port, rss: process.memoryUsage().rss, peak: maxRSS * 1024 });
});
process.send?.({ port: lab.door.port, ca: lab.caFile });
