/**
 * The mobile cell the phone uses: a position of a few hundred metres to some kilometres. GSM and UMTS cells are
 * LAC + CID (16 + 16 or 28 bits), LTE TAC + ECI (16 + 28), 5G TAC + NCI (24 + 36): 3GPP TS 23.003 4.3, 19.6.
 */
import type { Device, RegisteredCell } from '../../model/device.ts';
import { hintOf } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { bareValue, siblings } from '../parts/key-value.ts';
import { isNetwork } from '../parts/networks.ts';
import { distinct, spelling } from '../parts/spelling.ts';
import { found } from '../parts/verdict.ts';

/** A shorter number alone is met by accident; `judge` finds it beside its name. */
const LONELY_DIGITS = 6;
/** What Android and modems say without a cell: 16, 28, 31 and 36 bits of ones. */
const NO_CELL = new Set([0, -1, 0xffff, 0xfffffff, 0x7fffffff, 0xffffffff, 0xfffffffff]);
const MAX_CELL = 2 ** 36 - 1;

export const cell: IdentifierKind = {
  kind: 'cell',
  title: 'mobile cell',
  spell(device: Device): Spelling[] {
    return distinct((device.identifiers.cell ?? []).flatMap(spellOne));
  },
  shape: { anchors: ['key'], named: 'cell', judge },
  vectors: [
    {
      name: 'named parts in JSON',
      text: '{"mcc":452,"mnc":4,"lac":1234,"cid":7509000}',
      expect: { value: '452-4-1234-7509000', confidence: 'likely' },
      source: 'Android CellIdentityLte',
    },
    {
      name: 'area and cell only',
      text: 'tac=1234&ci=7509000',
      expect: { value: '1234-7509000', confidence: 'likely' },
    },
    {
      name: 'hexadecimal cell in a report that names the phone',
      text: 'TN:IMEI1,490154203237518,client,model,CID:1A2B3C,build,serial',
      expect: { value: '1A2B3C', confidence: 'possible' },
      source: 'Figaro 2017: layout of the report to tinno.com',
    },
    {
      name: 'a name nothing else has',
      text: '{"SIM1CELLID":"7509000"}',
      expect: { value: '7509000', confidence: 'possible' },
      source: 'NRKbeta 2019: SIM1CELLID',
    },
    {
      name: 'no cell yet',
      text: '{"mcc":452,"mnc":4,"lac":65535,"cid":268435455}',
      expect: null,
      source: 'Android CellIdentity',
    },
    {
      name: 'a record inside another text, which ends with the cell',
      text: '<report>{"mcc":452,"mnc":4,"lac":1234,"cid":7509000}</report>',
      expect: { value: '452-4-1234-7509000', confidence: 'likely' },
    },
    {
      name: 'elements of XML',
      text: '<r><mcc>452</mcc><mnc>4</mnc><lac>1234</lac><cid>7509000</cid></r>',
      expect: { value: '452-4-1234-7509000', confidence: 'likely' },
    },
    { name: 'client id of a web statistic', text: 'v=1&cid=35009123&t=pageview', expect: null },
    { name: 'network that does not exist', text: '{"mcc":199,"mnc":99,"cid":7509000}', expect: null },
  ],
};

