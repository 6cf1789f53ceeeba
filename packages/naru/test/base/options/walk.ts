/** A walk over a table of options, which checks the common promises of all options. */
import { describe, expect, it, vi } from 'vitest';
import type { OptionTable } from '../../../src/base/options/table.js';

/** One option, or one group of a table. `path` is its full name, and `wrap` makes whole options of its value. */
interface Place {
  readonly path: string;
  readonly expects: string;
  readonly isSecret?: boolean | undefined;
  readonly wrap: (value: unknown) => Record<string, unknown>;
}

/** Returns every option of a table, including those of its groups, and every group. */
function placesOf(
  table: OptionTable,
  root: string,
): { options: Place[]; groups: { place: Place; table: OptionTable }[] } {
  const options: Place[] = [];
  const groups: { place: Place; table: OptionTable }[] = [];
  const visit = (at: OptionTable, place: Place): void => {
    groups.push({ place, table: at });
    for (const [name, { expects, isSecret, table: inner }] of Object.entries(at.entries)) {
      const path = place.path === '' ? name : `${place.path}.${name}`;
      const below = { path, expects, isSecret, wrap: (value: unknown) => place.wrap({ [name]: value }) };
      options.push(below);
      if (inner !== undefined) visit(inner, below);
    }
  };
  visit(table, { path: root, expects: '', wrap: (value) => value as Record<string, unknown> });
  return { options, groups };
}

/** Returns values of another type than described. */
export function wrongValuesFor(expects: string): unknown[] {
  if (expects === 'a number or a string') return [{}, [], true];
  if (/number/.test(expects)) return ['20', null, {}, [], Number.NaN, ...(/true/.test(expects) ? [] : [true])];
  if (expects === 'true or false') return ['no', 1, null, {}];
  if (expects === 'a function') return ['name', 5, {}, null];
  if (/^a list/.test(expects)) return ['name', 5, {}, [null], ...(/each item/.test(expects) ? [[]] : [])];
  if (/object of options/.test(expects)) return [5, null, [], ...(/true/.test(expects) ? [] : [true])];
  if (/^"/.test(expects)) return ['no such name', 5, null, []];
  if (/^a text/.test(expects)) return [5, true, {}, null];
  return [Symbol('wrong'), 5];
}

/** Returns numbers just outside the described range. */
export function numbersOutside(expects: string): number[] {
  if (!/number/.test(expects)) return [];
  const [, least] = /from (-?\d+)|, (-?\d+) or more/.exec(expects)?.filter((part) => part !== undefined) ?? [];
  const [, most] = /(?:at most|to) (\d+)$/.exec(expects) ?? [];
  const low = /positive/.test(expects) ? [0, -1] : least === undefined ? [] : [Number(least) - 1];
  const high = most === undefined ? [] : [Number(most) + 1];
  return [...low, ...high, ...(/whole/.test(expects) ? [Number(least ?? 1) + 0.5] : [])];
}

/** Returns the name with one letter missing, added, wrong, or swapped with the next. */
export function misspellingsOf(name: string): string[] {
  const at = name.length >> 1;
  const [before, letter, after] = [name.slice(0, at), name[at] ?? '', name.slice(at + 1)];
  const swapped = `${name.slice(0, at - 1)}${letter}${name[at - 1]}${after}`;
  return [before + after, `${before}x${letter}${after}`, `${before}x${after}`, swapped].filter(
    (each) => each !== name && each !== '',
  );
}

/**
 * Walks a table. `start` takes options as a program gives them. Exact messages must refuse a wrong type, a number out
 * of range, a misspelling and a name of an older version. `undefined` must give the default, and an unknown name one
 * warning. `path` is the prefix of the table's names in messages.
 */
export function walkOptions(
  table: OptionTable,
  start: (options: Record<string, unknown>) => unknown,
  path = table.name,
): void {
  const { options, groups } = placesOf(table, path);
  const secrets = new Set(options.filter(({ isSecret }) => isSecret).map(({ path: secret }) => secret));
  const refusing = (given: Record<string, unknown>) => {
    try {
      start(given);
    } catch (error) {
      return error as { code?: unknown; message: string };
    }
    return expect.unreachable('the options were taken');
  };

  // Node checks the options that are passed on to it.
  it.each(options.filter(({ expects }) => expects !== 'a value that Node accepts'))(
    'refuses a wrong value of $path',
    ({ path, expects, wrap }) => {
      const wrong = [...wrongValuesFor(expects), ...numbersOutside(expects)];
      expect(wrong).not.toEqual([]);
      for (const value of wrong) {
        const { code, message } = refusing(wrap(value));
        expect(code, message).toBe('BAD_OPTION');
        if (secrets.has(path))
          expect(message).toBe(`Option "${path}" must be ${expects}, got a value of type ${typeof value}.`);
        else if (!Array.isArray(value)) expect(message).toContain(`Option "${path}" must be ${expects}, got `);
        else expect(message).toContain(`Option "${path}`);
      }
    },
  );

  it.each(options)('takes undefined for the default of $path', ({ wrap }) => {
    start(wrap(undefined));
  });

  describe.each(groups)('the names of "$place.path"', ({ place, table: { entries, gone } }) => {
    const full = (name: string) => (place.path === '' ? name : `${place.path}.${name}`);

    it.each(Object.keys(entries))('refuse a misspelt %s, with the real name', (name) => {
      for (const wrong of [...misspellingsOf(name), name.toUpperCase()]) {
        if (wrong === name || Object.hasOwn(entries, wrong) || Object.hasOwn(gone, wrong)) continue;
        const { code, message } = refusing(place.wrap({ [wrong]: 1 }));
        expect(code).toBe('BAD_OPTION');
        expect(message).toBe(`Option "${full(wrong)}" does not exist: use "${full(name)}".`);
      }
    });

    if (Object.keys(gone).length > 0)
      it('refuse those of older versions, with the fix', () => {
        for (const [name, advice] of Object.entries(gone)) {
          expect(refusing(place.wrap({ [name]: 1 }))).toMatchObject({
            code: 'BAD_OPTION',
            message: `Option "${full(name)}" does not exist in Naru: ${advice}.`,
          });
        }
      });

    it('warn about an unrelated one once, and the program starts', () => {
      const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      serial += 1;
      const name = `unrelatedKeyOfAProgram${serial}`;
      start(place.wrap({ [name]: 1 }));
      start(place.wrap({ [name]: 1 }));
      expect(warning.mock.calls).toEqual([
        [`Option "${full(name)}" is unknown and has no effect.`, { code: 'NARU_UNKNOWN_OPTION' }],
      ]);
      warning.mockRestore();
    });
  });
}

let serial = 0;
