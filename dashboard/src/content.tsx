/**
 * What was said on a connection, where it was kept: requests with their answers, messages, raw bytes. Masked at first; as it stood
 * there on request, which stands in the audit. Copy as curl, export as HAR.
 */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ContentPart, FlowContent } from '../../src/model/content.ts';
import type { FlowRecord } from '../../src/model/flow.ts';
import { useAnswer } from './answer.ts';
import { bytes as amount } from './bytes.ts';
import { type Bodies, bytesOf, curlOf, type Exchange, harOf } from './export-exchange.ts';
import { ask, lab, role } from './lab.ts';
import { numbered, Opened } from './opened.tsx';
import { number, t, when } from './words.ts';

export function Content({ flow }: { flow: FlowRecord }) {
  const [isRevealed, setRevealed] = useState(false);
  const isAllowed = role.value !== 'viewer';
  const { value, refusal } = useAnswer(
    isAllowed ? { path: { id: flow.id }, query: { reveal: isRevealed } } : null,
    (params) => lab.GET('/api/flows/{id}/content', { params }),
  );
  if (!isAllowed) return <p class="empty">{t('content.operator')}</p>;
  if (refusal) return <p class="refusal">{refusal.message}</p>;
  if (!value) return <p class="quiet">{t('live.loading')}</p>;
  return (
    <>
      {value.why.length > 0 && (
        <p class={value.state === 'none' ? 'empty' : 'doubt'}>
          {t(value.state === 'none' ? 'content.none' : 'content.part')}{' '}
          {value.why.map((one) => t(`content.why.${one}`)).join('; ')}
        </p>
      )}
      {value.state === 'none' && value.why.length === 0 && <p class="empty">{t('content.none')}</p>}
      {value.state === 'kept' && (
        <p class="actions">
          {isRevealed ? (
            <Har flow={flow} content={value} />
          ) : (
            <button type="button" class="button main" onClick={() => setRevealed(true)}>
              {t('content.reveal')}
            </button>
          )}
          <span class="quiet">{t(isRevealed ? 'content.revealed' : 'content.masked')}</span>
        </p>
      )}
      {value.exchanges.map((exchange) => (
        <ExchangeView
          key={exchange.exchange}
          exchange={exchange}
          id={flow.id}
          isRevealed={isRevealed}
          isOpen={exchange === value.exchanges[0]}
        />
      ))}
      <Messages content={value} id={flow.id} isRevealed={isRevealed} />
      <Raw content={value} id={flow.id} isRevealed={isRevealed} />
      {value.cut && <p class="quiet">{t('content.list-cut')}</p>}
    </>
  );
}

interface PartProps {
  /** Of the flow. */
  id: string;
  isRevealed: boolean;
}

function ExchangeView({ exchange, id, isRevealed, isOpen }: { exchange: Exchange; isOpen: boolean } & PartProps) {
  const [isUnfolded, setUnfolded] = useState(isOpen);
  const { request, response, upgradedTo } = exchange;
  return (
    <details class="exchange" open={isUnfolded} onToggle={(event) => setUnfolded(event.currentTarget.open)}>
      <summary>
        <strong>{request?.method ?? '?'}</strong> {request?.url ?? t('content.no-request')}{' '}
        <span class="badge">{response ? number(response.status) : t('content.no-answer')}</span>
        {upgradedTo && <span class="badge">{upgradedTo}</span>}
      </summary>
      {isUnfolded && isRevealed && request && <Curl exchange={exchange} id={id} />}
      {isUnfolded && request && (
        <Side name="request" head={request} exchange={exchange.exchange} id={id} isRevealed={isRevealed} />
      )}
      {isUnfolded && response && (
        <Side name="response" head={response} exchange={exchange.exchange} id={id} isRevealed={isRevealed} />
      )}
    </details>
  );
}

type Head = NonNullable<Exchange['request'] | Exchange['response']>;

