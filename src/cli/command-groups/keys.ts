/** Certificates, tokens, and all of a lab in one file. */
import type { CommandSpec } from '../command.ts';
import { CA_PASSPHRASE_FLAG, type Flag } from '../flags.ts';

const ca = () => import('../commands/ca.ts');
const token = () => import('../commands/token.ts');

/** Of `backup` and `restore`. */
const BACKUP_PASSPHRASE_FLAG: Flag = {
  name: 'passphrase-file',
  value: 'FILE',
  default: null,
  help: 'what the file is encrypted with (or PHONEHOME_BACKUP_PASSPHRASE; else asked)',
};

export const KEYS: CommandSpec[] = [
  {
    name: 'ca show',
    summary: 'fingerprint, validity and files of the root certificate',
    flags: [],
    examples: ['ca show'],
    load: async () => (await ca()).show,
  },
  {
    name: 'ca export',
    words: '<format> [file]',
    summary: 'write the root certificate as pem, cer, p12 or mobileconfig',
    flags: [],
    examples: ['ca export cer', 'ca export mobileconfig phonehome.mobileconfig'],
    load: async () => (await ca()).exportFile,
  },
  {
    name: 'ca rotate',
    summary: 'make a new root certificate; every phone must install it again',
    flags: [
      { name: 'yes', help: 'do it without asking' },
      { name: 'rsa', help: 'an RSA root, for very old phones that know nothing else' },
      CA_PASSPHRASE_FLAG,
    ],
    examples: ['ca rotate --yes', 'ca rotate --rsa'],
    load: async () => (await ca()).rotate,
  },
  {
    name: 'ca passphrase',
    words: '<set|remove>',
    summary: 'encrypt the keys of authority and evidence with a passphrase, change that, or take it away',
    flags: [
      CA_PASSPHRASE_FLAG,
      {
        name: 'new-passphrase-file',
        value: 'FILE',
        default: null,
        help: 'the new one (or PHONEHOME_CA_NEW_PASSPHRASE; else asked)',
      },
    ],
    examples: ['ca passphrase set', 'ca passphrase remove --ca-passphrase-file old.txt'],
    load: async () => (await ca()).passphrase,
  },
  {
    name: 'token show',
    words: '[role]',
    summary: 'where the tokens of viewer, operator and administrator stand; with a role, its token',
    flags: [],
    examples: ['token show', 'token show viewer'],
    load: async () => (await token()).show,
  },
  {
    name: 'token rotate',
    words: '[role]',
    summary: 'new tokens in place of the old ones (default: all three); also while the lab runs',
    flags: [],
    examples: ['token rotate', 'token rotate viewer'],
    load: async () => (await token()).rotate,
  },
  {
    name: 'backup',
    words: '<file>',
    summary: 'all of a lab in one file: store, keys, certificates, phones, tokens; also while it runs',
    flags: [BACKUP_PASSPHRASE_FLAG, { name: 'encrypt', help: 'with a passphrase (asked, or given as below)' }],
    examples: ['backup lab.backup', 'backup lab.backup --encrypt'],
    load: async () => (await import('../commands/backup.ts')).backup,
  },
  {
    name: 'restore',
    words: '<file>',
    summary: 'make a lab of a backup, in a data directory that holds none',
    flags: [BACKUP_PASSPHRASE_FLAG],
    examples: ['restore lab.backup --data ./data'],
    load: async () => (await import('../commands/backup.ts')).restore,
  },
];
