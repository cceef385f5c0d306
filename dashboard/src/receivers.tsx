/** Settings: who outside the lab is told of alerts, by which rules, and what is held back. The file says all of it; this page most. */
import { useEffect, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { notifyState, rule } from '../../src/model/schemas/notify.ts';
import { SEVERITIES } from '../../src/model/words.ts';
import { SCROLLS } from './companies.tsx';
import { ask, lab, role } from './lab.ts';
import { isOperator, Part } from './settings-part.tsx';
import { said as inWords, LANGUAGES, type Language, number, t } from './words.ts';

type State = z.infer<typeof notifyState>;
type Receiver = State['receivers'][number];
type Rule = z.infer<typeof rule>;

const load = (): Promise<State> => ask(lab.GET('/api/notify'));
const isAdministrator = (): boolean => role.value === 'administrator';
const named = (id: string) => ({ params: { path: { id } } });

export function ReceiversPart() {
  const [state, setState] = useState<State | null>(null);
  const [told, setTold] = useState<string | null>(null);
  useEffect(() => {
    void load().then(setState, () => {});
  }, []);
  if (state === null) return null;
  /** Does it, says what the lab minds, and looks again. */
  const act = async (work: () => Promise<string | null>): Promise<void> => {
    setTold(await work().catch((error: Error) => error.message));
    setState(await load());
  };
  const { file, problem, receivers, rules, mutes } = state;
  return (
    <Part id="notify" title={t('notify.title')}>
      {problem !== null && <p class="refusal">{t('notify.problem', { file, problem })}</p>}
      {receivers.length === 0 ? (
        <p class="empty">{t('notify.none')}</p>
      ) : (
        <div class="wide" {...SCROLLS}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('notify.receiver')}</th>
                <th scope="col">{t('notify.state')}</th>
                <th scope="col">
                  <span class="hidden">{t('notify.test')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {receivers.map((one) => (
                <ReceiverRow key={one.name} receiver={one} rules={rules} act={act} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p role="status">{told}</p>
      {rules.length > 0 && (
        <>
          <h3>{t('notify.rules')}</h3>
          <ul>
            {rules.map(({ name, when, send }) => (
              <li key={name}>{t('notify.rule', { when: conditionOf(when), receivers: send.join(', ') })}</li>
            ))}
          </ul>
        </>
      )}
      {mutes.length > 0 && <Mutes mutes={mutes} act={act} />}
      {isAdministrator() && <AddWebhook rules={rules} act={act} />}
      <p class="quiet">
        {t('notify.file', { file })} {t('notify.masked')}
      </p>
    </Part>
  );
}

type Act = (work: () => Promise<string | null>) => Promise<void>;

/** As the file names it: `severity critical, country CN`. */
function conditionOf(when: Rule['when']): string {
  const parts = Object.entries(when).map(([name, value]) => `${name} ${[value].flat().join(' | ')}`);
  return parts.length > 0 ? parts.join(', ') : t('notify.everything');
}

function ReceiverRow({ receiver, rules, act }: { receiver: Receiver; rules: readonly Rule[]; act: Act }) {
  const { name, type, where, sent, waiting, dead, lastError, lastErrorText } = receiver;
  const said = [
    t('notify.sent', { count: number(sent) }),
    waiting > 0 && t('notify.waiting', { count: number(waiting) }),
    dead > 0 && t('notify.dead', { count: number(dead) }),
    lastError !== null && t('notify.error', { error: inWords(lastErrorText, lastError) }),
  ].filter(Boolean);
  const test = async (): Promise<string> => {
    const { ok, detail } = await ask(lab.POST('/api/notify/receivers/{id}/test', named(name)));
    return t(ok ? 'notify.tested' : 'notify.not-tested', { name, detail });
  };
  const retry = async (): Promise<null> => {
    await ask(lab.POST('/api/notify/receivers/{id}/retry', named(name)));
    return null;
  };
  // A rule without receivers is none.
  const remove = async (): Promise<null> => {
    const left = rules
      .map((one) => ({ ...one, send: one.send.filter((to) => to !== name) }))
      .filter(({ send }) => send.length > 0);
    await ask(lab.PUT('/api/notify/rules', { body: { rules: left } }));
    await ask(lab.DELETE('/api/notify/receivers/{id}', named(name)));
    return null;
  };
  const button = (label: string, work: () => Promise<string | null>) => (
    <button type="button" class="button" aria-label={`${label}: ${name}`} onClick={() => void act(work)}>
      {label}
    </button>
  );
  return (
    <tr>
      <td>
        {name}
        <small>
          {type}, {where}
        </small>
      </td>
      <td class={lastError === null ? '' : 'high'}>{said.join(' · ')}</td>
      <td>
        {isOperator() && button(t('notify.test'), test)}
        {isOperator() && dead > 0 && button(t('notify.retry'), retry)}
        {isAdministrator() && button(t('notify.remove'), remove)}
      </td>
    </tr>
  );
}

function Mutes({ mutes, act }: { mutes: State['mutes']; act: Act }) {
  const end = (name: string) => async (): Promise<null> => {
    await ask(lab.DELETE('/api/notify/mutes/{id}', named(name)));
    return null;
  };
  return (
    <>
      <h3>{t('notify.mutes')}</h3>
      <ul>
        {mutes.map(({ name, when, reason, until, held, isOver }) => (
          <li key={name}>
            {t('notify.mute', { when: conditionOf(when), reason, until, count: number(held) })}{' '}
            {isOver && t('notify.over')}{' '}
            {isOperator() && (
              <button
                type="button"
                class="button"
                aria-label={`${t('notify.end')}: ${name}`}
                onClick={() => void act(end(name))}
              >
                {t('notify.end')}
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

interface NewWebhook {
  name: string;
  url: string;
  severity: (typeof SEVERITIES)[number];
  language: Language;
}

/** A receiver and the rule that sends to it, at once. */
function AddWebhook({ rules, act }: { rules: readonly Rule[]; act: Act }) {
  const [values, setValues] = useState<NewWebhook>({ name: '', url: '', severity: 'high', language: 'en' });
  const set = (field: keyof typeof values) => (event: Event) =>
    setValues({ ...values, [field]: (event.currentTarget as HTMLInputElement).value });
  const add = async (): Promise<null> => {
    const { name, url, severity, language } = values;
    await ask(lab.PUT('/api/notify/receivers/{id}', { ...named(name), body: { type: 'webhook', url, language } }));
    const mine = { name, when: { severity }, send: [name] };
    const others = rules.filter((one) => one.name !== name);
    await ask(lab.PUT('/api/notify/rules', { body: { rules: [...others, mine] } }));
    setValues({ ...values, name: '', url: '' });
    return null;
  };
  return (
    <details>
      <summary>{t('notify.add')}</summary>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          void act(add);
        }}
      >
        <label>
          {t('notify.name')}
          <input
            required
            pattern="[A-Za-z0-9_][A-Za-z0-9_.\-]*"
            maxLength={60}
            value={values.name}
            onInput={set('name')}
          />
        </label>
        <label>
          {t('notify.url')}
          <input type="url" required value={values.url} onInput={set('url')} />
        </label>
        <label>
          {t('notify.least')}
          <select value={values.severity} onChange={set('severity')}>
            {SEVERITIES.map((one) => (
              <option key={one} value={one}>
                {t(`severity.${one}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t('notify.language')}
          <select value={values.language} onChange={set('language')}>
            {Object.entries(LANGUAGES).map(([code, called]) => (
              <option key={code} value={code} lang={code}>
                {called}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="button main">
          {t('notify.save')}
        </button>
      </form>
    </details>
  );
}
