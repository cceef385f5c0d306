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
  help: 'flag.passphrase-file',
};

export const KEYS: CommandSpec[] = [
  {
    name: 'ca show',
    summary: 'do.ca.show',
    flags: [],
    examples: ['ca show'],
    load: async () => (await ca()).show,
  },
  {
    name: 'ca export',
    words: '<format> [file]',
    summary: 'do.ca.export',
    flags: [],
    examples: ['ca export cer', 'ca export mobileconfig phonehome.mobileconfig'],
    load: async () => (await ca()).exportFile,
  },
  {
    name: 'ca rotate',
    summary: 'do.ca.rotate',
    flags: [{ name: 'yes', help: 'flag.yes' }, { name: 'rsa', help: 'flag.rsa' }, CA_PASSPHRASE_FLAG],
    examples: ['ca rotate --yes', 'ca rotate --rsa'],
    load: async () => (await ca()).rotate,
  },
  {
    name: 'ca passphrase',
    words: '<set|remove>',
    summary: 'do.ca.passphrase',
    flags: [
      CA_PASSPHRASE_FLAG,
      {
        name: 'new-passphrase-file',
        value: 'FILE',
        default: null,
        help: 'flag.new-passphrase-file',
      },
    ],
    examples: ['ca passphrase set', 'ca passphrase remove --ca-passphrase-file old.txt'],
    load: async () => (await ca()).passphrase,
  },
  {
    name: 'token show',
    words: '[role]',
    summary: 'do.token.show',
    flags: [],
    examples: ['token show', 'token show viewer'],
    load: async () => (await token()).show,
  },
  {
    name: 'token rotate',
    words: '[role]',
    summary: 'do.token.rotate',
    flags: [],
    examples: ['token rotate', 'token rotate viewer'],
    load: async () => (await token()).rotate,
  },
  {
    name: 'backup',
    words: '<file>',
    summary: 'do.backup',
    flags: [BACKUP_PASSPHRASE_FLAG, { name: 'encrypt', help: 'flag.encrypt' }],
    examples: ['backup lab.backup', 'backup lab.backup --encrypt'],
    load: async () => (await import('../commands/backup.ts')).backup,
  },
  {
    name: 'restore',
    words: '<file>',
    summary: 'do.restore',
    flags: [BACKUP_PASSPHRASE_FLAG],
    examples: ['restore lab.backup --data ./data'],
    load: async () => (await import('../commands/backup.ts')).restore,
  },
];
