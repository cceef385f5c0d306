/**
 * Structure that gives private content away without any planted value: vCards, lists of names with numbers, text
 * messages and call records, in JSON, XML attributes, forms or CSV.
 * Promise: one record with a name and a number is nobody's address book (it is a profile): two are.
 */
import type { Run } from '../kind.ts';
import { fieldNames, recordText } from './key-value.ts';

export type RecordKind = 'contact' | 'message' | 'call_log';

const NUMBER = words('number phone phonenumber phones tel telephone mobile msisdn address from to sender recipient');
const PERSON_NUMBER = words('number phone phonenumber phones tel telephone mobile');
const TELEPHONE = words('phone phonenumber phones tel telephone mobile msisdn');
const NAME = words('name displayname contactname fn fullname givenname firstname lastname familyname nickname contact');
const TEXT = words('body text message content snippet msg smsbody messagebody smscontent');
const TIME = words('date time timestamp ts datesent sent received daterecv sendtime readabledate');
const STATE = words('type read threadid status direction seen protocol calltype presentation');
const DURATION = words('duration callduration talktime');

/** vCards and lists are looked for this far from the number. */
const REACH = 600;
const NUMBER_FIELD = /([A-Za-z][A-Za-z0-9_-]{0,30})["']?\s{0,3}[:=]\s{0,3}["'[]{0,2}(\+?\d[\d ()-]{4,18}\d)/g;
const LIKE_A_NUMBER = /\d[\d ()-]{4,18}\d/;
const CSV_LINE = /^"?[^\d\n,;\t"]{2,40}"?[,;\t]"?\+?[\d ()-]{7,20}"?(?:[,;\t].{0,80})?$/;

/** Which record of private content the run stands in, or null. */
export function recordAround(run: Run): RecordKind | null {
  const record = recordText(run);
  return (
    talkIn(record) ??
    (inVcard(run) || inContactList(run, fieldNames(record)) || inCsvOfContacts(run) ? 'contact' : null)
  );
}

/** The run stands in a text message. Asked for every value called `text`: no number near it is the usual, quick no. */
export function isInMessage(run: Run): boolean {
  return talkIn(recordText(run)) === 'message';
}

function talkIn(record: string): 'call_log' | 'message' | null {
  if (!holdsNumber(record, NUMBER)) return null;
  const names = fieldNames(record);
  if (!has(names, TIME) && !has(names, STATE)) return null;
  return has(names, DURATION) ? 'call_log' : has(names, TEXT) ? 'message' : null;
}

/** Between BEGIN:VCARD and END:VCARD, on a TEL line (RFC 6350 6.4.1, RFC 2426, vCard 2.1). */
function inVcard(run: Run): boolean {
  const before = run.text.slice(Math.max(0, run.start - REACH), run.start);
  const begin = before.toUpperCase().lastIndexOf('BEGIN:VCARD');
  if (begin < 0 || before.toUpperCase().indexOf('END:VCARD', begin) >= 0) return false;
  const line = before.slice(Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\\n') + 1) + 1);
  return /^(?:item\d{1,3}\.)?TEL[;:]/i.test(line);
}

/** A telephone number as people's are written, under one of these names: not a count, an article or a time. */
function holdsNumber(record: string, names: Set<string>): boolean {
  if (!LIKE_A_NUMBER.test(record)) return false;
  for (const [, name = '', value = ''] of record.matchAll(NUMBER_FIELD)) {
    if (names.has(plainName(name)) && isTelephone(value, name)) return true;
  }
  return false;
}

/**
 * International with plus or 00, or national with its trunk zero or in groups, 6 to 15 digits (ITU-T E.164); without
 * any of these beside a name that means telephones only, 9 to 12 digits (13 are a time in milliseconds).
 */
export function isTelephone(written: string, name: string | null): boolean {
  const digits = written.replace(/\D/g, '');
  if (digits.length < 6 || digits.length > 15) return false;
  if (/^(?:\+|0)/.test(written) || /\d[ ()-]{1,2}\d/.test(written)) return true;
  return name !== null && TELEPHONE.has(plainName(name)) && digits.length >= 9 && digits.length <= 12;
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '');
}

/** The record has a name and a number, and so has another beside it. */
function inContactList(run: Run, names: Set<string>): boolean {
  if (!has(names, NAME) || !has(names, PERSON_NUMBER)) return false;
  const area = run.text.slice(Math.max(0, run.start - REACH), run.end + REACH);
  let people = 0;
  for (const part of area.split(/[{}<>]/)) {
    const fields = fieldNames(part);
    if (has(fields, NAME) && holdsNumber(part, PERSON_NUMBER)) people++;
  }
  return people >= 2;
}

/** Three lines in a row of `name,number`. */
function inCsvOfContacts(run: Run): boolean {
  const from = Math.max(0, run.start - REACH);
  const lines = run.text.slice(from, run.end + REACH).split(/\r?\n/);
  let at = from;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (run.start <= at + line.length) {
      const around = [lines[i - 2], lines[i - 1], line, lines[i + 1], lines[i + 2]];
      return isCsvLine(line) && around.filter(isCsvLine).length >= 3;
    }
    at += line.length + 1;
  }
  return false;
}

function isCsvLine(line: string | undefined): boolean {
  return line !== undefined && line.length < 160 && CSV_LINE.test(line);
}

function has(names: Set<string>, wanted: Set<string>): boolean {
  for (const name of names) if (wanted.has(name)) return true;
  return false;
}

function words(list: string): Set<string> {
  return new Set(list.split(' '));
}
