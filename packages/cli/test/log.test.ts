import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../local/src/database.js';
import { local } from '../../local/src/local-backplane.js';
import { decodeOffset } from '../../naru/src/backplane/backplane.js';
import { isTold, TOLD_ROOM } from '../../naru/src/backplane/own-records.js';
import { readArguments } from '../src/arguments.js';
import { runLog } from '../src/log.js';

const AT = Date.now();
const TIME = new Date(AT).toISOString();

/**
 * A folder that a server has open, with three records in `/`, one of them with bytes, and one in `/chat`. Returns their
 * offsets in `/`.
 */
function folder(): { path: string; offsets: readonly [string, string, string] } {
  const path = mkdtempSync(`${tmpdir()}/naru-log-`);
  const backplane = local(path);
  onTestFinished(async () => {
    await backplane.close();
    rmSync(path, { recursive: true, force: true });
  });
  const record = { rooms: [] as string[], except: [], attachments: [] as Uint8Array[], at: AT };
  const [first = '', second = '', third = ''] = backplane.log.append('/', [
    { ...record, event: '["one",1]' },
    { ...record, rooms: [TOLD_ROOM], event: '["taken","a","secret"]' },
    {
      ...record,
      rooms: ['a', 'b'],
      event: '["two",{"_placeholder":true,"num":0}]',
      attachments: [Uint8Array.of(1, 2)],
    },
  ]).offsets;
  backplane.log.append('/chat', [{ ...record, event: '["three"]' }]);
  return { path, offsets: [first, second, third] };
}

async function naruLog(...args: string[]): Promise<{ code: number; text: string }> {
  const command = readArguments(['log', ...args], {});
  if (command.type !== 'log') expect.fail(JSON.stringify(command));
  let text = '';
  const code = await runLog(command, (part) => {
    text += part;
  });
  return { code, text };
}

describe('naru log', () => {
  it('lists the namespaces', async () => {
    const { path, offsets } = folder();
    const { code, text } = await naruLog(path);
    expect(code).toBe(0);
    const [oldest, , newest] = offsets;
    expect(text).toMatch(
      new RegExp(`^/ {2}3 records, \\d+ bytes\\n {2}from ${oldest} {2}[-:.\\dTZ]+\\n {2}to {3}${newest}`),
    );
    expect(text).toMatch(/^\/chat {2}1 record, \d+ bytes$/m);
    const [first] = (await naruLog(path, '--json')).text.split('\n');
    expect(JSON.parse(String(first))).toMatchObject({ namespace: '/', count: 3, newest });
  });

  it('reads it, without the messages between processes', async () => {
    const { path, offsets } = folder();
    expect((await naruLog(path, 'read', '/')).text).toBe(
      [
        `${offsets[0]}  ${TIME}  (everybody)  ["one",1]`,
        `${offsets[2]}  ${TIME}  a b  ["two",{"_placeholder":true,"num":0}]  + 2 bytes`,
        '',
      ].join('\n'),
    );
    const { text } = await naruLog(path, 'read', '/', '--after', offsets[0], '--json');
    expect(JSON.parse(text)).toMatchObject({ offset: offsets[2], rooms: ['a', 'b'], attachments: ['AQI='] });
    expect((await naruLog(path, 'read', '/', '--limit', '1')).text.split('\n')).toHaveLength(2);
    expect((await naruLog(path, 'read', '/nowhere')).text).toBe('');
  });

  it('verifies it, and reports damaged or missing records', async () => {
    const { path, offsets } = folder();
    expect(await naruLog(path, 'verify')).toEqual({
      code: 0,
      text: '/  3 records: no faults\n/chat  1 records: no faults\n',
    });
    const database = openDatabase(path, false);
    database.log.removeSync(['/', decodeOffset(offsets[0]) ?? 0]);
    const third = decodeOffset(offsets[2]) ?? 0;
    const bytes = Buffer.from(database.log.getBinary(['/', third]) ?? []);
    bytes[bytes.length - 1] = 99;
    database.log.putSync(['/', third], bytes);
    await database.close();
    const { code, text } = await naruLog(path, 'verify');
    expect(code).toBe(1);
    expect(text).toContain(`missing: ${offsets[0]} to ${offsets[0]}\n`);
    expect(text).toContain(`damaged: ${offsets[2]}\n`);
  });

  it('copies it to a new folder, while a server has it open, and to no other', async () => {
    const { path, offsets } = folder();
    const target = join(path, 'copies', 'of today');
    const { code, text } = await naruLog(path, 'copy', target);
    expect([code, text]).toEqual([0, `${target}  ${statSync(join(target, 'data.mdb')).size} bytes\n`]);
    expect((await naruLog(target, 'verify')).text).toBe((await naruLog(path, 'verify')).text);
    expect((await naruLog(target, 'read', '/')).text).toContain(offsets[2]);
    await expect(naruLog(path, 'copy', target)).rejects.toThrow(/of today is not empty \(.*\): name an empty folder/);
    await expect(naruLog(join(path, 'nowhere'), 'copy', join(path, 'copy'))).rejects.toThrow(/there is no log/);
    expect(existsSync(join(path, 'copy'))).toBe(false);
  });

  it('compacts it by age and by size', async () => {
    const { path } = folder();
    expect((await naruLog(path, 'compact', '--bytes', '100')).text).toMatch(
      /^\/ {2}[12] records? removed, [12] kept\n/,
    );
    expect((await naruLog(path, 'compact', '--bytes', '1')).text).toMatch(
      /, 0 kept\n\/chat {2}1 record removed, 0 kept\n$/,
    );
    expect((await naruLog(path, 'verify')).code).toBe(0);
  });

  it('erases records, and the servers that have the folder open hear of it', async () => {
    const { path, offsets } = folder();
    const server = local(path);
    const file = () => readFileSync(join(path, 'data.mdb'), 'latin1');
    expect((await naruLog(path, 'erase', '/', '--room', 'a')).text).toBe('/  1 record erased\n');
    expect((await naruLog(path, 'erase', '/', '--offset', offsets[0])).text).toBe('/  1 record erased\n');
    expect((await naruLog(path, 'erase', '/', '--all')).text).toBe('/  1 record erased\n');
    const { records } = server.log.read('/', offsets[2], 10);
    expect(records.map(({ event }) => event)).toEqual(Array(3).fill('["erased"]'));
    expect(records.every(isTold)).toBe(true);
    expect([file().includes('"one"'), file().includes('"two"'), file().includes('"three"')]).toEqual([
      false,
      false,
      true,
    ]);
    expect((await naruLog(path, 'read', '/')).text).toBe(
      `${offsets[0]}  ${TIME}  (everybody)  (erased)\n${offsets[2]}  ${TIME}  a b  (erased)\n`,
    );
    const [line = ''] = (await naruLog(path, 'read', '/', '--json')).text.split('\n');
    expect(JSON.parse(line)).toEqual({ offset: offsets[0], at: AT, rooms: [], except: [], erased: true });
    await expect(naruLog(path, 'erase', '/nowhere', '--all')).rejects.toThrow('the log has no namespace /nowhere');
    expect((await naruLog(path, 'verify')).code).toBe(0);
    await server.close();
  });

  it('reports a folder without a log, and creates none', async () => {
    await expect(naruLog('/nowhere')).rejects.toThrow(/there is no log in \/nowhere/);
  });
});
