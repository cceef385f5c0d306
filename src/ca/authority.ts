/**
 * The lab's certificate authority: mints the certificate a phone is shown in place of the server's own.
 * Promise: one leaf key of each kind per run, the RSA one made in the background; a leaf for any name or address in 0.1-0.2 ms, at most 397 days long and
 * back-dated by one; `untrusted` leaves come from a root that exists in memory only, so every client that
 * checks certificates refuses them. The private key never leaves this module.
 */
import { LRUCache } from 'lru-cache';
import type { ServerCertificate } from '../model/flow.ts';
import type { AuthorityInfo } from '../model/lab.ts';
import type { LeafKey } from '../model/leaf-key.ts';
import type { TrustTest } from '../model/trust-test.ts';
import { type Issuer, issuerOf, type KeyType, type SubjectKey, writeCertificate } from './certificate.ts';
import { type ExportFile, type ExportForm, exportRoot } from './exports.ts';
import { androidFileName } from './fingerprints.ts';
import { createLeafKeys } from './leaf-keys.ts';
import { type AltName, altNames } from './names.ts';
import { certificatePath, holdsRoot, keyPath, loadOrCreateRoot, makeRoot, opened, type Root } from './root.ts';

const DAY_MS = 86_400_000;
/** Apple refuses leaves of more than 398 days even from roots the user installed after 2020-09; one in hand. */
const LEAF_VALIDITY_MS = 397 * DAY_MS - 1000;
/** Phones under test often have a clock that is off by a time zone. */
const LEAF_BACKDATED_MS = DAY_MS;
/** About 1.5 KB each; what costs, the TLS context, is cached by the wire. */
const MAX_CACHED_LEAVES = 1000;

export interface Leaf {
  /** PKCS#8 PEM of the run's leaf key of that kind. */
  key: string;
  /** PEM of the leaf alone: the root is on the phone or it is not, sending it changes nothing (RFC 8446 4.4.2). */
  cert: string;
}

export interface LeafRequest {
  /** DNS name or address, without brackets. */
  host: string;
  /** The server's own certificate, whose names are repeated; null when there is none. */
  mirror: Pick<ServerCertificate, 'names'> | null;
  /** True: signed by a throw-away root that no client trusts. */
  untrusted: boolean;
  /** What the phone can verify. Default: as the root's. */
  key?: LeafKey;
}

/** What `wrong-name` is issued for (RFC 2606: it can belong to nobody). */
const WRONG_NAME = 'wrong-name.phonehome.invalid';

export interface RootFacts {
  /** Name in the phone's list of certificates. */
  commonName: string;
  certificatePem: string;
  /** `AA:BB:…`, 32 bytes. */
  fingerprint256: string;
  validFrom: string;
  validTo: string;
  keyType: KeyType;
  /** Public file, for `--cacert`. */
  pemPath: string;
  /** File name Android's system store wants, e.g. `9a5ba575.0`. */
  androidFileName: string;
}

export interface Authority {
  root: RootFacts;
  /** The same facts in the words of the command line. */
  info: AuthorityInfo;
  leafFor(request: LeafRequest): Leaf;
  trustTestLeaf(test: TrustTest, host: string): Leaf;
  /** Makes the keys that take long, in the background: a phone that needs one before waits for it. */
  prepare(): Promise<void>;
  /** Never holds a private key. */
  export(form: ExportForm): ExportFile;
}

export interface AuthorityOptions {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Only when the root is made: RSA-2048, for phones that know no ECDSA. */
  rsa?: boolean;
  /** Of the key on disk; of a new one as well. */
  passphrase?: string | null;
}

/**
 * Creates or loads the root in `dir`.
 * @throws AuthorityError, one line, when it is damaged or the directory cannot be used.
 */
export function openAuthority(dir: string, options: AuthorityOptions): Authority {
  return authorityOf(opened(loadRootFor(dir, options), dir), dir, options.now);
}

/**
 * The authority in `dir`, or null when there is none; never creates one. Without the passphrase of its key it signs nothing.
 * @throws AuthorityError when it is damaged.
 */
export function findAuthority(dir: string, options: AuthorityOptions): Authority | null {
  return holdsRoot(dir) ? authorityOf(loadRootFor(dir, options), dir, options.now) : null;
}

