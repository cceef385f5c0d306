/** What became of a connection, in a few words; the same for lists and for the page of one. */
import type { FlowRecord } from '../../src/model/flow.ts';
import { t, type Word } from './words.ts';

export type Light = 'ok' | 'medium' | 'high' | 'grey';

/** Why it failed, or how it went. */
export function stateOf(flow: FlowRecord): { word: Word; light: Light } {
  if (flow.treatment === 'passthrough') return { word: 'flow.passed', light: 'grey' };
  if (flow.treatment === 'refuse' || flow.reason === 'refused-by-policy')
    return { word: 'flow.refused', light: 'high' };
  if (flow.reason === null) return { word: 'flow.open', light: 'ok' };
  if (flow.reason !== 'ended' && flow.requests === 0) return { word: `reason.${flow.reason}`, light: 'high' };
  if (flow.reason !== 'ended') return { word: `reason.${flow.reason}`, light: 'grey' };
  if (!flow.intercepted) return { word: 'flow.unread', light: 'medium' };
  if (flow.notSeen.length > 0) return { word: 'flow.in-part', light: 'medium' };
  return { word: 'flow.read', light: 'ok' };
}

export const phoneOf = (flow: FlowRecord): string => flow.deviceId ?? flow.client.ip;

/** As alerts write it: a name the lab only guesses says so. */
export const flowHost = ({ destination }: FlowRecord): string =>
  destination.guessed ? t('alert.probably-host', { host: destination.host }) : destination.host;
