/**
 * The kinds of options in tables. Each function takes the default first. `undefined` means that the option has no
 * default.
 */
import { isObject, type Option, type OptionTable, readOption, readOptions, type SettingsOf } from './table.js';

/** The type of a value after reading. With a default, there is always a value. */
type Kept<Given, Initial> = Given | (undefined extends Initial ? undefined : never);

/** The range of a number, both ends included. */
interface Range {
  /** @default 1, or anything above 0 for milliseconds */
  readonly min?: number;
  /** @default Infinity, or 2147483647 for milliseconds, the longest time that a timer can wait */
  readonly max?: number;
  /** Whether a time must be a whole number. @default false */
  readonly isWhole?: boolean;
  /** Whether 0 is also allowed, for "never". @default false */
  readonly orZero?: boolean;
}

const TIMER_MAX = 2 ** 31 - 1;

/** True or false. */
export function flag<Initial extends boolean | undefined>(initial: Initial): Option<boolean, Kept<boolean, Initial>> {
  return value<boolean, Initial>('true or false', isBoolean, initial);
}

/** A whole number of things. Infinity is allowed if the range has no end. */
export function count<Initial extends number | undefined>(
  initial: Initial,
  range: Range = {},
): Option<number, Kept<number, Initial>> {
  return numberOf('whole number', { min: 1, ...range }, initial);
}

/** A whole number of bytes. Infinity is allowed if the range has no end. */
export function bytes<Initial extends number | undefined>(
  initial: Initial,
  range: Range = {},
): Option<number, Kept<number, Initial>> {
  return numberOf('whole number of bytes', { min: 1, ...range }, initial);
}

/** A time in milliseconds, which may have a fraction. */
export function milliseconds<Initial extends number | undefined>(
  initial: Initial,
  range: Range = {},
): Option<number, Kept<number, Initial>> {
  return numberOf(
    range.isWhole ? 'whole number of milliseconds' : 'number of milliseconds',
    { min: Number.MIN_VALUE, max: TIMER_MAX, ...range },
    initial,
  );
}

/** A number, which may have a fraction. */
export function fraction<Initial extends number | undefined>(
  initial: Initial,
  range: Range,
): Option<number, Kept<number, Initial>> {
  return numberOf('number', { min: Number.MIN_VALUE, ...range }, initial);
}

/** Text of at least one character, or text that matches `form`. */
export function text<Initial extends string | undefined>(
  initial: Initial,
  expects = 'a non-empty string',
  form = /./s,
): Option<string, Kept<string, Initial>> {
  return value<string, Initial>(expects, (given) => typeof given === 'string' && form.test(given), initial);
}

/** One of several texts. */
export function oneOf<const Name extends string, Initial extends Name | undefined>(
  names: readonly Name[],
  initial: Initial,
): Option<Name, Kept<Name, Initial>> {
  const quoted = names.map((name) => `"${name}"`);
  const expects = [quoted.slice(0, -1).join(', '), ...quoted.slice(-1)].join(' or ');
  return value<Name, Initial>(expects, (given) => names.includes(given as Name), initial);
}

/** A list of one or more values of a kind. */
export function list<Item, const Initial extends readonly NoInfer<Item>[] | undefined>(
  item: Option<Item, unknown>,
  initial: Initial,
): Option<readonly Item[], Kept<readonly Item[], Initial>> {
  const isValid = (given: unknown) => Array.isArray(given) && given.length > 0;
  const keep = (given: readonly Item[], path: string) =>
    Object.freeze(given.map((each, index) => readOption(item, each, `${path}[${index}]`) as Item));
  const all = value<readonly Item[], Initial>(`a list, each item ${item.expects}`, isValid, Object.freeze(initial));
  return { ...all, keep };
}

/** A function. */
export function fn<Given extends (...args: never) => unknown>(): Option<Given, Given | undefined> {
  return value<Given, undefined>('a function', (given) => typeof given === 'function', undefined);
}

