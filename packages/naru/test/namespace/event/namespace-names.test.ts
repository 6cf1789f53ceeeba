import { describe, expect, it } from 'vitest';
import { options, readOptions } from '../../../src/base/options/table.js';
import {
  fullName,
  localMatcher,
  type NamespaceNames,
  namespaceMatcher,
  type WhileAway,
  whileAway,
  withoutLog,
} from '../../../src/namespace/event/namespace-names.js';

describe('the names of namespaces', () => {
  it.each([
    ['/admin', ['/admin']],
    ['admin', ['/admin']],
    [/^\/game-/, ['/game-1', '/game-2']],
    [/game/g, ['/game-1', '/game-2']],
    [['/', /2$/y], ['/']],
    [
      ['/admin', /-2$/],
      ['/admin', '/game-2'],
    ],
    [[], []],
  ] as const)('are those of %s', (given, expected) => {
    const matches = namespaceMatcher(given as NamespaceNames);
    for (const _ of [1, 2]) expect(['/', '/admin', '/game-1', '/game-2'].filter(matches)).toEqual(expected);
  });

  it.each([7, '', null, ['/a', 7], {}])('are not %j', (given) => {
    const table = options('test', { withoutLog });
    expect(() => readOptions(table, { withoutLog: given as never })).toThrow(
      'Option "test.withoutLog" must be the name of a namespace, a pattern, or a list of them, got ',
    );
  });

  it('begin with a slash', () => {
    expect(['a', '/a', ''].map(fullName)).toEqual(['/a', '/a', '/']);
  });
});

describe('the option "whileAway"', () => {
  const table = options('test', { whileAway });

  it.each<[WhileAway | undefined, string[]]>([
    [undefined, []],
    ['wait', []],
    ['local', ['/', '/game-1']],
    [{ local: /^\/game/ }, ['/game-1']],
    [{ local: ['/'] }, ['/']],
  ])('%j is for %j', (given, expected) => {
    const settings = readOptions(table, { whileAway: given });
    expect(['/', '/game-1'].filter(localMatcher(settings.whileAway))).toEqual(expected);
  });

  it.each(['locally', true, null, {}, { local: [7] }])('is not %j', (given) => {
    expect(() => readOptions(table, { whileAway: given as never })).toThrow(
      'Option "test.whileAway" must be "wait", "local", or an object whose "local" names namespaces, got ',
    );
  });
});
