import { describe, expect, it, vi } from 'vitest';
import { count, flag, group, milliseconds, text } from '../../../src/base/options/kinds.js';
import { join, options, readOptions } from '../../../src/base/options/table.js';
import { walkOptions } from './walk.js';

const boatTable = options('boat', { seats: count(4) });
const ferryTable = options(
  '',
  {
    name: text(undefined),
    isFast: flag(false),
    waitMs: milliseconds(250),
    boat: group<object, typeof boatTable>(boatTable),
  },
  { sail: 'use "isFast"' },
);

describe('a table of options', () => {
  walkOptions(ferryTable, (given) => readOptions(ferryTable, given));

  it('fills in the defaults, and freezes', () => {
    const settings = readOptions(ferryTable, { waitMs: undefined, isFast: true });
    expect(settings).toEqual({ isFast: true, waitMs: 250, boat: { seats: 4 } });
    expect(Object.hasOwn(settings, 'name')).toBe(false);
    expect(Object.isFrozen(settings)).toBe(true);
    expect(readOptions(ferryTable)).toEqual(readOptions(ferryTable, {}));
  });

  it.each([
    [{ boat: { seat: 2 } }, 'Option "boat.seat" does not exist: use "boat.seats".'],
    [{ WAIT: 2 }, 'Option "WAIT" does not exist: use "waitMs".'],
    [{ sail: true }, 'Option "sail" does not exist in Naru: use "isFast".'],
    [null, 'The options must be an object, got null.'],
  ])('explains the error in %j, and the fix', (given, message) => {
    expect(() => readOptions(ferryTable, given)).toThrow(expect.objectContaining({ code: 'BAD_OPTION', message }));
  });

  it('can be joined with another for an object that holds both', () => {
    const both = join(options('', { port: count(80) }), options('', { path: text('/') }));
    expect(readOptions(both, { port: 81 })).toEqual({ port: 81, path: '/' });
    expect(() => readOptions(both, { prt: 1 })).toThrow('use "port"');
  });

  it('ignores an unknown name without a value', () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    readOptions(ferryTable, { sail: undefined, nothingOfTheKind: undefined });
    expect(warning).not.toHaveBeenCalled();
    warning.mockRestore();
  });
});
