import { describe, expect, it } from 'vitest';
import { readArguments } from '../../bench/arguments.mjs';

describe('the arguments of a run against the peers', () => {
  it('have up to ten rounds of three seconds for all rows', () => {
    const settings = readArguments(['--all']);
    expect(settings).toMatchObject({ rounds: 10, seconds: 3, isQuick: false, isProfiled: false, isBuilt: true });
    expect([settings.against, settings.only, settings.targets]).toEqual([undefined, undefined, undefined]);
  });

  it('name rows and targets with commas', () => {
    const { only, targets } = readArguments(['--only', 'ack, idle', '--targets', 'naru,ws']);
    expect([only, targets]).toEqual([
      ['ack', 'idle'],
      ['naru', 'ws'],
    ]);
  });

  it.each(['0', 'three'])('refuse %s as a number of rounds', (rounds) => {
    expect(() => readArguments(['--all', '--rounds', rounds])).toThrow(
      `"--rounds" must be a positive number, got "${rounds}"`,
    );
  });
});

describe('the arguments of a whole run', () => {
  it('name the part, or none for all of them', () => {
    expect(readArguments(['--all'])).toMatchObject({ isAll: true, part: undefined });
    expect(readArguments(['--all', '--part', '2/4'])).toMatchObject({ isAll: true, part: { part: 2, of: 4 } });
  });

  it.each(['0/4', '5/4', '2', '2/4/6', ''])('refuse "%s" as a part', (part) => {
    expect(() => readArguments(['--all', '--part', part])).toThrow(`"--part" must be like "2/4"`);
  });

  it('refuse a part of something else', () => {
    expect(() => readArguments(['--only', 'ack', '--part', '2/4'])).toThrow('beside "--all"');
  });

  it.each(['--prof', '--no-build', '--against=HEAD'])('refuse %s, because results belong to a commit', (option) => {
    expect(() => readArguments(['--all', option])).toThrow('"--all" builds and measures this commit');
  });

  it('are asked for when no rows are chosen', () => {
    expect(() => readArguments(['--rounds', '2'])).toThrow(
      'Choose rows with "--only", or run all of them with "--all"',
    );
  });
});

describe('the arguments of a comparison with a commit', () => {
  const read = (...args: string[]) => readArguments(['--against', 'HEAD~1', ...args]);

  it('have at most 40 rounds, and the rows that a change must not slow down', () => {
    expect(read()).toMatchObject({ against: 'HEAD~1', rounds: 40, seconds: 3 });
    expect(read().only).toEqual([
      'fanout-1',
      'fanout-16',
      'fanout-16-log',
      'fanout-16-local',
      'ack-1',
      'ack-8',
      'idle',
      'connect',
      'recover-10000',
      'cluster-fanout-16',
    ]);
  });

  it('choose rows, rounds and seconds', () => {
    expect(read('--only', 'ack', '--rounds', '10', '--quick')).toMatchObject({ only: ['ack'], rounds: 10, seconds: 1 });
  });

  it.each(['9', '41', '10.5', 'ten', ''])('refuse "%s" as the most rounds', (rounds) => {
    expect(() => read('--rounds', rounds)).toThrow(`a whole number from 10 to 40 beside "--against", got "${rounds}"`);
  });

  it.each(['--prof', '--no-build'])('refuse %s, which is for one build', (option) => {
    expect(() => read(option)).toThrow('builds two commits and measures both');
  });
});