function spellOne({ mcc, mnc, lac, cid }: RegisteredCell): Spelling[] {
  if (NO_CELL.has(cid) || cid > MAX_CELL) return [];
  const value = [mcc, mnc, lac, cid].join('-');
  const spelled: Spelling[] = [];
  const add = (text: string, label: string, anyCase = false): void => {
    spelled.push(spelling(text, value, label, { bounded: true, anyCase, hashed: false }));
  };
  const country = String(mcc).padStart(3, '0');
  const networks = new Set([String(mnc), String(mnc).padStart(2, '0')]);
  const [hexLac, hexCid] = [lac.toString(16).padStart(4, '0'), cid.toString(16)];
  for (const [text, label] of [
    [String(cid), 'cell alone'],
    [hexCid, 'cell alone, hexadecimal'],
    [hexCid.padStart(8, '0'), 'cell alone, 8 hex digits'],
  ] as const) {
    if (text.replace(/^0+/, '').length >= LONELY_DIGITS) add(text, label, true);
  }
  // Where the cell alone is too short, it is searched together with its area, or with all that belongs to it.
  for (const by of String(cid).length < LONELY_DIGITS ? ['-', ':', '_', ',', '.', '|', '/', ';'] : []) {
    if (`${lac}${cid}`.length >= 8) add([lac, cid].join(by), 'area and cell');
    for (const network of networks) {
      add([country, network, lac, cid].join(by), 'country, network, area, cell');
      add([country + network, lac, cid].join(by), 'network, area, cell');
    }
  }
  for (const network of networks) {
    // CGI and ECGI without separators, as signalling and some SDKs write them.
    add(country + network + hexLac + hexCid.padStart(4, '0'), 'cell global identity, hexadecimal', true);
    add(country + network + hexCid.padStart(7, '0'), 'E-UTRAN cell global identity', true);
  }
  for (const plmn of packedNetworks(mcc, mnc)) {
    // As bytes on the wire, and as modems print them: GSM 2 bytes of cell, UMTS 4, LTE 4 without area, 5G 5 (36 bits).
    if (cid <= 0xffff) add(plmn + hexLac + hexCid.padStart(4, '0'), 'cell global identity, packed', true);
    add(plmn + hexLac + hexCid.padStart(8, '0'), 'area and cell identity, packed', true);
    add(plmn + hexCid.padStart(8, '0'), 'E-UTRAN cell global identity, packed', true);
    if (lac > 0xffff || cid >= 2 ** 28) add(plmn + hexCid.padStart(10, '0'), '5G cell global identity, packed', true);
  }
  return spelled;
}

/** Three bytes of swapped decimal digits, two-digit networks filled up with f (3GPP TS 24.008 10.5.1.3), in hexadecimal. */
function packedNetworks(mcc: number, mnc: number): string[] {
  const country = String(mcc).padStart(3, '0');
  return (mnc < 100 ? [2, 3] : [3]).map((digits) => {
    const network = String(mnc).padStart(digits, '0');
    const third = network[2] ?? 'f';
    return `${country[1]}${country[0]}${third}${country[2]}${network[1]}${network[0]}`;
  });
}

function judge(run: Run): Verdict | null {
  if (hintOf(run, 'cell')?.group !== 'cell') return null;
  const value = bareValue(run);
  const number = readCell(value.text);
  if (number === null || NO_CELL.has(number) || number > MAX_CELL) return null;
  const parts = siblings(run, 'cell');
  const part = (group: string): string | null => parts.find((one) => one.hint.group === group)?.text ?? null;
  const [mcc, mnc, lac] = [part('country'), part('network'), part('area')];
  if (lac !== null && NO_CELL.has(Number(lac))) return null;
  const written = [mcc, mnc, lac, value.text].filter((one) => one !== null).join('-');
  const registered = run.device?.identifiers.cell?.some(
    (one) =>
      (one.cid === number || one.cid === Number.parseInt(value.text, 16)) && (lac === null || Number(lac) === one.lac),
  );
  if (registered) {
    const reasoning = 'cell.registered';
    return { ...found(value, written, 'certain', reasoning), known: true };
  }
  if (mcc !== null && mnc !== null && !isNetwork(Number(mcc), Number(mnc))) return null;
  if (lac !== null || (mcc !== null && mnc !== null)) {
    return found(value, written, 'likely', 'cell.area');
  }
  const telling = /cell_?id|cellidentity/i.test(run.key ?? '') || /IMEI/i.test(run.text);
  return telling && value.text.length >= 4 ? found(value, written, 'possible', 'cell.alone') : null;
}

/** Decimal, or hexadecimal when it has letters or `0x`; null for anything else. */
function readCell(text: string): number | null {
  if (/^-?\d{1,11}$/.test(text)) return Number(text);
  return /^(?:0x)?[0-9A-Fa-f]{2,9}$/.test(text) ? Number.parseInt(text.replace(/^0x/i, ''), 16) : null;
}