function Side({
  name,
  head,
  exchange,
  id,
  isRevealed,
}: { name: 'request' | 'response'; head: Head; exchange: number } & PartProps) {
  const { body } = head;
  return (
    <section>
      <h3>
        {t(`content.${name}`)} <small>{when(new Date(head.time).toISOString())}</small>
      </h3>
      <table class="headers">
        <tbody>
          {numbered(head.headers).map(({ place, one: [field, value] }) => (
            <tr key={place}>
              <th scope="row">{field}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {body.bytes > 0 && (
        <p class="quiet">
          {t('content.body', { bytes: amount(body.bytes), kept: amount(body.kept) })}
          {body.endedAt === null || !body.complete ? ` ${t('content.unfinished')}` : ''}
        </p>
      )}
      {isRevealed && body.kept > 0 && <Opened id={id} of={{ side: name, exchange }} />}
    </section>
  );
}

function Messages({ content: { messages }, id, isRevealed }: { content: FlowContent } & PartProps) {
  if (messages.length === 0) return null;
  return (
    <section>
      <h3>{t('content.messages')}</h3>
      {messages.map(({ index, direction, time, protocol, label, bytes }) => (
        <Foldable
          key={index}
          line={`${direction === 'request' ? '↑' : '↓'} ${protocol} ${label} · ${amount(bytes)} · ${when(new Date(time).toISOString())}`}
        >
          {isRevealed ? <Opened id={id} of={{ side: 'message', index }} /> : <p class="quiet">{t('content.masked')}</p>}
        </Foldable>
      ))}
    </section>
  );
}

function Raw({ content: { raw }, id, isRevealed }: { content: FlowContent } & PartProps) {
  const sides = (['request', 'response'] as const).filter((side) => raw[side].bytes > 0);
  return (
    <>
      {sides.map((side) => (
        <section key={side}>
          <h3>
            {t(`content.raw-${side}`)} <small>{amount(raw[side].bytes)}</small>
          </h3>
          {isRevealed && raw[side].kept > 0 && <Opened id={id} of={{ side: `raw-${side}` }} />}
        </section>
      ))}
    </>
  );
}

/** Its content is asked for when it is unfolded. */
function Foldable({ line, children }: { line: string; children: ComponentChildren }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="exchange" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{line}</summary>
      {isOpen && children}
    </details>
  );
}

/** All that was kept of a body, from its beginning to the first gap. */
async function bodyOf(
  id: string,
  side: 'request' | 'response',
  { exchange, [side]: head }: Exchange,
): Promise<Uint8Array | null> {
  if (head === null || head.body.kept === 0) return null;
  const parts: Uint8Array[] = [];
  for (let from: number | null = 0; from !== null; ) {
    const query = { side, exchange, from, length: 1_048_576, reveal: true };
    const part: ContentPart = await ask(lab.GET('/api/flows/{id}/content/body', { params: { path: { id }, query } }));
    if (part.from !== from) break;
    parts.push(bytesOf(part.bytes));
    from = part.next;
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

function Curl({ exchange, id }: { exchange: Exchange; id: string }) {
  const [said, setSaid] = useState<'copied' | 'failed' | null>(null);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(curlOf(exchange, await bodyOf(id, 'request', exchange)));
      setSaid('copied');
    } catch {
      setSaid('failed');
    }
  };
  return (
    <p class="actions">
      <button type="button" class="button" onClick={() => void copy()}>
        {t('content.curl')}
      </button>
      <span role="status">{said && t(`content.${said}`)}</span>
    </p>
  );
}

function Har({ flow, content }: { flow: FlowRecord; content: FlowContent }) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const save = async (): Promise<void> => {
    try {
      const bodies = new Map<Exchange, Bodies>();
      for (const exchange of content.exchanges)
        bodies.set(exchange, {
          request: await bodyOf(flow.id, 'request', exchange),
          response: await bodyOf(flow.id, 'response', exchange),
        });
      const har = harOf(flow, content.exchanges, (one) => bodies.get(one) ?? { request: null, response: null });
      download(`${flow.id}.har`, new Blob([JSON.stringify(har, null, 1)], { type: 'application/json' }));
      setRefusal(null);
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <>
      <button type="button" class="button" onClick={() => void save()}>
        {t('content.har')}
      </button>
      {refusal && (
        <span class="refusal" role="alert">
          {refusal}
        </span>
      )}
    </>
  );
}

/** Gives a file to the person, from the page's own memory. */
export function download(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
