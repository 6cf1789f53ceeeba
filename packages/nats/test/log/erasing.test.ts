import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeNats } from '../../../../test/kit/brokers/nats-server.js';
import { type StoredRecord, ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { isErased } from '../../../naru/src/backplane/own-records.js';
import { groupOf } from '../../src/names.js';
import { LogTester, recordOf } from './log-kit.js';

/** Returns all files of the server. */
function filesOf(folder: string): Buffer[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'output.txt')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
}

const marks = (records: readonly StoredRecord[]): string[] =>
  records.map((record) => (isErased(record) ? 'erased' : JSON.parse(record.event)[0]));

describeNats('an erasure in NATS', ({ parts, folder }) => {
  it('leaves no text in the files of the server', async () => {
    const tester = new LogTester(await parts());
    const { offsets } = await tester.append([recordOf('first secret'), recordOf('kept')]);
    await tester.append([recordOf('last secret'), recordOf('second secret')]);
    const has = (text: string): boolean => filesOf(folder).some((bytes) => bytes.includes(text));
    await expect.poll(() => has('second secret')).toBe(true);
    expect(await tester.erase({ offset: offsets[0] ?? '' })).toBe(1);
    await expect.poll(() => has('first secret')).toBe(false);
    expect(has('kept') && has('last secret')).toBe(true);
    expect(marks((await tester.read(ZERO_OFFSET)).records)).toEqual(['erased', 'kept', 'last secret', 'second secret']);
    // The rewritten batch of the first erasure goes, too.
    expect(await tester.erase({ all: true })).toBe(3);
    for (const text of ['kept', 'last secret', 'second secret']) await expect.poll(() => has(text)).toBe(false);
    const { records, hasGap } = await tester.read(ZERO_OFFSET);
    expect([marks(records), hasGap]).toEqual([['erased', 'erased', 'erased', 'erased'], false]);
    expect(records[0]?.offset).toBe(offsets[0]);
  });

  it('goes on where a broken connection has stopped it, and counts each record once', async () => {
    const given = await parts();
    const { connection } = given;
    const tester = new LogTester(given);
    for (let n = 0; n < 4; n += 1) await tester.append([recordOf(`secret ${n}`)]);
    const { store, api } = connection;
    let sides = 0;
    // Two rewritten batches are kept, and no message is removed. The answer to the second one is lost.
    connection.store = async (...args) => {
      sides += 1;
      const stored = sides <= 2 ? await store.apply(connection, args) : new Promise<never>(() => undefined);
      return sides === 2 ? new Promise(() => undefined) : stored;
    };
    connection.api = async (name, ...rest) =>
      name.startsWith('STREAM.MSG.DELETE') ? new Promise(() => undefined) : api.call(connection, name, ...rest);
    const write = tester.write();
    void tester.erase({ all: true }, write);
    await expect.poll(() => sides).toBe(4);
    connection.store = store;
    connection.api = api;
    const after = new LogTester(given, tester.memory);
    expect(await after.erase({ all: true }, write)).toBe(4);
    expect(marks((await after.read(ZERO_OFFSET)).records)).toEqual(['erased', 'erased', 'erased', 'erased']);
    for (let n = 0; n < 4; n += 1) expect(filesOf(folder).some((bytes) => bytes.includes(`secret ${n}`))).toBe(false);
    const group = given.names.logStream(groupOf('/'));
    expect(await connection.api(`STREAM.INFO.${group}`)).toMatchObject({ state: { messages: 5 } });
  });

  it('finds the texts that an earlier eraser has left', async () => {
    const given = await parts();
    const { connection } = given;
    const tester = new LogTester(given);
    await tester.append([recordOf('secret left')]);
    const { api } = connection;
    connection.api = async (name, ...rest) =>
      name.startsWith('STREAM.MSG.DELETE') ? new Promise(() => undefined) : api.call(connection, name, ...rest);
    let isRewritten = false;
    const { store } = connection;
    connection.store = async (...args) => {
      const stored = await store.apply(connection, args);
      isRewritten = true;
      return stored;
    };
    void tester.erase({ all: true });
    await expect.poll(() => isRewritten).toBe(true);
    connection.api = api;
    expect(await new LogTester(given).erase({ all: true })).toBe(0);
    await expect.poll(() => filesOf(folder).some((bytes) => bytes.includes('secret left'))).toBe(false);
  });

  it('is forgotten when NATS refuses it', async () => {
    const given = await parts();
    const { connection } = given;
    const tester = new LogTester(given);
    await tester.append([recordOf('secret')]);
    const name = given.names.logStream(groupOf('/'));
    const { config } = await connection.api<{ config: object }>(`STREAM.INFO.${name}`);
    // The stream is full.
    await connection.api(`STREAM.UPDATE.${name}`, { ...config, max_msgs: 2 });
    await expect(tester.erase({ all: true })).rejects.toMatchObject({ code: 'NOT_KEPT' });
    expect(tester.memory.erasures.size).toBe(0);
  });
});
