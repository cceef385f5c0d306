import { describe, expect, it } from 'vitest';
import { drawSkipped } from './skipped-tests.ts';

describe('the closing table of skipped tests', () => {
  it('counts a test under everything it lacked, the most wanted first, and says what to install', () => {
    expect(drawSkipped([['curl'], ['root', 'curl'], ['tmux'], ['curl', 'tshark']], 900)).toEqual([
      'Skipped 4 of 900 tests for want of (one test may want several):',
      '  curl                         3',
      '  root                         1',
      '  tmux                         1',
      '  tshark                       1',
      'On Debian: apt-get install curl tmux tshark',
      'As root: the tests that make networks of their own.',
    ]);
  });

  it('advises nothing where a kernel that gives no networks, or nobody, is the reason', () => {
    expect(drawSkipped([['network namespaces'], ['no reason given']], 2)).toEqual([
      'Skipped 2 of 2 tests for want of (one test may want several):',
      '  network namespaces           1',
      '  no reason given              1',
    ]);
  });
});
