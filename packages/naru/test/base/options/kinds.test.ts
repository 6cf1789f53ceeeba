import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  bytes,
  count,
  flag,
  fn,
  fraction,
  group,
  groupOr,
  list,
  milliseconds,
  objectWith,
  oneOf,
  orFalse,
  switched,
  text,
  value,
} from '../../../src/base/options/kinds.js';
import { type OptionsOf, options, readOptions, type SettingsOf } from '../../../src/base/options/table.js';
import { walkOptions } from './walk.js';

const boatTable = options('boat', { seats: count(4), colour: oneOf(['red', 'blue', 'green'], 'red') });
interface BoatOptions extends OptionsOf<typeof boatTable> {}
interface BoatSettings extends SettingsOf<typeof boatTable> {}

const table = options('', {
  isFast: flag(false),
  waitMs: milliseconds(250),
  restMs: milliseconds(0, { min: 20, orZero: true }),
  limitMs: orFalse(milliseconds(1_000)),
  loadMax: bytes(undefined, { min: 16, max: 1_024 }),
  jitter: fraction(0.5, { min: 0, max: 1 }),
  name: text('Naru'),
  onLanding: fn<(shore: string) => void>(),
  stops: list(oneOf(['north', 'south'], undefined), ['north']),
  crew: objectWith<{ captain: string }>('a crew with a captain', ['captain']),
  cargo: value<string | Uint8Array>(
    'text or bytes',
    (given) => typeof given === 'string' || given instanceof Uint8Array,
  ),
  boat: group<BoatOptions, typeof boatTable>(boatTable),
  spare: switched<BoatOptions, typeof boatTable>(boatTable, false),
  raft: groupOr<BoatOptions, typeof boatTable, '*'>(boatTable, '"*"', (given) => given === '*'),
});
const read = (given: OptionsOf<typeof table>) => readOptions(table, given);

describe('the kinds of options', () => {
  walkOptions(table, (given) => readOptions(table, given));

  it('give the types of the options', () => {
    expectTypeOf<OptionsOf<typeof table>>().toEqualTypeOf<{
      isFast?: boolean;
      waitMs?: number;
      restMs?: number;
      limitMs?: number | false;
      loadMax?: number;
      jitter?: number;
      name?: string;
      onLanding?: (shore: string) => void;
      stops?: readonly ('north' | 'south')[];
      crew?: { captain: string };
      cargo?: string | Uint8Array;
      boat?: BoatOptions;
      spare?: BoatOptions | boolean;
      raft?: BoatOptions | '*';
    }>();
    type Settings = SettingsOf<typeof table>;
    expectTypeOf<Settings['waitMs']>().toEqualTypeOf<number>();
    expectTypeOf<Settings['loadMax']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Settings['boat']>().toEqualTypeOf<BoatSettings>();
    expectTypeOf<Settings['spare']>().toEqualTypeOf<BoatSettings | undefined>();
  });

  it('accept values in their range', () => {
    expect(read({ waitMs: 0.5, restMs: 20, limitMs: false, loadMax: 16, jitter: 1 })).toMatchObject({
      waitMs: 0.5,
      restMs: 20,
      limitMs: false,
      loadMax: 16,
      jitter: 1,
    });
    expect(read({ restMs: 0, boat: { seats: Number.POSITIVE_INFINITY } })).toMatchObject({
      restMs: 0,
      boat: { seats: Number.POSITIVE_INFINITY },
    });
  });

  it('accept a group, its switch, or its substitute', () => {
    expect(read({ spare: true }).spare).toEqual({ seats: 4, colour: 'red' });
    expect(read({ spare: false }).spare).toBeUndefined();
    expect(read({ spare: { seats: 1 } }).spare).toEqual({ seats: 1, colour: 'red' });
    expect(read({ raft: '*' }).raft).toBe('*');
    expect(read({}).raft).toBeUndefined();
  });

  it('freeze lists and groups', () => {
    const given: ('north' | 'south')[] = ['south'];
    const { stops, boat } = read({ stops: given, boat: { seats: 2 } });
    expect(stops).toEqual(given);
    expect(Object.isFrozen(stops) && Object.isFrozen(boat) && Object.isFrozen(read({}).stops)).toBe(true);
    expect(Object.isFrozen(given)).toBe(false);
  });

  it.each([
    [{ waitMs: '20s' }, 'Option "waitMs" must be a positive number of milliseconds, at most 2147483647, got "20s".'],
    [{ loadMax: 15 }, 'Option "loadMax" must be a whole number of bytes from 16 to 1024, got 15.'],
    [{ restMs: 19 }, 'Option "restMs" must be 0, or a number of milliseconds from 20 to 2147483647, got 19.'],
    [{ jitter: 2 }, 'Option "jitter" must be a number from 0 to 1, got 2.'],
    [{ stops: ['west'] }, 'Option "stops[0]" must be "north" or "south", got "west".'],
    [{ stops: [] }, 'Option "stops" must be a list, each item "north" or "south", got an array.'],
    [{ crew: {} }, 'Option "crew" must be a crew with a captain, got an object.'],
    [{ spare: 'yes' }, 'Option "spare" must be true, false or an object of options, got "yes".'],
    [{ raft: () => 1 }, 'Option "raft" must be "*" or an object of options, got a function.'],
    [{ boat: { colour: {} } }, 'Option "boat.colour" must be "red", "blue" or "green", got an object.'],
  ])('refuse %j with a reason', (given, message) => {
    expect(() => readOptions(table, given)).toThrow(expect.objectContaining({ code: 'BAD_OPTION', message }));
  });
});
