import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeFolder } from '../../../test/kit/folders.js';
import { ZERO_OFFSET } from '../../naru/src/backplane/backplane.js';
import { chooseData, type DataChoice, explainLogError, openData, RETENTION } from '../src/data-folder.js';

async function open(choice: DataChoice) {
  const lines: string[] = [];
  const data = await openData(choice, RETENTION, (line) => lines.push(line));
  onTestFinished(() => data.backplane.close());
  return { data, lines };
}

const record = { rooms: [], except: [], event: '["said"]', attachments: [], at: Date.now() };

describe('chooseData', () => {
  it('chooses the folder beside the app, unless another or memory is named', () => {
    const app = { folder: '/srv/app' };
    expect(chooseData(undefined, app)).toEqual({ type: 'folder', path: '/srv/app/.naru', isAsked: false });
    expect(chooseData('/var/lib/chat', app)).toEqual({ type: 'folder', path: '/var/lib/chat', isAsked: true });
    expect(chooseData('memory', app)).toEqual({ type: 'memory' });
    expect(chooseData('./memory', app)).toMatchObject({ type: 'folder', path: join(process.cwd(), 'memory') });
  });
});

describe('explainLogError', () => {
  it('names a full disk, and passes on all other errors', () => {
    const error = new Error('Input/output error');
    expect(explainLogError(error, '/data', () => 4_096)).toMatchObject({
      code: 'IO_FAILED',
      message: 'the disk of /data is full: events are delivered, but not stored until there is space',
      cause: error,
    });
    expect(explainLogError(error, '/data', () => 1e9)).toBe(error);
    expect(explainLogError(error, undefined, () => 0)).toBe(error);
    expect(explainLogError(error, makeFolder({}))).toBe(error);
    expect(explainLogError(error, '/there/is/no/such/folder')).toBe(error);
  });
});

describe('openData', () => {
  it('creates the folder for this user alone, and stores the records in it', async () => {
    const path = join(makeFolder({}), 'deep', 'data');
    const choice: DataChoice = { type: 'folder', path, isAsked: true };
    const first = await openData(choice, RETENTION, () => undefined);
    await first.backplane.log.append('/', [record]);
    await first.backplane.close();
    expect(statSync(path).mode & 0o077).toBe(0);
    const { data, lines } = await open(choice);
    expect((await data.backplane.log.read('/', ZERO_OFFSET, 10)).records).toHaveLength(1);
    expect([data.folder, lines]).toEqual([path, []]);
  });

  it('returns a log in memory that keeps nothing, if requested', async () => {
    const { data, lines } = await open({ type: 'memory' });
    await data.backplane.log.append('/', [record]);
    expect([data.backplane.name, data.folder, lines]).toEqual(['memory', undefined, []]);
  });

  it('refuses a requested folder that cannot be created, and says what to do', async () => {
    const path = join(makeFolder({}), 'file');
    writeFileSync(path, '');
    await expect(open({ type: 'folder', path, isAsked: true })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: `the data folder cannot be written: ${path} is a file; name another with --data or NARU_DATA, or keep the log in memory with --data memory`,
    });
    await expect(open({ type: 'folder', path: join(path, 'in'), isAsked: true })).rejects.toThrow('inside a file');
  });

  it.runIf(existsSync('/proc/self'))(
    'refuses a folder below one that accepts none, without waiting for ever',
    async () => {
      await expect(open({ type: 'folder', path: '/proc/naru/data', isAsked: true })).rejects.toThrow(
        '/proc/naru/data cannot be created, because there can be no folder there',
      );
    },
  );

  it('continues in memory, and reports it, if nobody asked for the failing folder', async () => {
    const path = join(makeFolder({}), 'file');
    writeFileSync(path, '');
    const { data, lines } = await open({ type: 'folder', path, isAsked: false });
    expect(data.backplane.name).toBe('memory');
    expect(lines).toEqual([
      `the log is in memory and is lost when the program ends, because ${path} is a file; name a folder with --data`,
    ]);
  });

  it('does the same for a folder with other content, and does not change it', async () => {
    const path = makeFolder({
      'data.mdb': 'something else altogether, and long enough to be taken for a page of LMDB'.repeat(200),
    });
    const before = readFileSync(join(path, 'data.mdb'), 'utf8');
    const { data, lines } = await open({ type: 'folder', path, isAsked: false });
    expect(data.backplane.name).toBe('memory');
    expect(lines).toEqual([expect.stringMatching(/^the log cannot be opened in .*; the log is in memory /)]);
    await expect(open({ type: 'folder', path, isAsked: true })).rejects.toMatchObject({ code: 'IO_FAILED' });
    expect(readFileSync(join(path, 'data.mdb'), 'utf8')).toBe(before);
  });

  // The superuser may write everywhere.
  it.skipIf(process.getuid?.() === 0)('recognises a folder that this user may not write', async () => {
    const path = makeFolder({});
    chmodSync(path, 0o500);
    await expect(open({ type: 'folder', path, isAsked: true })).rejects.toThrow('may not be written by this user');
    expect(existsSync(join(path, 'data.mdb'))).toBe(false);
  });
});
