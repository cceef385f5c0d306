/** PostgreSQL as the hub uses it: a pool, and transactions that end whatever happens. */
import pg from 'pg';
import { labError } from '../formats/refusal.ts';
import type { LabError } from '../model/lab.ts';
import { text } from '../model/text.ts';

export type Client = pg.PoolClient;
export type Database = ReturnType<typeof openDatabase>;

const CONNECT_MS = 5000;
/** Above it somebody waits for nothing. */
const STATEMENT_MS = 60_000;

/** @param size connections at most */
export function openDatabase({ url, password }: { url: string; password: string | null }, size: number) {
  const settings = {
    connectionString: url,
    ...(password === null ? {} : { password }),
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    application_name: 'phonehome hub',
  };
  const pool = new pg.Pool({ ...settings, max: size });
  // One that breaks while nobody uses it is replaced; who uses one hears of it there.
  pool.on('error', () => {});

  /** Rejects with what the database says; then nothing of it was done. */
  async function transact<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    let fault: Error | undefined;
    client.on('error', ignore);
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((broken: Error) => {
        fault = broken;
      });
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(fault);
    }
  }

  /**
   * Of what is notified on a channel, on a connection of its own. Rejects when the database is away.
   * @param onEnd once, when it does not answer any more
   */
  async function listen(
    channel: string,
    onNotice: (payload: string) => void,
    onEnd: () => void,
  ): Promise<() => Promise<void>> {
    const client = new pg.Client({ ...settings, keepAlive: true });
    client.on('error', ignore);
    client.on('notification', ({ payload = '' }) => onNotice(payload));
    client.once('end', onEnd);
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
    } catch (error) {
      await client.end().catch(ignore);
      throw error;
    }
    return () => client.end().catch(ignore);
  }

  return { transact, listen, close: () => pool.end() };
}

const ignore = (): void => {};

/** Of data: the same would fail again. Anything else may pass. Classes 22 and 23 of SQLSTATE (PostgreSQL, appendix A). */
export const isOfData = (error: unknown): boolean => /^2[23]/.test(String((error as { code?: unknown }).code ?? ''));

/** For a command: what it says, and what to do. */
export function explainDatabase(error: unknown): LabError {
  const { code, message } = error as { code?: string; message?: string };
  if (code === '42P01' || code === '3F000') return labError(text('hub.no-tables'));
  return labError(text('hub.database', { error: message || code || '' }));
}
