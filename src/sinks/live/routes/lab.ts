/** The lab itself: how it is, how it is set up, what else it can be asked to do. */
import { z } from 'zod';
import * as lab from '../../../model/schemas/lab.ts';
import { count } from '../../../model/schemas/parts.ts';
import * as setup from '../../../model/schemas/settings.ts';
import { AUDIT_QUERY, DATABASE_QUERY, UPSTREAM_QUERY } from '../queries.ts';
import * as bodies from '../request-schemas.ts';
import { anything, type Routes, removed } from './route.ts';

export const labRoutes = {
  'GET /api/health': {
    summary: 'Whether the lab runs.',
    answer: z.object({ status: z.literal('ok') }),
    means: 'It does.',
  },
  'GET /openapi.json': { summary: 'This description.', answer: anything, means: 'OpenAPI 3.1.' },
  'GET /asyncapi.json': { summary: 'The WebSocket, described.', answer: anything, means: 'AsyncAPI 3.0.' },
  'GET /api/stats': { summary: 'Queues, drops, memory.', answer: anything, means: 'Plain numbers.' },
  'GET /metrics': { summary: 'The same for Prometheus.', answer: 'text/plain', means: 'Text format 0.0.4.' },
  'GET /api/upstream-map': {
    summary: 'Hosts that are dialled elsewhere; flows to them are simulated.',
    answer: z.object({ entries: z.array(lab.upstreamEntry) }),
    means: 'All entries.',
  },
  'POST /api/upstream-map': {
    summary: 'Adds entries, or replaces those of the same host and port.',
    body: bodies.upstream,
    answer: z.object({ entries: z.array(lab.upstreamEntry) }),
    status: 201,
    means: 'All entries.',
  },
  'DELETE /api/upstream-map': {
    summary: 'Removes one entry.',
    query: UPSTREAM_QUERY,
    needsQuery: true,
    ...removed,
  },
  'GET /api/decoders': {
    summary: 'Decoders the operator supplied.',
    answer: z.object({ decoders: z.array(lab.decoder) }),
    means: 'Never their keys.',
  },
  'GET /api/settings': {
    summary: 'How this lab is set up: databases with their age, certificate, retention.',
    answer: setup.settings,
    means: 'No secret among it.',
  },
  'POST /api/databases': {
    summary:
      'Takes a newer database of countries or networks (.mmdb, .mmdb.gz, .tar.gz as the body). Stands in the audit.',
    query: DATABASE_QUERY,
    body: 'application/octet-stream',
    answer: setup.geoChange,
    means: 'It answers from the next look-up on.',
    conflicts: true,
  },
  'DELETE /api/databases': {
    summary: 'Puts own databases of DATA/geoip aside: those of the installation answer again. Stands in the audit.',
    answer: setup.geoChange,
    means: 'Put aside.',
    conflicts: true,
  },
  'GET /api/way-in': {
    summary: 'How a phone comes to this lab.',
    answer: setup.wayIn,
    means: 'With the passphrase of its Wi-Fi, where it has one.',
  },
  'GET /api/audit': {
    summary: 'Who revealed, changed or destroyed what.',
    query: AUDIT_QUERY,
    answer: z.object({ entries: z.array(setup.auditEntry), total: count }),
    means: 'Newest first; `total`: all there are.',
  },
  'POST /api/recordings': {
    summary: 'Scans a recording (HAR, pcapng, …), sent as it is; nothing of it is stored.',
    body: 'application/octet-stream',
    answer: 'application/x-ndjson',
    means: 'Findings as they come, masked, a line of JSON each; the last line is of the type `end` or `fault`.',
    conflicts: true,
  },
  'GET /api/replays': {
    summary: 'Reported cases that can be played.',
    answer: z.object({ replays: z.array(lab.replay) }),
    means: 'All.',
  },
  'POST /api/replays': {
    summary: 'Plays cases through this lab; answers when they are over.',
    body: bodies.replays,
    answer: z.object({ outcomes: z.array(lab.replayOutcome) }),
    means: 'In the same order.',
  },
} satisfies Routes;