const loadRootFor = (dir: string, { now, rsa, passphrase = null }: AuthorityOptions): Root =>
  loadOrCreateRoot(dir, now(), rsa ? 'rsa' : 'ec', passphrase);

export function authorityOf(root: Root, dir: string, now: () => number): Authority {
  const own = root.privateKey && issuerOf(root.certificate, root.privateKey);
  const issuer = (): Issuer => own ?? issuerOf(root.certificate, opened(root, dir).privateKey);
  const keys = createLeafKeys();
  const usual: LeafKey = root.keyType === 'rsa' ? 'rsa' : 'p256';
  const leaves = new LRUCache<string, { leaf: Leaf; renewAtMs: number }>({ max: MAX_CACHED_LEAVES });
  let stranger: Issuer | null = null;

  const untrustedIssuer = (): Issuer => {
    if (!stranger) {
      const throwAway = makeRoot(root.keyType, now(), 'Phonehome untrusted');
      stranger = issuerOf(throwAway.certificate, throwAway.privateKey);
    }
    return stranger;
  };

  const facts: RootFacts = {
    commonName: /^CN=(.*)$/m.exec(root.certificate.subject)?.[1] ?? root.certificate.subject,
    certificatePem: root.certificatePem,
    fingerprint256: root.certificate.fingerprint256,
    validFrom: new Date(root.certificate.validFrom).toISOString(),
    validTo: new Date(root.certificate.validTo).toISOString(),
    keyType: root.keyType,
    pemPath: certificatePath(dir),
    androidFileName: androidFileName(root.certificate),
  };

  return {
    root: facts,
    info: {
      subject: facts.commonName,
      fingerprint: facts.fingerprint256,
      validFrom: facts.validFrom,
      validTo: facts.validTo,
      pem: facts.pemPath,
      key: keyPath(dir),
    },

    leafFor({ host, mirror, untrusted, key: kind = usual }) {
      const nowMs = now();
      const cacheKey = `${untrusted ? '!' : ''}${kind} ${host} ${mirror ? mirror.names.join(' ') : ''}`;
      const cached = leaves.get(cacheKey);
      if (cached && nowMs < cached.renewAtMs) return cached.leaf;
      const names = altNames(host, mirror?.names ?? []);
      const { subject, pem } = keys.of(kind);
      const cert = serverCertificate(names, subject, untrusted ? untrustedIssuer() : issuer(), leafValidity(nowMs));
      const leaf = { key: pem, cert };
      leaves.set(cacheKey, { leaf, renewAtMs: nowMs + LEAF_VALIDITY_MS / 2 });
      return leaf;
    },

    trustTestLeaf(test, host) {
      const nowMs = now();
      const { subject, pem, privateKey } = keys.of(usual);
      const names = altNames(test === 'wrong-name' ? WRONG_NAME : host, []);
      const expired = { notBeforeMs: nowMs - 8 * DAY_MS, notAfterMs: nowMs - DAY_MS };
      const request = serverRequest(names, subject, test === 'expired' ? expired : leafValidity(nowMs));
      const signer =
        test === 'self-signed'
          ? { issuer: null, selfKey: { keyType: root.keyType, privateKey } }
          : { issuer: issuer() };
      return { key: pem, cert: writeCertificate({ ...request, ...signer }) };
    },

    prepare: keys.prepare,

    export: (form) => exportRoot(form, root, facts, now(), issuer),
  };
}

interface Validity {
  notBeforeMs: number;
  notAfterMs: number;
}

const leafValidity = (nowMs: number): Validity => ({
  notBeforeMs: nowMs - LEAF_BACKDATED_MS,
  notAfterMs: nowMs - LEAF_BACKDATED_MS + LEAF_VALIDITY_MS,
});

const serverRequest = (names: AltName[], key: SubjectKey, validity: Validity) => ({
  purpose: 'server' as const,
  commonName: names[0]?.name ?? null,
  names,
  key,
  ...validity,
});

const serverCertificate = (names: AltName[], key: SubjectKey, issuer: Issuer, validity: Validity): string =>
  writeCertificate({ ...serverRequest(names, key, validity), issuer });
