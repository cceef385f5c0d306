/**
 * Sorts an HTTP/2 header list into pseudo fields and headers (RFC 9113 8.3). What the event has no place for
 * (`:protocol`, repeated or unknown pseudo fields) stays among the headers, so that no text is lost.
 */
export type FieldList = [string, string][];

export function splitPseudo(fields: FieldList): { pseudo: Map<string, string>; headers: FieldList } {
  const pseudo = new Map<string, string>();
  const headers: FieldList = [];
  for (const field of fields) {
    const [name, value] = field;
    if (name.charCodeAt(0) !== COLON) {
      headers.push(field);
      continue;
    }
    const known = KNOWN.has(name) && !pseudo.has(name);
    if (known || name === ':protocol') pseudo.set(name, value);
    if (!known) headers.push(field);
  }
  return { pseudo, headers };
}

const COLON = 58;
const KNOWN = new Set([':method', ':scheme', ':authority', ':path', ':status']);
