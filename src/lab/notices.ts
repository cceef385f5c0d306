/** What the lab itself has to say: alerts of the type `system`, about the lab or about one phone. */
import type { Alerter } from '../alert/alerter.ts';
import { say } from '../formats/say.ts';
import type { Alert, AlertDevice, AlertRecord } from '../model/alert.ts';
import type { Text } from '../model/text.ts';

export interface Notices {
  /** About a phone. The same subject is said once and counted. */
  tell(subject: string, message: Text, severity: Alert['severity'], device: AlertDevice): void;
  /** About the lab. By its words: that something works again, or is wrong in another way, is no repeat. */
  notify(subject: string, message: Text, severity: Alert['severity']): void;
  /** Where they go; what was said before goes there now. */
  publishTo(publish: (record: AlertRecord) => void): void;
}

const LAB: AlertDevice = { id: 'lab', model: null, ip: '', mac: null };

export function createNotices(alerter: Pick<Alerter, 'system'>, now: () => number): Notices {
  let early: AlertRecord[] = [];
  let publish = (record: AlertRecord): void => void early.push(record);
  const tell: Notices['tell'] = (subject, message, severity, device) => {
    const record = alerter.system({ subject, text: message, severity, device, time: now() });
    if (record) publish(record);
  };
  return {
    tell,
    notify(subject, message, severity) {
      tell(`${subject} ${say(message)}`, message, severity, LAB);
    },
    publishTo(to) {
      publish = to;
      for (const record of early) to(record);
      early = [];
    },
  };
}
