import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../../src/backplane/local/database.js';
import { local } from '../../../src/backplane/local/local-backplane.js';
import { TOLD_ROOM } from '../../../src/backplane/told-room.js';
import { readLogArguments } from '../../../src/cli/log/arguments.js';
import { runLog } from '../../../src/cli/log/log.js';

const AT = Date.now();
const TIME = new Date(AT).toISOString();

/** A folder with three records in `/`, one of them with bytes, and one in `/chat`; a server has it open. */
function folder(): string {
  const path = mkdtempSync(`${tmpdir()}/naru-log-`);
  const backplane = local(path);
  onTestFinished(async () => {
    await backplane.close();
    rmSync(path, { recursive: true, force: true });
  });
  const record = { rooms: [] as string[], except: [], attachments: [] as Uint8Array[], at: AT };
  backplane.log.append('/', [
    { ...record, event: '["one",1]' },
    { ...record, rooms: [TOLD_ROOM], event: '["taken","a","secret"]' },
    {
      ...record,
      rooms: ['a', 'b'],
      event: '["two",{"_placeholder":true,"num":0}]',
      attachments: [Uint8Array.of(1, 2)],
    },
  ]);
  backplane.log.append('/chat', [{ ...record, event: '["three"]' }]);
  return path;
}

async function naruLog(...args: string[]): Promise<{ code: number; text: string }> {
  const command = readLogArguments(args);
  if (command.type === 'mistake') throw new TypeError(command.message);
  let text = '';
  const code = await runLog(command, (part) => {
    text += part;
  });
  return { code, text };
}

describe('naru log', () => {
  it('lists what there is', async () => {
    const path = folder();
    const { code, text } = await naruLog(path);
    expect(code).toBe(0);
    expect(text).toMatch(/^\/ {2}3 records, \d+ bytes\n {2}from 00000000001 {2}[-:.\dTZ]+\n {2}to {3}00000000003/);
    expect(text).toMatch(/^\/chat {2}1 record, \d+ bytes$/m);
    const [first] = (await naruLog(path, '--json')).text.split('\n');
    expect(JSON.parse(String(first))).toMatchObject({ namespace: '/', count: 3, newest: '00000000003' });
  });

  it('reads it, without what processes say to each other', async () => {
    const path = folder();
    expect((await naruLog(path, 'read', '/')).text).toBe(
      [
        `00000000001  ${TIME}  (everybody)  ["one",1]`,
        `00000000003  ${TIME}  a b  ["two",{"_placeholder":true,"num":0}]  + 2 bytes`,
        '',
      ].join('\n'),
    );
    const { text } = await naruLog(path, 'read', '/', '--after', '00000000001', '--json');
    expect(JSON.parse(text)).toMatchObject({ offset: '00000000003', rooms: ['a', 'b'], attachments: ['AQI='] });
    expect((await naruLog(path, 'read', '/', '--limit', '1')).text.split('\n')).toHaveLength(2);
    expect((await naruLog(path, 'read', '/nowhere')).text).toBe('');
  });

  it('verifies it, and says what is damaged or missing', async () => {
    const path = folder();
    expect(await naruLog(path, 'verify')).toEqual({
      code: 0,
      text: '/  3 records: all is well\n/chat  1 records: all is well\n',
    });
    const database = openDatabase(path, false);
    database.log.removeSync(['/', 1]);
    const bytes = Buffer.from(database.log.getBinary(['/', 3]) ?? []);
    bytes[bytes.length - 1] = 99;
    database.log.putSync(['/', 3], bytes);
    await database.close();
    const { code, text } = await naruLog(path, 'verify');
    expect(code).toBe(1);
    expect(text).toContain('missing: 00000000001 to 00000000001\n');
    expect(text).toContain('damaged: 00000000003\n');
  });

  it('compacts it by age and by size', async () => {
    const path = folder();
    expect((await naruLog(path, 'compact', '--bytes', '100')).text).toMatch(
      /^\/ {2}[12] records? removed, [12] kept\n/,
    );
    expect((await naruLog(path, 'compact', '--bytes', '1')).text).toMatch(
      /, 0 kept\n\/chat {2}1 record removed, 0 kept\n$/,
    );
    expect((await naruLog(path, 'verify')).code).toBe(0);
  });

  it('says that a folder has no log, and makes none', async () => {
    await expect(naruLog('/nowhere')).rejects.toThrow(/there is no log in \/nowhere/);
  });
});
