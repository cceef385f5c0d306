/** Phones. */
import { z } from 'zod';
import * as phones from '../../../model/schemas/phone.ts';
import { sentence } from '../../../model/schemas/text.ts';
import { DEVICE_QUERY } from '../queries.ts';
import * as bodies from '../request-schemas.ts';
import { type Routes, removed } from './route.ts';

const device = { answer: phones.deviceView, body: bodies.device, means: 'Registered.' };

export const devicesRoutes = {
  'GET /api/devices': {
    summary: 'Registered phones.',
    query: DEVICE_QUERY,
    answer: z.object({ devices: z.array(phones.deviceView) }),
    means: 'Masked unless revealed.',
    conflicts: true,
  },
  'POST /api/devices': {
    summary: 'Registers a phone, or adds to what is registered about it.',
    ...device,
    status: 201,
  },
  'GET /api/devices/discovered': {
    summary: "Phones met on the lab's network, the latest first; empty while no gateway is up.",
    answer: z.object({ phones: z.array(phones.discoveredPhone) }),
    means: 'Registered ones included: they have a `deviceId`.',
  },
  'GET /api/devices/{id}': {
    summary: 'One phone.',
    query: DEVICE_QUERY,
    answer: phones.deviceView,
    means: 'Masked unless revealed.',
    conflicts: true,
  },
  'PUT /api/devices/{id}': { summary: 'Registers a phone under this id, or replaces it.', ...device },
  'PUT /api/devices': {
    summary: 'Registers several phones, or replaces them.',
    body: bodies.devices,
    answer: z.object({ count: z.int(), notes: z.array(z.string()), noteTexts: z.array(sentence).optional() }),
    means: 'Registered, all of them.',
  },
  'PATCH /api/devices/{id}': {
    summary: 'What is given takes the place of what is registered of that sort; the rest stays.',
    ...device,
    means: 'Changed.',
  },
  'POST /api/devices/{id}/drop': { summary: 'Takes what is given from a phone.', ...device, means: 'Changed.' },
  'DELETE /api/devices/{id}': { summary: 'Forgets a phone.', ...removed },
  'POST /api/devices/{id}/forget': {
    summary: 'Destroys all that is kept of a phone, the key of its values first. Stands in the audit.',
    body: bodies.forget,
    answer: phones.forgetting,
    means: 'What was destroyed, and what is left.',
    conflicts: true,
  },
} satisfies Routes;
