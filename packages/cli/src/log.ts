/** Lists, reads, verifies, erases, copies and compacts a log. Servers may use it at the same time. */

import type { LocalBackplane } from '@naru/local';
import {
  type Backplane,
  decodeOffset,
  erasedNotice,
  isErased,
  isForNoSocket,
  type Log,
  lostRecord,
  type StoredRecord,
  ZERO_OFFSET,
} from 'naru/backplane';
import { shownRoom } from 'naru/taps';
import { openHome } from './backplane-address.js';
import type { LogCommand } from './command.js';
import { badArgument } from './failure.js';

type Verb<V> = Extract<LogCommand, { verb: V }>;

/** The number of records to read at once. */
const PAGE = 256;

/**
 * Runs a command and returns the exit code. Throws ConfigError when there is no log or the copy has no place, and
 * UnavailableError when the log cannot be read or written.
 */
export async function runLog(command: LogCommand, print: (text: string) => void): Promise<number> {
  const { ageMs, bytes } = command.verb === 'compact' ? command : {};
  const backplane = await openHome(command.home, { ageMs, bytes });
  try {
    if (command.verb === 'list') await list(backplane, command, print);
    else if (command.verb === 'read') await read(backplane, command, print);
    else if (command.verb === 'erase') await erase(backplane, command, print);
    else if (command.verb === 'verify') return await verify(backplane, print);
    else if (!isLocal(backplane)) throw badArgument(`'naru log ${command.verb}' needs a folder`);
    else if (command.verb === 'compact') await compact(backplane, print);
    else print(`${command.target}  ${await backplane.copy(command.target)} bytes\n`);
    return 0;
  } finally {
    await backplane.close();
  }
}

function isLocal(backplane: Backplane): backplane is LocalBackplane {
  return backplane.name === 'local';
}

/** Returns the names of the namespaces. */
async function namespacesOf({ log, name }: Backplane): Promise<readonly string[]> {
  if (!log.namespaces) throw badArgument(`the backplane '${name}' cannot list its namespaces`);
  return log.namespaces();
}

async function list(backplane: Backplane, { isJson }: Verb<'list'>, print: (text: string) => void): Promise<void> {
  const { log } = backplane;
  let isEmpty = true;
  for (const namespace of await namespacesOf(backplane)) {
    isEmpty = false;
    const { count, bytes, oldest, newest } = await log.extent(namespace);
    const oldestAt = timeOf((await log.read(namespace, ZERO_OFFSET, 1)).records[0]);
    const newestAt = timeOf((await log.readBack(namespace, undefined, 1)).records[0]);
    if (isJson) print(`${JSON.stringify({ namespace, count, bytes, oldest, oldestAt, newest, newestAt })}\n`);
    else {
      print(`${namespace}  ${count} ${count === 1 ? 'record' : 'records'}, ${bytes} bytes\n`);
      if (oldest !== undefined) print(`  from ${oldest}  ${oldestAt}\n  to   ${newest}  ${newestAt}\n`);
    }
  }
  if (isEmpty && !isJson) print('The log is empty.\n');
}

async function read(
  { log }: Backplane,
  { namespace, after = ZERO_OFFSET, limit, isJson }: Verb<'read'>,
  print: (text: string) => void,
): Promise<void> {
  let place = after;
  for (let left = limit; left > 0; ) {
    const { records, hasGap } = await log.read(namespace, place, PAGE);
    if (hasGap && place !== ZERO_OFFSET && !isJson) print('(records after that offset have been removed)\n');
    for (const record of records) {
      place = record.offset;
      // Records between processes are not printed, because they contain session ids, which are secret.
      if (isForNoSocket(record) || left === 0) continue;
      print(isJson ? `${JSON.stringify(toJson(record))}\n` : `${describe(record)}\n`);
      left -= 1;
    }
    if (records.length < PAGE) return;
  }
}

async function verify(backplane: Backplane, print: (text: string) => void): Promise<number> {
  let exitCode = 0;
  for (const name of await namespacesOf(backplane)) {
    const { count, faults } = isLocal(backplane) ? backplane.log.verify(name) : await readAll(backplane.log, name);
    if (faults.length > 0) exitCode = 1;
    print(`${name}  ${count} records: ${faults.length === 0 ? 'no faults' : `${faults.length} faults`}\n`);
    for (const fault of faults) print(`  ${fault}\n`);
  }
  return exitCode;
}

/** Reads all records of a namespace, and looks for those that cannot be read or do not stand in their place. */
async function readAll(log: Log, namespace: string): Promise<{ count: number; faults: readonly string[] }> {
  const faults: string[] = [];
  let count = 0;
  for (let place = ZERO_OFFSET; ; ) {
    const { records, hasGap } = await log.read(namespace, place, PAGE);
    // Servers may remove old records meanwhile.
    if (hasGap && place !== ZERO_OFFSET) faults.push(`missing: after ${place}`);
    for (const record of records) {
      if (record.offset <= place) faults.push(`out of order: ${record.offset}`);
      if (record.event === lostRecord(decodeOffset(record.offset) ?? 0, 0).event)
        faults.push(`unreadable: ${record.offset}`);
      place = record.offset;
    }
    count += records.length;
    if (records.length < PAGE) return { count, faults };
  }
}

async function erase(
  backplane: Backplane,
  { namespace, what }: Verb<'erase'>,
  print: (text: string) => void,
): Promise<void> {
  const { log } = backplane;
  if (!(await namespacesOf(backplane)).includes(namespace)) throw badArgument(`the log has no namespace ${namespace}`);
  const count = await log.erase(namespace, what);
  // Servers forget what they keep in memory.
  await log.append(namespace, [erasedNotice(Date.now())]);
  print(`${namespace}  ${count} ${count === 1 ? 'record' : 'records'} erased\n`);
}

async function compact({ log, store }: LocalBackplane, print: (text: string) => void): Promise<void> {
  for (const name of log.namespaces()) {
    let count = 0;
    for (let went = log.trim(name); went > 0; went = log.trim(name)) count += went;
    print(`${name}  ${count} ${count === 1 ? 'record' : 'records'} removed, ${log.extent(name).count} kept\n`);
  }
  await store.sweep(Number.POSITIVE_INFINITY);
}

function describe({ offset, at, rooms, event, attachments }: StoredRecord): string {
  const to = rooms.length === 0 ? '(everybody)' : rooms.map(shownRoom).join(' ');
  if (isErased({ event })) return `${offset}  ${new Date(at).toISOString()}  ${to}  (erased)`;
  const more =
    attachments.length === 0 ? '' : `  + ${attachments.map(({ byteLength }) => `${byteLength} bytes`).join(', ')}`;
  return `${offset}  ${new Date(at).toISOString()}  ${to}  ${event}${more}`;
}

function toJson({ offset, at, event, attachments, key, by, ...to }: StoredRecord): object {
  const [rooms, except] = [to.rooms.map(shownRoom), to.except.map(shownRoom)];
  const bytes = attachments.map((each) => Buffer.from(each).toString('base64'));
  if (isErased({ event })) return { offset, at, rooms, except, erased: true };
  return { offset, at, rooms, except, event: JSON.parse(event) as unknown, attachments: bytes, key, by };
}

function timeOf(record: StoredRecord | undefined): string | undefined {
  return record && new Date(record.at).toISOString();
}
