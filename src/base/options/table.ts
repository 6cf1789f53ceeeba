/** Tables of options. One table gives the names, types, ranges and defaults of a group; checks, messages and documents follow from it. */
import { ConfigError } from '../errors.js';
import { nearestName, warnOnce } from './names.js';

/** One option. `Given` is what a program may write, `Kept` is what the code reads. `kinds.ts` makes them. */
export interface Option<Given, Kept = Given> {
  /** What a value must be, as messages and documents say it: "true or false". */
  readonly expects: string;
  /** The value of an option that is left out or `undefined`. */
  readonly initial: Kept;
  /** Whether messages leave the value out. */
  readonly isSecret?: boolean;
  isValid(value: unknown): boolean;
  /** The value as the code reads it; absent where that is the value itself. */
  keep?(value: Given, path: string): Kept;
  /** The table of an option that is a group itself. */
  readonly table?: OptionTable;
  /** Only a type: no option has this property. */
  readonly given?: Given;
}

/** The options of a table, by their names. */
export type Entries = Readonly<Record<string, Option<unknown>>>;

/** A group of options, made by `options`. */
export interface OptionTable<Own extends Entries = Entries> {
  /** The group as messages name it, "tcp" for `tcp.greetAfter`; empty where the options stand at the top. */
  readonly name: string;
  readonly entries: Own;
  /** Names that older versions of Socket.IO had, each with what to do now: `use "pingTimeout"`. */
  readonly gone: Readonly<Record<string, string>>;
}

/** What a program may give for a table. */
export type OptionsOf<Table extends OptionTable> = {
  -readonly [Name in keyof Table['entries']]?: Exclude<Table['entries'][Name]['given'], undefined>;
};

/** What the code reads: every option, with its default where nothing was given. */
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

/** The options of two tables as one, for an object that holds both. Names of the second go first. */
export function join<First extends Entries, Second extends Entries>(
  first: OptionTable<First>,
  second: OptionTable<Second>,
): OptionTable<Omit<First, keyof Second> & Second> {
  const entries = { ...first.entries, ...second.entries };
  return { name: second.name, entries, gone: { ...first.gone, ...second.gone } };
}

/**
 * Checks options and fills in the defaults; an option without a value is absent from the frozen result. Throws ConfigError for a wrong value,
 * for a name that is nearly right and for one that Socket.IO has dropped. Any other unknown name is warned about once.
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

/** Checks the value of one option. Throws ConfigError for one that cannot be. */
export function readOption<Given, Kept>(option: Option<Given, Kept>, value: unknown, path: string): Kept {
  if (!option.isValid(value)) throw refusal(path, option.expects, value, option.isSecret);
  return option.keep === undefined ? (value as Kept) : option.keep(value as Given, path);
}

/** The error for a value that cannot be. Of a secret it names the type only. */
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

/** A value for a message. Turning an object into text may throw, so its type stands for it. */
function described(value: unknown): string {
  if (typeof value === 'string') return `"${value.slice(0, 50)}"`;
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
