/**
 * Tables of options. A table declares the names, types, ranges and defaults of a group. Checks, messages and documents
 * use it.
 */
import { ConfigError } from '../errors.js';
import { nearestName, warnOnce } from './names.js';

/**
 * One option. `Given` is the type that applications write, `Kept` the type that the code reads. `kinds.ts` makes
 * options.
 */
export interface Option<Given, Kept = Given> {
  /** The valid values in words, for messages and documents: "true or false". */
  readonly expects: string;
  /** The value of an option that is left out or `undefined`. */
  readonly initial: Kept;
  /** Whether messages must not show the value. */
  readonly isSecret?: boolean;
  isValid(value: unknown): boolean;
  /** Converts a value to the form that the code reads. Absent if both are the same. */
  keep?(value: Given, path: string): Kept;
  /** The table of an option that is itself a group. */
  readonly table?: OptionTable;
  /** Carries the type only. No option has this property. */
  readonly given?: Given;
}

/** The options of a table by name. */
export type Entries = Readonly<Record<string, Option<unknown>>>;

/** A group of options. `options` makes it. */
export interface OptionTable<Own extends Entries = Entries> {
  /** The group's name in messages, such as "tcp" for `tcp.greetAfter`. Empty for options at the top level. */
  readonly name: string;
  readonly entries: Own;
  /** Names from older versions of Socket.IO, each with what to do instead: `use "pingTimeout"`. */
  readonly gone: Readonly<Record<string, string>>;
}

/** The options of a table as applications write them. */
export type OptionsOf<Table extends OptionTable> = {
  -readonly [Name in keyof Table['entries']]?: Exclude<Table['entries'][Name]['given'], undefined> | undefined;
};

/** The options of a table as the code reads them, with defaults in place. */
export type SettingsOf<Table extends OptionTable> = {
  readonly [Name in keyof Table['entries']]: Table['entries'][Name]['initial'];
};

/** Declares a group of options. */
export function options<Own extends Entries>(
  name: string,
  entries: Own,
  gone: Readonly<Record<string, string>> = {},
): OptionTable<Own> {
  return { name, entries, gone };
}

/**
 * Joins two tables, for an object that contains the options of both. An option of the second replaces one of the same
 * name.
 */
export function join<First extends Entries, Second extends Entries>(
  first: OptionTable<First>,
  second: OptionTable<Second>,
): OptionTable<Omit<First, keyof Second> & Second> {
  const entries = { ...first.entries, ...second.entries };
  return { name: second.name, entries, gone: { ...first.gone, ...second.gone } };
}

/**
 * Checks options and fills in the defaults. An option without a value is absent from the frozen result. Throws
 * ConfigError for a wrong value, for a name that is nearly right, and for a name that Socket.IO has dropped. Warns once
 * about any other unknown name.
 */
export function readOptions<Table extends OptionTable>(
  table: Table,
  given: unknown = {},
  path = table.name,
): SettingsOf<Table> {
  if (!isObject(given)) throw refusal(path, path === '' ? 'an object' : 'an object of options', given);
  for (const [name, value] of Object.entries(given))
    if (value !== undefined && !Object.hasOwn(table.entries, name)) refuseName(table, name, path);
  const settings: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(table.entries)) {
    const value = given[name];
    const kept = value === undefined ? option.initial : readOption(option, value, pathOf(path, name));
    if (kept !== undefined) settings[name] = kept;
  }
  return Object.freeze(settings) as SettingsOf<Table>;
}

/** Checks the value of one option. Throws ConfigError for an invalid value. */
export function readOption<Given, Kept>(option: Option<Given, Kept>, value: unknown, path: string): Kept {
  if (!option.isValid(value)) throw refusal(path, option.expects, value, option.isSecret);
  return option.keep === undefined ? (value as Kept) : option.keep(value as Given, path);
}

/** Returns the error for an invalid value. For a secret, the message contains only its type. */
export function refusal(path: string, expects: string, value: unknown, isSecret = false): ConfigError {
  const subject = path === '' ? 'The options' : `Option "${path}"`;
  const got = isSecret ? `a value of type ${typeof value}` : described(value);
  return new ConfigError('BAD_OPTION', `${subject} must be ${expects}, got ${got}.`);
}

/** Whether a value is an object with named properties. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuseName({ entries, gone }: OptionTable, name: string, path: string): void {
  const wrong = `Option "${pathOf(path, name)}"`;
  const advice = Object.hasOwn(gone, name) ? gone[name] : undefined;
  if (advice !== undefined) throw new ConfigError('BAD_OPTION', `${wrong} does not exist in Naru: ${advice}.`);
  const real = nearestName(name, Object.keys(entries));
  if (real === undefined) warnOnce(`${wrong} is unknown and has no effect.`);
  else throw new ConfigError('BAD_OPTION', `${wrong} does not exist: use "${pathOf(path, real)}".`);
}

function pathOf(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** Describes a value for a message. Objects are described by type, because converting them to text may throw. */
function described(value: unknown): string {
  if (typeof value === 'string') return `"${value.slice(0, 50)}"`;
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
