/** Tables for all labs, in a stream of one message that labs may read and nobody but the hub may write. */
import { DiscardPolicy, jetstream, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { labError } from '../formats/refusal.ts';
import { type Feed, MAX_FEED_BYTES, sealFeed } from '../formats/signed-feed.ts';
import { FEED_STREAM, FEED_SUBJECT } from '../model/hub.ts';
import { text } from '../model/text.ts';
import type { HubServerConfig } from './config.ts';
import { connectHub } from './stream.ts';

/** @param key PEM of an Ed25519 key. @returns the version it got: one more than there was. @throws LabError */
export async function publishFeed(
  config: HubServerConfig,
  files: Record<string, string>,
  { key, now }: { key: string; now: Date },
): Promise<number> {
  const connection = await connectHub(config).catch((error: Error) => {
    throw labError(text('hub.no-broker', { url: config.nats.url, error: error.message }));
  });
  try {
    const manager = await jetstreamManager(connection);
    const isThere = await manager.streams.info(FEED_STREAM).then(
      () => true,
      () => false,
    );
    if (!isThere)
      await manager.streams.add({
        ...{ name: FEED_STREAM, subjects: [FEED_SUBJECT], storage: StorageType.File, allow_direct: true },
        ...{ retention: RetentionPolicy.Limits, discard: DiscardPolicy.Old, max_msgs_per_subject: 1 },
      });
    const last = await manager.streams.getMessage(FEED_STREAM, { last_by_subj: FEED_SUBJECT }).catch(() => null);
    const before = last === null ? 0 : (JSON.parse(last.json<{ signed: string }>().signed) as Feed).version;
    const version = before + 1;
    const bytes = seal({ version, made: now.toISOString(), files }, key);
    await jetstream(connection).publish(FEED_SUBJECT, bytes);
    return version;
  } finally {
    await connection.close();
  }
}

function seal(feed: Feed, key: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = sealFeed(feed, key);
  } catch {
    throw labError(text('hub.no-feed-key'));
  }
  if (bytes.length > MAX_FEED_BYTES) throw labError(text('hub.large-feed', { most: MAX_FEED_BYTES }));
  return bytes;
}
