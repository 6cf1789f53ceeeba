import { describe, expect, it } from 'vitest';
import { readArguments } from '../../bench/arguments.mjs';

describe('the arguments of a run against the peers', () => {
  it('have three rounds of three seconds for all rows', () => {
    const settings = readArguments([]);
    expect(settings).toMatchObject({ rounds: 3, seconds: 3, isQuick: false, isProfiled: false, isBuilt: true });
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
    expect(() => readArguments(['--rounds', rounds])).toThrow(`"--rounds" must be a positive number, got "${rounds}"`);
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
