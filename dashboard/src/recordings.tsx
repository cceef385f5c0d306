/** A recording is dropped, the lab reads it, and its findings appear as they come, as live alerts do. Nothing of it is kept. */
import { useRef, useState } from 'preact/hooks';
import type { Severity } from '../../src/model/alert.ts';
import type { DestinationFacts } from '../../src/model/destination.ts';
import type { Evidence, Identifier } from '../../src/model/identifier.ts';
import type { Text } from '../../src/model/text.ts';
import { bytes } from './bytes.ts';
import { ask, lab, role } from './lab.ts';
import { ThreeFacts } from './three-facts.tsx';
import { companyOf } from './verdict.ts';
import { nounOf, number, said, t, tn } from './words.ts';

/** As `RecordedLine` of the API; what is not looked at here is left out. */
type Line =
  | { type: 'finding'; entry: number; app: string | null; finding: Found }
  | { type: 'contact'; host: string }
  | { type: 'partial' | 'skipped' | 'fault'; reason: string; text?: Text }
  | { type: 'progress'; bytes: number }
  | { type: 'end'; entries: number; findings: number; more: number };

interface Found {
  identifier: Identifier;
  evidence: Evidence;
  severity: Severity;
  flow: { method: string | null; url: string | null; protocol: string };
  destination: (DestinationFacts & { host: string; port: number; ip: string | null }) | null;
}

interface Reading {
  name: string;
  size: number;
  done: number;
  found: { entry: number; app: string | null; finding: Found }[];
  contacts: string[];
  /** By their English sentence. */
  unread: Map<string, Text | undefined>;
  end: { entries: number; findings: number; more: number } | null;
  fault: string | null;
}

const MOST_SHOWN = 500;

export function Recordings() {
  const [reading, setReading] = useState<Reading | null>(null);
  const [isOver, setOver] = useState(false);
  const running = useRef<AbortController | null>(null);
  const scan = async (file: File): Promise<void> => {
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    const now: Reading = {
      name: file.name,
      size: file.size,
      done: 0,
      found: [],
      contacts: [],
      unread: new Map(),
      end: null,
      fault: null,
    };
    setReading({ ...now });
    try {
      for await (const line of linesOf(file, abort.signal)) {
        take(now, line);
        setReading({ ...now });
      }
    } catch (error) {
      if (abort.signal.aborted) return;
      setReading({ ...now, fault: error instanceof Error ? error.message : String(error) });
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const [file] = event.dataTransfer?.files ?? [];
    if (file) void scan(file);
  };
  if (role.value === 'viewer') return <p class="empty">{t('rec.viewer')}</p>;
  return (
    <section aria-labelledby="rec-title">
      <h1 id="rec-title">{t('rec.title')}</h1>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the field inside does the same by keys */}
      <div
        class={`drop ${isOver ? 'over' : ''}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <label>
          {t('rec.drop')}
          <input
            type="file"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              if (file) void scan(file);
            }}
          />
        </label>
        <p class="quiet">{t('rec.kept')}</p>
      </div>
      {reading && <Shown reading={reading} onStop={() => running.current?.abort()} />}
    </section>
  );
}

function take(now: Reading, line: Line): void {
  if (line.type === 'finding') now.found = [...now.found, line];
  else if (line.type === 'contact') now.contacts = [...new Set([...now.contacts, line.host])];
  else if (line.type === 'progress') now.done = line.bytes;
  else if (line.type === 'end') now.end = line;
  else if (line.type === 'fault') now.fault = said(line.text, line.reason);
  else now.unread.set(line.reason, line.text);
}

/** What the lab says of the file, line after line, while it reads. */
async function* linesOf(file: File, signal: AbortSignal): AsyncGenerator<Line> {
  const body = await ask(lab.POST('/api/recordings', { body: file, signal, parseAs: 'stream' }));
  const reader = (body ?? new Blob().stream()).pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as Line;
  }
}

function Shown({ reading, onStop }: { reading: Reading; onStop: () => void }) {
  const { name, size, done, found, contacts, unread, end, fault } = reading;
  const isOver = end !== null || fault !== null;
  return (
    <>
      <p role="status">
        {fault !== null
          ? t('rec.failed', { reason: fault })
          : end === null
            ? `${t('rec.sending', { name })} ${t('rec.progress', { done: bytes(done), all: bytes(size) })}`
            : t('rec.done', {
                name,
                findings: tn('rec.findings', end.findings),
                entries: number(end.entries),
              })}{' '}
        {!isOver && (
          <button type="button" class="button" onClick={onStop}>
            {t('rec.stop')}
          </button>
        )}
      </p>
      {end !== null && end.findings === 0 && <p class="empty">{t('rec.none')}</p>}
      <ul class="alerts">
        {found.slice(0, MOST_SHOWN).map((one, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they only grow
          <FindingLine key={index} {...one} />
        ))}
      </ul>
      {end !== null && end.findings > Math.min(found.length, MOST_SHOWN) && (
        <p>{t('rec.more', { count: number(end.findings - Math.min(found.length, MOST_SHOWN)) })}</p>
      )}
      {unread.size > 0 && (
        <Named title={t('rec.unread')} items={[...unread].map(([reason, why]) => said(why, reason))} />
      )}
      {contacts.length > 0 && <Named title={t('rec.contacts')} items={contacts} />}
    </>
  );
}

function Named({ title, items }: { title: string; items: readonly string[] }) {
  return (
    <details>
      <summary>
        {title} ({number(items.length)})
      </summary>
      <ul>
        {items.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </details>
  );
}

function FindingLine({ entry, app, finding }: Reading['found'][number]) {
  const { identifier, evidence, severity, flow, destination } = finding;
  const what = t('rec.went', { kind: nounOf(identifier.kind), company: companyOf({ destination }) });
  return (
    <li class={`alert ${severity}`}>
      <details>
        <summary>
          <span class="what">{`${what.charAt(0).toUpperCase()}${what.slice(1)}`}</span>
          <span class="facts">
            <span class={`badge ${severity}`}>{t(`severity.${severity}`)}</span>
            <code>{identifier.masked}</code>
            <span>{destination?.host}</span>
            {app && <span>{app}</span>}
            <span>{t('rec.entry', { count: number(entry) })}</span>
          </span>
        </summary>
        <div class="unfolded">
          <pre>
            {[flow.method, flow.url].filter(Boolean).join(' ') || flow.protocol}
            {`\n${evidence.where}${evidence.path ? ` ${evidence.path}` : ''}`}
            {evidence.decoding.map((layer) => `\n${layer} ▸`).join('')} <mark>{identifier.masked}</mark>
          </pre>
          <p>
            <strong>{t('alert.how')}:</strong> {said(identifier.text, identifier.reasoning)}
          </p>
          {destination && <ThreeFacts facts={destination} />}
        </div>
      </details>
    </li>
  );
}