/** An object that has these properties, such as a clock with its methods. */
export function objectWith<Given extends object, Initial extends Given | undefined = Given | undefined>(
  expects: string,
  names: readonly (keyof Given)[],
  initial?: Initial,
): Option<Given, Kept<Given, Initial>> {
  const has = (given: unknown) => isObject(given) && names.every((name) => given[name as string] !== undefined);
  return value<Given, Initial>(expects, has, initial as Initial);
}

/** Any value that passes a check. */
export function value<Given, Initial extends Given | undefined = Given | undefined>(
  expects: string,
  isValid: (given: unknown) => boolean,
  initial?: Initial,
): Option<Given, Kept<Given, Initial>> {
  return { expects, initial: initial as Kept<Given, Initial>, isValid };
}

/** An option whose value is never shown in messages. */
export function secret<Given, Kept>(option: Option<Given, Kept>): Option<Given, Kept> {
  return { ...option, isSecret: true };
}

/** A value that is passed on to Node, which checks it. */
export function passedOn<Given>(): Option<Given, Given | undefined> {
  return value<Given, undefined>('a value that Node accepts', () => true);
}

/** A value of a kind, or `false` to turn it off. */
export function orFalse<Given, Settings>(option: Option<Given, Settings>): Option<Given | false, Settings | false> {
  const isValid = (given: unknown) => given === false || option.isValid(given);
  const keep = (given: Given | false, path: string) => (given === false ? false : readOption(option, given, path));
  return { ...option, expects: `false, or ${option.expects}`, isValid, keep };
}

/** A group of options inside another. If the group is left out, its options have their defaults. */
export function group<Given extends object, Table extends OptionTable>(table: Table): Option<Given, SettingsOf<Table>> {
  const keep = (given: object, path: string) => readOptions(table, given, path);
  return { expects: 'an object of options', initial: keep({}, table.name), isValid: isObject, keep, table };
}

/** A group that `true` turns on with its defaults and `false` turns off. A group that is off reads as `undefined`. */
export function switched<Given extends object, Table extends OptionTable>(
  table: Table,
  isOn: boolean,
): Option<Given | boolean, SettingsOf<Table> | undefined> {
  const keep = (given: Given | boolean, path: string) =>
    given === false ? undefined : readOptions(table, given === true ? {} : given, path);
  return { ...groupOr<Given, Table, boolean>(table, 'true, false', isBoolean), initial: keep(isOn, table.name), keep };
}

/** A group, or another value that passes a check. */
export function groupOr<Given extends object, Table extends OptionTable, Other>(
  table: Table,
  expects: string,
  isOther: (given: unknown) => boolean,
): Option<Given | Other, SettingsOf<Table> | Other | undefined> {
  const isValid = (given: unknown) => isObject(given) || isOther(given);
  const keep = (given: Given | Other, path: string) =>
    isObject(given) ? readOptions(table, given, path) : (given as Other);
  return { expects: `${expects} or an object of options`, initial: undefined, isValid, keep, table };
}

function numberOf<Initial extends number | undefined>(
  noun: string,
  { min, max = Number.POSITIVE_INFINITY, orZero = false }: Range & { readonly min: number },
  initial: Initial,
): Option<number, Kept<number, Initial>> {
  const isWhole = noun.startsWith('whole');
  const isPositive = min === (isWhole ? 1 : Number.MIN_VALUE);
  const [bounded, unbounded] = isPositive ? [`, at most ${max}`, ''] : [` from ${min} to ${max}`, `, ${min} or more`];
  const range = max < Number.POSITIVE_INFINITY ? bounded : unbounded;
  const expects = `${orZero ? '0, or ' : ''}a ${isPositive ? 'positive ' : ''}${noun}${range}`;
  const isValid = (given: unknown): boolean => {
    if (typeof given !== 'number') return false;
    if (isWhole && !Number.isInteger(given) && given !== Number.POSITIVE_INFINITY) return false;
    return (given >= min && given <= max) || (orZero && given === 0);
  };
  return value<number, Initial>(expects, isValid, initial);
}

function isBoolean(given: unknown): boolean {
  return typeof given === 'boolean';
}
