/** Opens a backplane by its address, such as `redis://localhost:6379`, or by the folder of its log. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Backplane, Retention } from 'naru/backplane';
import { badArgument, withoutLogin } from './failure.js';

/** The forms of addresses, for error messages. */
export const ADDRESS_FORMS = 'redis://localhost:6379 or nats://localhost:4222';

/** The default folder of a log, beside an app. */
export const DATA_FOLDER = '.naru';

/** The file of a log in a folder. */
const LOG_FILE = 'data.mdb';

/** Bounds that remove nothing. The servers set how long records are kept. */
export const KEEPS_ALL: Retention = { ageMs: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER };

/** The options that an address may have after a question mark. */
interface AddressOptions {
  readonly prefix?: string;
  readonly wait?: number;
  readonly log?: boolean;
  readonly app?: string;
  readonly replicas?: number;
}

/** A kind of broker. */
interface Kind {
  readonly options: readonly (keyof AddressOptions)[];
  open(addresses: readonly string[], options: Retention & AddressOptions): Promise<Backplane>;
}

/** Throws ConfigError with the command that installs a package, if it is missing, and `error` otherwise. */
function adviseInstall(error: unknown, name: string): never {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes(`'${name}'`)) throw error;
  throw badArgument(`such an address needs the package ${name}, which is not installed; run: npm install ${name}`);
}

const REDIS: Kind = {
  options: ['prefix', 'wait', 'log'],
  async open(addresses, options) {
    const { redis } = await import('@naru/redis').catch((error: unknown) => adviseInstall(error, '@naru/redis'));
    return redis(addresses, options);
  },
};

const NATS: Kind = {
  options: ['app', 'replicas'],
  async open(addresses, options) {
    const { nats } = await import('@naru/nats').catch((error: unknown) => adviseInstall(error, '@naru/nats'));
    return nats(addresses, options);
  },
};

const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['redis', REDIS],
  ['rediss', REDIS],
  ['redis+sentinel', REDIS],
  ['rediss+sentinel', REDIS],
  ['nats', NATS],
  ['tls', NATS],
]);

/**
 * Returns the scheme of an address, or `undefined` for the path of a folder. Throws ConfigError for a scheme that no
 * backplane has.
 */
export function schemeOf(text: string): string | undefined {
  const [, scheme] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text) ?? [];
  if (scheme === undefined) return undefined;
  if (KINDS.has(scheme.toLowerCase())) return scheme.toLowerCase();
  throw badArgument(`no backplane has addresses with ${scheme}://; write one such as ${ADDRESS_FORMS}`);
}

/** The user and the password of an address. A password may have `@` and commas, so they end before the last `@`. */
const LOGIN = /([a-z][a-z0-9+.-]*:\/\/)(?:(?!,\s*[a-z][a-z0-9+.-]*:\/\/).)*@/gis;

/** Returns an address without its users and passwords, to be printed. */
export function withoutSecrets(address: string): string {
  const [list = '', ...query] = address.split('?');
  return [list.replace(LOGIN, '$1'), ...query].join('?');
}

/**
 * Opens the backplane at an address, and reaches it. Rejects with ConfigError for an invalid address, a missing driver
 * and a broker that is not set up for it, and with UnavailableError for a broker that cannot be reached.
 */
export async function openAddress(address: string, retention: Retention): Promise<Backplane> {
  const kind = KINDS.get(schemeOf(address) ?? '');
  if (!kind) throw badArgument(`'${address}' is not an address such as ${ADDRESS_FORMS}`);
  const [list = '', query] = address.split('?', 2);
  const backplane = await kind.open(list.split(','), { ...retention, ...readOptions(query, kind.options) });
  try {
    await backplane.ready?.();
  } catch (error) {
    await backplane.close();
    throw error;
  }
  return backplane;
}

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/** Reads the options after the question mark of an address. The backplane checks their values. */
function readOptions(query: string | undefined, known: Kind['options']): AddressOptions {
  const options: Record<string, string | number | boolean> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (!known.some((each) => each === name))
      throw badArgument(
        `the address has '${withoutLogin(name)}' after the question mark; it may have ${listed(known)}`,
      );
    if (name === 'log') options[name] = FLAGS.get(value) ?? value;
    else options[name] = /^\d+$/.test(value) && (name === 'wait' || name === 'replicas') ? Number(value) : value;
  }
  return options;
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

interface BoundsGiven {
  readonly ageMs?: number | undefined;
  readonly bytes?: number | undefined;
}

/**
 * Opens an existing log: that of a folder with bounds, or the one at an address. Throws ConfigError when the folder has
 * none.
 */
export async function openHome(home: string, { ageMs, bytes }: BoundsGiven = {}): Promise<Backplane> {
  if (schemeOf(home) !== undefined) return openAddress(home, KEEPS_ALL);
  if (!existsSync(join(home, LOG_FILE)))
    throw badArgument(
      `there is no log in ${withoutLogin(home)}; name the folder that you gave to 'local', or the address of a broker`,
    );
  // Imported only here, because LMDB is native. When it does not load, brokers still work.
  const { local } = await import('@naru/local');
  return local(home, { ageMs: ageMs ?? KEEPS_ALL.ageMs, bytes: bytes ?? KEEPS_ALL.bytes });
}
