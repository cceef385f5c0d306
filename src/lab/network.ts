/** Third step: what the lab's thread sees of the phones' network beside what the relay tells it. */
import { setTimeout } from 'node:timers/promises';
import { createDnsHistory } from '../lan/dns/history.ts';
import { captureFiles } from '../lan/recording/capture.ts';
import { createKeyLog } from '../lan/recording/keys.ts';
import { faultOf } from '../model/fault.ts';
import { text } from '../model/text.ts';
import { createAdmission } from './access.ts';
import type { Closers } from './closers.ts';
import { openCountedFile } from './counted-file.ts';
import { openGatewayView } from './gateway-view.ts';
import type { Knowledge } from './knowledge.ts';
import { openLanWatch } from './lan-watch.ts';
import type { LiveDetection } from './live-detection.ts';

const NEIGHBOUR_MS = 500;
/** Of where a phone sent something while no lab ran, the largest are named. */
const MAX_PLACES = 5;

export type Network = Awaited<ReturnType<typeof openNetwork>>;

export async function openNetwork(
  { options, now, newId, log, paths, devices, vendors }: Knowledge,
  { road, tell, notify, troubled }: Pick<LiveDetection, 'road' | 'tell' | 'notify' | 'troubled'>,
  closers: Closers,
) {
  const gateway = openGatewayView(options.data, now);
  closers.add(gateway.close);
  const history = createDnsHistory({ now: () => performance.now(), phoneOf: devices.macOf });
  const watch = await openLanWatch({
    gateway: gateway.current,
    history,
    identify: (ip) => devices.resolve({ ip, peer: gateway.peerOf(ip) })?.id ?? null,
    macOf: devices.macOf,
    makerOf: vendors.vendorOf,
    deviceOfMac: (mac) => devices.list().find(({ match }) => match.mac === mac)?.id ?? null,
    dataDir: options.data,
    capture: options.capture ? { ...options.capture, directory: paths.capture } : null,
    counted: openCountedFile(paths.counted, (error) => log.warn({ ...faultOf(error) }, 'counts could not be kept')),
    async onMissed(ip, past) {
      // Who an address belongs to is asked of the kernel, in the background.
      devices.macOf(ip);
      await setTimeout(NEIGHBOUR_MS, undefined, { ref: false });
      const device = devices.resolve({ ip, peer: gateway.peerOf(ip) });
      const phone = device?.model ?? device?.id ?? ip;
      const sum = (of: 'packets' | 'bytes'): number => past.reduce((all, one) => all + one[of], 0);
      const most = past.toSorted((a, b) => b.bytes - a.bytes).slice(0, MAX_PLACES);
      const places = most.map(({ protocol, destination }) => `${protocol} to ${destination}`);
      tell(
        `missed ${ip} ${now()}`,
        text('lan.missed', { phone, count: sum('packets'), bytes: sum('bytes'), places }),
        'medium',
        { id: device?.id ?? ip, model: device?.model ?? null, ip, mac: devices.macOf(ip) },
      );
    },
    onPhone({ addresses: [ip = ''], ...phone }) {
      if (phone.deviceId !== null) return;
      const what = [phone.maker, phone.system].filter((one) => one !== null).join(', ');
      const message = text('phone.unnamed', { what: what && ` (${what})`, ip });
      tell(`phone ${phone.mac}`, message, 'info', { id: ip, model: null, ip, mac: phone.mac });
    },
    emit: (event) => void road.event(event),
    newId,
    now,
    log,
    notify: troubled,
  });
  closers.add(watch.close);
  const keys = options.capture
    ? createKeyLog(captureFiles(paths.capture).keys, { onTrouble: (line) => notify('recording', line, 'medium') })
    : null;
  if (keys) closers.add(keys.close);
  return {
    ...watch,
    wayIn: gateway.wayIn,
    gateway: gateway.current,
    keys,
    learn: history.learn,
    admit: createAdmission(options.allowClients),
  };
}
