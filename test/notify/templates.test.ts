/** What ready-made templates send; the services' own documents say what they take. */
import { describe, expect, it } from 'vitest';
import { noticeOf } from '../../src/notify/notice.ts';
import { requestOf } from '../../src/notify/webhook.ts';
import { labAlert } from '../sinks/lab-alert.ts';
import { configOf } from './lab-notifier.ts';

const HOSTILE = 'evil","chat_id":"1\u202e<!channel> *b* {{secret.token}}';

function requestFor(given: object, changes: Parameters<typeof labAlert>[1] = {}) {
  const receiver = configOf({ receivers: { r: { type: 'webhook', ...given } } }).receivers.r;
  if (receiver?.type !== 'webhook') throw new Error('no webhook');
  const notice = noticeOf(labAlert(1, changes), receiver);
  const made = requestOf({ receiver, notice, secretOf: (file) => `secret/of ${file}`, now: () => 0 });
  return { ...made, url: String(made.url), body: JSON.parse(made.body) };
}

describe('templates', () => {
  it('telegram: sendMessage of the bot, as plain text', () => {
    const { url, method, body } = requestFor({
      template: 'telegram',
      values: { chat: '-100' },
      secrets: { token: 't' },
    });
    expect({ url, method }).toEqual({ method: 'POST', url: 'https://api.telegram.org/botsecret%2Fof%20t/sendMessage' });
    expect(body).toMatchObject({ chat_id: '-100', text: expect.stringContaining('IMEI → China Telecom') });
    expect(body).not.toHaveProperty('parse_mode');
  });

  it('slack: the address is the secret, and the text is plain', () => {
    const { body } = requestFor({
      template: 'slack',
      url: 'https://hooks.slack.com/services/{{secret.path}}',
      secrets: { path: 's' },
    });
    expect(body.blocks[0].text).toMatchObject({ type: 'plain_text', text: expect.stringContaining('zzhc.vnet.cn') });
  });

  it('matrix: the transaction is the alert, so that a homeserver takes it once', () => {
    const { url, method, headers } = requestFor({
      template: 'matrix',
      values: { server: 'https://m.example', room: '!r:m.example' },
      secrets: { token: 't' },
    });
    expect({ url, method }).toEqual({
      method: 'PUT',
      url: `https://m.example/_matrix/client/v3/rooms/!r%3Am.example/send/m.room.message/${labAlert(1).id}`,
    });
    expect(headers).toMatchObject({ Authorization: 'Bearer secret/of t' });
  });

  it('zalo: a bot, and an Official Account; in Vietnamese where it is wanted', () => {
    const bot = requestFor({ template: 'zalo', language: 'vi', values: { chat: 'c' }, secrets: { token: 't' } });
    expect(bot.body).toMatchObject({ chat_id: 'c', text: expect.stringContaining('số IMEI') });
    expect(bot.body.text).toContain('Trung Quốc');
    const account = requestFor({ template: 'zalo-oa', values: { user: 'u' }, secrets: { token: 't' } });
    expect(account.body).toMatchObject({ recipient: { user_id: 'u' }, message: { text: expect.any(String) } });
    expect(account.headers).toMatchObject({ access_token: 'secret/of t' });
  });

  it('what a phone or server wrote stays text, whatever stands in it', () => {
    const destination = { ...labAlert(1).destination, host: HOSTILE } as NonNullable<
      ReturnType<typeof labAlert>['destination']
    >;
    const { url, body } = requestFor(
      { url: 'https://a.example/x?host={{host}}', body: { a: ['{{host}}'], b: '{{title}}' }, secrets: { token: 't' } },
      { destination: { ...destination, owner: { ...destination.owner, name: null } } },
    );
    expect(body.a).toEqual([HOSTILE.replace('\u202e', '·')]);
    expect(Object.keys(body)).toEqual(['a', 'b']);
    expect(new URL(url).searchParams.get('host')).toBe(HOSTILE.replace('\u202e', '·'));
    expect(JSON.stringify(body)).not.toContain('secret/of');
  });

  it('a text longer than the service takes is cut', () => {
    const { body } = requestFor(
      { template: 'zalo', personal: 'masked', values: { chat: 'c' }, secrets: { token: 't' } },
      { message: 'x'.repeat(5000) },
    );
    expect(body.text.length).toBe(2000);
  });
});
