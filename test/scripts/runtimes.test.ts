import { describe, expect, it } from 'vitest';
import { readOutcomes, tabulate } from '../../scripts/runtimes/table.mjs';

const PARTS =
  '{"parts":{"fastUpgrades":true,"bareStreams":false,"directWrites":true,"ignoredUpgrades":true,"sharedReads":false}}';

describe('the table of runtimes', () => {
  it('says ok when each scene is ok or gives a reason for being skipped', () => {
    const lines = [
      PARTS,
      'a warning',
      '{"scene":"a","outcome":"ok"}',
      '{"scene":"b","outcome":"skipped","note":"why"}',
    ];
    const { table, notes, isOk } = tabulate(['a', 'b'], [{ name: 'x', ...readOutcomes(lines.join('\n')), ended: '' }]);
    expect(table.split('\n').map((line: string) => line.trim().split(/ {2,}/))).toEqual([
      ['x'],
      ['a', 'ok'],
      ['b', 'skipped'],
      ['parts of Node’s internals', '3 of 5'],
    ]);
    expect([notes, isOk]).toEqual([['skipped  x: b: why'], true]);
  });

  it('says failed when a scene failed, or has no outcome because the runtime ended', () => {
    const failed = readOutcomes('{"scene":"a","outcome":"failed","note":"not so"}\n{"scene":"b","outcome":"ok"}');
    const ended = readOutcomes(PARTS);
    const { notes, isOk } = tabulate(
      ['a', 'b'],
      [
        { name: 'x', ...failed, ended: 'exit code 0' },
        { name: 'y', ...ended, ended: 'SIGSEGV' },
      ],
    );
    expect(isOk).toBe(false);
    expect(notes).toEqual([
      'FAILED   x: a: not so',
      'FAILED   y: a: no outcome (SIGSEGV)',
      'FAILED   y: b: no outcome (SIGSEGV)',
    ]);
  });
});
