/** `/api/notify…`: who is told of alerts outside the lab. What changes it is written into notify.yaml, and mutes stand in the audit. */

import type { Hono, MiddlewareHandler } from 'hono';
import { refusalIn, refusalOf } from '../../formats/refusal.ts';
import { text } from '../../model/text.ts';
import { readBody } from './bodies.ts';
import type { Bindings, Ctx } from './context.ts';
import type { LiveDependencies, NotifyServices, Outcome } from './dependencies.ts';
import { InputError } from './queries.ts';
import { json } from './sign-in.ts';

const NAME = /^\w[\w.-]{0,59}$/;
const NO_AUDIT = refusalIn(text('refused.unaudited.changed'));

export function addNotify(
  app: Hono<Bindings>,
  { notify, audit }: Pick<LiveDependencies, 'audit'> & { notify: NotifyServices },
  limited: MiddlewareHandler,
  whoOf: (c: Ctx) => string,
): void {
  const nameIn = (c: Ctx): string => {
    const name = c.req.param('id') ?? '';
    if (!NAME.test(name)) throw new InputError(text('input.notify-name'));
    return name;
  };
  const missing = (c: Ctx, what: 'receiver' | 'mute') => c.json(refusalIn(text(`refused.no-notify.${what}`)), 404);
  const hasReceiver = (name: string): boolean => Object.hasOwn(notify.config().receivers, name);
  const hasMute = (name: string): boolean => notify.config().mutes.some((mute) => mute.name === name);
  const changed = (c: Ctx, result: Outcome<null>) =>
    result.ok ? c.json(notify.state()) : c.json(refusalOf(result), 409);
  const removed = (c: Ctx, result: Outcome<null>) => (result.ok ? c.body(null, 204) : c.json(refusalOf(result), 409));

  app.get('/api/notify', (c) => c.json(notify.state()));
  app.get('/api/notify/receivers/:id', (c) => {
    const name = nameIn(c);
    return hasReceiver(name) ? c.json(notify.config().receivers[name]) : missing(c, 'receiver');
  });
  app.put('/api/notify/receivers/:id', limited, async (c) => {
    const name = nameIn(c);
    const receiver = await readBody('receiver', await json(c));
    if (!audit('notify', `receiver ${name}`, whoOf(c))) return c.json(NO_AUDIT, 409);
    return changed(c, await notify.change((file) => file.setIn(['receivers', name], receiver)));
  });
  app.delete('/api/notify/receivers/:id', async (c) => {
    const name = nameIn(c);
    if (!hasReceiver(name)) return missing(c, 'receiver');
    return removed(c, await notify.change((file) => void file.deleteIn(['receivers', name])));
  });
  app.post('/api/notify/receivers/:id/test', async (c) => {
    const name = nameIn(c);
    return hasReceiver(name) ? c.json(await notify.test(name)) : missing(c, 'receiver');
  });
  app.post('/api/notify/receivers/:id/retry', async (c) => {
    const name = nameIn(c);
    return hasReceiver(name) ? c.json({ count: await notify.retry(name) }) : missing(c, 'receiver');
  });
  app.put('/api/notify/rules', limited, async (c) => {
    const { rules } = await readBody('rules', await json(c));
    return changed(c, await notify.change((file) => file.set('rules', rules)));
  });
  app.put('/api/notify/mutes/:id', limited, async (c) => {
    const name = nameIn(c);
    const mute = { name, ...(await readBody('mute', await json(c))) };
    if (!audit('mute', name, whoOf(c))) return c.json(NO_AUDIT, 409);
    const others = notify.config().mutes.filter((one) => one.name !== name);
    return changed(c, await notify.change((file) => file.set('mutes', [...others, mute])));
  });
  app.delete('/api/notify/mutes/:id', async (c) => {
    const name = nameIn(c);
    if (!hasMute(name)) return missing(c, 'mute');
    const others = notify.config().mutes.filter((one) => one.name !== name);
    return removed(c, await notify.change((file) => file.set('mutes', others)));
  });
  app.put('/api/notify/secrets/:id', limited, async (c) => {
    const name = nameIn(c);
    const { secret } = await readBody('secret', await json(c));
    if (!audit('notify', `secret ${name}`, whoOf(c))) return c.json(NO_AUDIT, 409);
    notify.putSecret(name, secret);
    return c.body(null, 204);
  });
}
