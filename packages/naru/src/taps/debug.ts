/** Prints taps on standard error, as the environment variable `NARU_DEBUG` asks. docs/debugging.md. */

import { inspect } from 'node:util';
import { systemTimers } from '../base/clock.js';
import { ConfigError } from '../base/errors.js';
import { sharedValue } from '../base/shared-value.js';
import { remedyOf } from './remedies.js';
import type { Tap } from './tap.js';
import * as TAPS from './taps.js';

/** The name under which taps that show the content of messages are asked for. `all` does not mean them. */
const CONTENT = 'event.arguments';
/** Characters of the longest value in a line. */
const VALUE_MAX = 300;
const PREFIX = 'naru:';
/** How lists and the arguments of events are shown, which may be anything. */
const SHOWN = {
  breakLength: Number.POSITIVE_INFINITY,
  customInspect: false,
  depth: 3,
  maxArrayLength: 20,
  maxStringLength: VALUE_MAX,
};

const all = Object.values(TAPS) as readonly object[] as readonly Tap<object>[];

/** Bytes that may wait in standard error. A pipe that nobody reads is full at some time. */
const WAITING_MAX = 1024 * 1024;

/** All copies of Naru in this process share whether lines are printed, and how many were left out. */
const printing = sharedValue('debug', () => ({ isOn: false, leftOut: 0 }));

/**
 * Prints the taps that `NARU_DEBUG` names from now on: areas such as `session`, taps such as `session.ended`, or `all`,
 * with commas between them. Does nothing at later calls. Throws ConfigError for an unknown name.
 */
export function printTaps(wish = process.env.NARU_DEBUG, write: (line: string) => void = print): void {
  if (!wish || printing.isOn) return;
  const chosen = choose(wish);
  printing.isOn = true;
  // The reader of a pipe may go, and the server stays.
  if (write === print) process.stderr.on('error', () => undefined);
  for (const tap of chosen) tap.subscribe((facts) => write(lineOf(tap.name.slice(PREFIX.length), facts)));
}

/** Prints a line, unless too much waits already. */
function print(line: string): void {
  if (process.stderr.writableLength > WAITING_MAX) {
    printing.leftOut += 1;
    return;
  }
  if (printing.leftOut > 0) console.error(`naru left out ${printing.leftOut} lines, because nobody read them in time`);
  printing.leftOut = 0;
  console.error(line);
}

/** Returns the taps of a list of names. */
export function choose(wish: string): readonly Tap<object>[] {
  const chosen = new Set<Tap<object>>();
  for (const name of wish.split(',').map((each) => each.trim())) {
    // The client prints its lines by itself.
    if (name === '' || name === 'client') continue;
    const found = all.filter((tap) => isMeant(tap.name.slice(PREFIX.length), name));
    if (found.length === 0) throw new ConfigError('BAD_OPTION', unknown(name));
    for (const tap of found) chosen.add(tap);
  }
  return [...chosen];
}

function isMeant(tap: string, name: string): boolean {
  return tap === name || (tap !== CONTENT && (name === 'all' || name === '*' || tap.startsWith(`${name}.`)));
}

function unknown(name: string): string {
  const areas = new Set(all.map((tap) => tap.name.slice(PREFIX.length).split('.')[0]));
  return `NARU_DEBUG must be "all", or areas and taps with commas between them, got "${name}". The areas are ${[...areas].join(', ')}, client.`;
}

/** Returns one line about the facts of a tap: pairs of names and values, and after a bar what to do. */
export function lineOf(name: string, facts: object): string {
  const pairs = Object.entries(facts).flatMap(([key, value]) => (isNothing(value) ? [] : ` ${key}=${textOf(value)}`));
  const remedy = remedyOf(name, facts);
  const end = remedy === undefined ? '' : ` | ${inOneLine(remedy)}`;
  return `${new Date(systemTimers.now()).toISOString()} naru ${name}${pairs.join('')}${end}`;
}

/** Whether a value says nothing, as an empty list of exceptions does. */
function isNothing(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

/** Returns a text without control characters. A remedy may name what a client has sent. */
function inOneLine(text: string): string {
  return quoted(text).slice(1, -1).replaceAll('\\"', '"');
}

/** Returns a text in quotes, without the control characters that JSON leaves and that terminals may obey. */
function quoted(text: string): string {
  const short = text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX)}...` : text;
  return JSON.stringify(short).replace(/[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '?');
}

/** Shows a value, which may be an object of the program whose members throw. */
function inspected(value: unknown): string {
  try {
    return inspect(value, SHOWN);
  } catch {
    return '[not to be shown]';
  }
}

/** Returns a value as it stands in a line. Names come from clients, so nothing in them can begin another line. */
function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : inspected(value);
  return text.length <= VALUE_MAX && /^[\w./:+-]+$/.test(text) ? text : quoted(text);
}
