/** Kept content in the running lab, and read by commands while none runs. */
import { existsSync } from 'node:fs';
import { maskUrl } from '../alert/masked-url.ts';
import { type ContentMask, type ContentSide, orderContent, partOf } from '../formats/flow-content.ts';
import type { Keep, NotKeptReason } from '../model/content.ts';
import type { FlowRecord } from '../model/flow.ts';
import { type Text, text } from '../model/text.ts';
import { type ContentKeeper, createContentKeeper } from '../sinks/content/keeper.ts';
import { type ContentReader, type ContentStore, openContentReader, openContentStore } from '../sinks/content/store.ts';
import type { PhoneKeys } from '../sinks/evidence/phone-keys.ts';
import type { LiveDependencies } from '../sinks/live/dependencies.ts';
import { pathsIn } from './data-directory.ts';
import { openKeys } from './evidence.ts';
import type { Masking } from './masking.ts';

/** What of a data directory is kept; null where none was, or it cannot be opened. */
export function openKeptContent(dataDir: string, passphrase: string | null = null): ContentReader | null {
  const { content, evidenceKey } = pathsIn(dataDir);
  if (!existsSync(content) || !existsSync(evidenceKey)) return null;
  return openContentReader(content, openKeys(dataDir, passphrase).phoneKeys);
}

/** For what destroys it, while no lab runs. Null: nothing was ever kept. */
export function openStoredContent(dataDir: string, phoneKeys: PhoneKeys): ContentStore | null {
  const { content } = pathsIn(dataDir);
  if (!existsSync(content)) return null;
  return openContentStore({ file: content, phoneKeys, maxBytes: Number.MAX_SAFE_INTEGER });
}

export interface LabContent {
  /** How much of a connection that is about to close was kept. */
  noteOf: ContentKeeper['noteOf'];
  /** Null: nothing is kept, nor was before. */
  store: ContentStore | null;
  keeper: ContentKeeper | null;
}

/** Opened by the lab's thread. A disk that refuses it makes it `none`, and that is told. */
export function openLabContent(options: {
  data: string;
  keep: Keep;
  maxMegabytes: number;
  phoneKeys: PhoneKeys;
  deviceOf: Parameters<typeof createContentKeeper>[0]['deviceOf'];
  now: () => number;
  warn: (told: Text) => void;
}): LabContent {
  const { data, keep, maxMegabytes, phoneKeys, deviceOf, now, warn } = options;
  const { content: file } = pathsIn(data);
  if (keep === 'none' && !existsSync(file)) return { noteOf: keepsNone, store: null, keeper: null };
  try {
    const store = openContentStore({
      file,
      phoneKeys,
      maxBytes: maxMegabytes * 1_000_000,
      onDamaged: (keptAs) => warn(text('lab.content-damaged', { file: keptAs })),
    });
    const keeper =
      keep === 'none'
        ? null
        : createContentKeeper({
            keep,
            write: store.put,
            deviceOf,
            now,
            onTrouble: (result) =>
              warn(result.ok ? text('lab.content-again') : text('lab.content-trouble', { reason: result.message })),
          });
    return { noteOf: keeper?.noteOf ?? keepsNone, store, keeper };
  } catch (error) {
    warn(text('lab.content-trouble', { reason: (error as Error).message }));
    return { noteOf: keepsNone, store: null, keeper: null };
  }
}

const keepsNone: ContentKeeper['noteOf'] = (_flowId, relayed) => ({
  keep: 'none',
  bytes: 0,
  notKept: relayed,
  why: ['not-asked'],
});

/** Content over the API. */
export function contentServices(
  { store, keeper }: LabContent,
  masking: Masking,
): Pick<LiveDependencies, 'content' | 'contentPart'> {
  /** With what is not written yet. */
  function eventsOf(flowId: string) {
    keeper?.flush();
    return store?.eventsOf(flowId) ?? [];
  }
  return {
    content: (flow, isRevealed) =>
      withState(flow, orderContent(flow.id, eventsOf(flow.id), [], isRevealed ? null : maskOf(masking, flow.deviceId))),
    contentPart: (flow, side: ContentSide, from, length) => partOf(eventsOf(flow.id), side, from, length),
  };
}

/** Why nothing is there, where nothing is. */
export function withState(
  { content, closedAt }: Pick<FlowRecord, 'content' | 'closedAt'>,
  given: ReturnType<typeof orderContent>,
): ReturnType<typeof orderContent> {
  const told: readonly NotKeptReason[] = content?.why ?? [];
  if (given.state === 'kept') return { ...given, why: [...new Set([...told, ...given.why])] };
  const wasKept = (content?.bytes ?? 0) > 0;
  if (wasKept) return { ...given, why: ['gone'] };
  // A record of before, or of a lab that kept none.
  return { ...given, why: told.length > 0 ? [...told] : closedAt === null ? [] : ['not-asked'] };
}

/** Fields that open somebody's account, whatever is in them. */
const SECRET_FIELDS = /^(?:(?:proxy-)?authorization|cookie|set-cookie|x-api-key|x-auth.*)$/i;

function maskOf(masking: Masking, deviceId: string | null): ContentMask {
  const secrets = masking.secretsOf(deviceId);
  const hide = (given: string): string => (secrets.holds(given) || secrets.tells(given) ? '…' : given);
  return {
    url: (head) => maskUrl(head, secrets, null, false),
    header: ([name, value]) => [hide(name), SECRET_FIELDS.test(name) ? '…' : hide(value)],
    label: hide,
  };
}
