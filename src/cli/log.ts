/** Lists, reads, verifies, erases, copies and compacts a log on disk. Servers may have it open at the same time. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type StoredRecord, ZERO_OFFSET } from '../backplane/backplane.js';
import { FILE_NAME } from '../backplane/local/database.js';
import { type LocalBackplane, local } from '../backplane/local/local-backplane.js';
import { erasedNotice, isErased, isForNoSocket } from '../backplane/own-records.js';
import type { LogCommand } from './arguments.js';
import { badArgument } from './failure.js';

type Verb<V> = Extract<LogCommand, { verb: V }>;

/** The number of records to read at once. */
const PAGE = 256;

/**
 * Runs a command and returns the exit code. Throws ConfigError when the folder has no log or the copy has no place, and UnavailableError
 * when the log cannot be read or written.
 */
export async function runLog(command: LogCommand, print: (text: string) => void): Promise<number> {
  const { folder } = command;
  if (!existsSync(join(folder, FILE_NAME)))
    throw badArgument(`there is no log in ${folder}; name the folder that you gave to 'local'`);
  const { ageMs, bytes } = command.verb === 'compact' ? command : {};
  const backplane = local(folder, { ageMs: ageMs ?? Number.MAX_SAFE_INTEGER, bytes: bytes ?? Number.MAX_SAFE_INTEGER });
  try {
    if (command.verb === 'list') list(backplane, command, print);
    else if (command.verb === 'read') read(backplane, command, print);
    else if (command.verb === 'erase') await erase(backplane, command, print);
    else if (command.verb === 'compact') await compact(backplane, print);
    else if (command.verb === 'copy') print(`${command.target}  ${await backplane.copy(command.target)} bytes\n`);
    else return verify(backplane, print);
    return 0;
  } finally {
    await backplane.close();
  }
}

function list({ log }: LocalBackplane, { isJson }: Verb<'list'>, print: (text: string) => void): void {
  const rows = log.namespaces().map((name) => {
    const { count, bytes, oldest, newest } = log.extent(name);
    const [first] = log.read(name, ZERO_OFFSET, 1).records;
    const [last] = log.readBack(name, undefined, 1).records;
    return { namespace: name, count, bytes, oldest, oldestAt: timeOf(first), newest, newestAt: timeOf(last) };
  });
  if (isJson) {
    for (const row of rows) print(`${JSON.stringify(row)}\n`);
    return;
  }
  if (rows.length === 0) print('The log is empty.\n');
  for (const { namespace, count, bytes, oldest, oldestAt, newest, newestAt } of rows) {
    print(`${namespace}  ${count} ${count === 1 ? 'record' : 'records'}, ${bytes} bytes\n`);
    if (oldest !== undefined) print(`  from ${oldest}  ${oldestAt}\n  to   ${newest}  ${newestAt}\n`);
  }
}

function read(
  { log }: LocalBackplane,
  { namespace, after = ZERO_OFFSET, limit, isJson }: Verb<'read'>,
  print: (text: string) => void,
): void {
  let place = after;
  for (let left = limit; left > 0; ) {
    const { records, hasGap } = log.read(namespace, place, PAGE);
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

function verify({ log }: LocalBackplane, print: (text: string) => void): number {
  let exitCode = 0;
  for (const name of log.namespaces()) {
    const { count, faults } = log.verify(name);
    if (faults.length > 0) exitCode = 1;
    print(`${name}  ${count} records: ${faults.length === 0 ? 'no faults' : `${faults.length} faults`}\n`);
    for (const fault of faults) print(`  ${fault}\n`);
  }
  return exitCode;
}

async function erase(
  { log }: LocalBackplane,
  { namespace, what }: Verb<'erase'>,
  print: (text: string) => void,
): Promise<void> {
  if (!log.namespaces().includes(namespace)) throw badArgument(`the log has no namespace ${namespace}`);
  const count = await log.erase(namespace, what);
  // Servers that have the folder open forget what they keep in memory.
  log.append(namespace, [erasedNotice(Date.now())]);
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
  const to = rooms.length === 0 ? '(everybody)' : rooms.join(' ');
  if (isErased({ event })) return `${offset}  ${new Date(at).toISOString()}  ${to}  (erased)`;
  const more =
    attachments.length === 0 ? '' : `  + ${attachments.map(({ byteLength }) => `${byteLength} bytes`).join(', ')}`;
  return `${offset}  ${new Date(at).toISOString()}  ${to}  ${event}${more}`;
}

function toJson({ offset, at, rooms, except, event, attachments, key, by }: StoredRecord): object {
  const bytes = attachments.map((each) => Buffer.from(each).toString('base64'));
  if (isErased({ event })) return { offset, at, rooms, except, erased: true };
  return { offset, at, rooms, except, event: JSON.parse(event) as unknown, attachments: bytes, key, by };
}

function timeOf(record: StoredRecord | undefined): string | undefined {
  return record && new Date(record.at).toISOString();
}
