/** Who may do what at the broker, in both ways nats-server knows: nkeys in its file, and JWTs signed by an account of an operator. */
import { randomBytes } from 'node:crypto';
import { nkeys } from '@nats-io/transport-node';

/** What a client is given: an nkey's seed, or a `.creds` file. */
export interface Accounts {
  /** Lines of the broker's file. */
  config: string;
  /** Of the hub, and of each lab as `ORGANISATION/LAB`. */
  secrets: Record<string, string>;
}

const rightsOf = (name: string): { publish: string[]; subscribe: string[] } | null => {
  const own = name.replace('/', '.');
  return name === 'hub'
    ? null
    : {
        publish: [`phonehome.${own}.*`, `$JS.API.DIRECT.GET.PHONEHOME_FEED.phonehome-feed`],
        subscribe: [`_INBOX.${own}.>`],
      };
};

export function nkeyAccounts(names: readonly string[]): Accounts {
  const users = names.map((name) => ({ name, pair: nkeys.createUser() }));
  const lines = users.map(({ name, pair }) => {
    const rights = rightsOf(name);
    const permissions = rights === null ? '' : `, permissions: ${JSON.stringify(rights)}`;
    return `  { nkey: ${pair.getPublicKey()}${permissions} }`;
  });
  return {
    config: `authorization { timeout: 30, users: [\n${lines.join(',\n')}\n] }\n`,
    secrets: Object.fromEntries(users.map(({ name, pair }) => [name, seedOf(pair)])),
  };
}

/** @param expired names whose JWT ended long ago */
export function jwtAccounts(names: readonly string[], expired: readonly string[] = []): Accounts {
  const operator = nkeys.createOperator();
  const [system, account] = [nkeys.createAccount(), nkeys.createAccount()];
  const unlimited = { subs: -1, data: -1, payload: -1 };
  const ofAccount = { ...unlimited, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const ofStream = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const jwtOf = (pair: nkeys.KeyPair, name: string, limits: object): string =>
    jwt(operator, pair.getPublicKey(), name, { type: 'account', version: 2, limits });
  const users = names.map((name) => {
    const pair = nkeys.createUser();
    const rights = rightsOf(name);
    const permissions = rights && { pub: { allow: rights.publish }, sub: { allow: rights.subscribe } };
    const claims = { type: 'user', version: 2, ...unlimited, ...permissions };
    const told = jwt(account, pair.getPublicKey(), name, claims, expired.includes(name) ? 1_600_000_000 : undefined);
    return [name, credentials(told, seedOf(pair))];
  });
  return {
    config: [
      'authorization { timeout: 30 }',
      `operator: ${jwt(operator, operator.getPublicKey(), 'chain', { type: 'operator', version: 2 })}`,
      `system_account: ${system.getPublicKey()}`,
      'resolver: MEMORY',
      'resolver_preload {',
      `  ${system.getPublicKey()}: ${jwtOf(system, 'system', ofAccount)}`,
      `  ${account.getPublicKey()}: ${jwtOf(account, 'labs', { ...ofAccount, ...ofStream })}`,
      '}\n',
    ].join('\n'),
    secrets: Object.fromEntries(users),
  };
}

const seedOf = (pair: nkeys.KeyPair): string => Buffer.from(pair.getSeed()).toString();
const base64 = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64url');

function jwt(issuer: nkeys.KeyPair, subject: string, name: string, nats: object, exp?: number): string {
  const claims = {
    jti: randomBytes(16).toString('hex'),
    iat: 1_600_000_000,
    iss: issuer.getPublicKey(),
    ...{ name, sub: subject, nats },
    ...(exp === undefined ? {} : { exp }),
  };
  const said = `${base64(JSON.stringify({ typ: 'JWT', alg: 'ed25519-nkey' }))}.${base64(JSON.stringify(claims))}`;
  return `${said}.${base64(issuer.sign(Buffer.from(said)))}`;
}

const credentials = (token: string, seed: string): string =>
  `-----BEGIN NATS USER JWT-----\n${token}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`;
