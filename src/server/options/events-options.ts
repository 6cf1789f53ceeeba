/** The options of plain events over HTTP: default, unit, bounds and what happens at the bound. */
import { ConfigError } from '../../base/errors.js';

/** Options of plain events, as `events` of the server's options. */
export interface EventsOptions {
  /** Path of the requests: `/events/<room>`, `/events/<namespace>/<room>`. @default "/events" */
  path?: string;
  /** Milliseconds that a client is asked to wait before it opens its stream again. 0 to 2^31-1. @default 3000 */
  retry?: number;
  /** Rooms that one request may name; beyond it the answer is 400. 1 or more. @default 100 */
  roomsPerRequestMax?: number;
  /** Events in one POST of lines; beyond it the answer is 400. 1 or more. @default 1000 */
  eventsPerRequestMax?: number;
}

/** The options with defaults; the path has no slash at its end. */
export type EventsSettings = Readonly<Required<EventsOptions>>;

const DEFAULTS: EventsSettings = Object.freeze({
  path: '/events',
  retry: 3_000,
  roomsPerRequestMax: 100,
  eventsPerRequestMax: 1_000,
});

const TIMER_MAX = 2 ** 31 - 1;
const RANGES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  retry: [0, TIMER_MAX],
  roomsPerRequestMax: [1, Number.POSITIVE_INFINITY],
  eventsPerRequestMax: [1, Number.POSITIVE_INFINITY],
};

/** The options with defaults, nothing when they are off. Throws ConfigError, naming the option, the value and the fix. */
export function settleEventsOptions(option: boolean | EventsOptions | undefined): EventsSettings | undefined {
  if (option === undefined || option === false) return undefined;
  if (option === true) return DEFAULTS;
  if (typeof option !== 'object' || option === null) {
    throw new ConfigError('BAD_OPTION', `the option "events" is ${String(option)}; give true, or an object of options`);
  }
  const settings: Record<string, unknown> = { ...DEFAULTS };
  for (const [name, value] of Object.entries(option)) {
    if (!Object.hasOwn(DEFAULTS, name)) {
      const known = Object.keys(DEFAULTS).join('", "');
      throw new ConfigError('BAD_OPTION', `the option "events" has no "${name}"; there are "${known}"`);
    }
    if (value === undefined) continue;
    const range = RANGES[name];
    settings[name] = range ? checkInteger(name, value, range) : readPath(value);
  }
  return Object.freeze(settings) as EventsSettings;
}

function checkInteger(name: string, value: unknown, [least, most]: readonly [number, number]): number {
  const isWhole = Number.isInteger(value) || value === Number.POSITIVE_INFINITY;
  if (isWhole && (value as number) >= least && (value as number) <= most) return value as number;
  throw new ConfigError(
    'BAD_OPTION',
    `the option "events.${name}" is ${String(value)}; give a whole number from ${least} to ${most}`,
  );
}

function readPath(value: unknown): string {
  if (typeof value === 'string' && /^\/[^?#]*[^?#/]\/?$/.test(value)) return value.replace(/\/$/, '');
  throw new ConfigError('BAD_OPTION', `the option "events.path" is ${String(value)}; give a path such as "/events"`);
}
