/** An alert says which app or SDK probably sent the data, and never what it must not say. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { askCurl } from '../clients/curl.ts';
import { requireTool } from '../clients/tools.ts';
import { startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.end());

async function leak(slug: string, headers: [string, string][]): Promise<Alert> {
  await askCurl(world.lab.phone, { url: `${world.https}/page?${slug}=${IMEI}`, headers });
  const mine = (one: Alert) => one.evidence?.path === slug;
  return (await world.lab.until(`leak ${slug}`, (all) => all.some(mine))).find(mine)!;
}

it('names the package and the SDK that the request gives away', async (context) => {
  requireTool(context, 'curl');
  const alert = await leak('a', [
    ['X-Requested-With', 'com.example.shop'],
    ['Client-SDK', 'android4.33.0'],
  ]);
  expect(alert.attribution).toMatchObject({
    name: 'Adjust in com.example.shop',
    reason: 'the field x-requested-with names com.example.shop; the field client-sdk is one that Adjust sends.',
    text: { key: 'attribution.two' },
    evidence: 'header:x-requested-with, header:client-sdk',
  });
});

it('says nothing when nothing is known', async (context) => {
  requireTool(context, 'curl');
  expect((await leak('b', [['User-Agent', 'unheard-of']])).attribution).toBeNull();
});

it('never repeats an identifier that stands in such a header', async (context) => {
  requireTool(context, 'curl');
  const alert = await leak('c', [['X-Requested-With', `com.example.i${IMEI}`]]);
  expect(alert.attribution).toMatchObject({ name: 'a script or tool', evidence: 'header:user-agent' });
  expect(JSON.stringify(alert)).not.toContain(IMEI);
});
