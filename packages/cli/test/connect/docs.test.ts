import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../../../test/kit/folders.js';
import { build, startNaru } from '../../../../test/kit/programs/naru.js';
import { readArguments } from '../../src/arguments.js';
import { HISTORY_MAX } from '../../src/connect/prompt.js';
import { go, openServer } from './visits.js';

const page = readFileSync(fileURLToPath(new URL('../../../../docs/cli.md', import.meta.url)), 'utf8');
const chapter = page.slice(page.indexOf('## Connecting to a server'));
/** The block that has the usage of all commands. */
const usage = page.split('```').find((block) => block.includes('naru serve <app>')) ?? '';
const blocks = [...chapter.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);

beforeAll(build);

describe('docs/cli.md', () => {
  it('shows a visit exactly', async () => {
    const [app = '', session = ''] = blocks;
    const program = startNaru(['serve', `${makeFolder({ 'app.mjs': app })}/app.mjs`], { HOST: '127.0.0.1', PORT: '0' });
    const [, port] = await program.waitFor(/:(\d+)\/$/m);
    const [command = '', ...lines] = session.trimEnd().split('\n');
    const asked = readArguments(command.replace(/^\$ naru /, '').split(' '), {});
    if (asked.type !== 'connect') throw new TypeError(`this is no visit: ${command}`);
    const guest = go(asked.url.replace('localhost:3000', `127.0.0.1:${port}`));
    let shown = 0;
    for (const line of lines) {
      if (line.startsWith('> ')) guest.type(line.slice(2));
      else expect((await guest.see(/./)).replace(/^(\* connected:) \S+/, '$1 mHq0Yb2c5dVwV1nZAAAB')).toBe(line);
      shown += line.startsWith('> ') ? 0 : 1;
    }
    expect(await guest.ended).toBe(0);
    expect(guest.lines).toHaveLength(shown);
  });

  it('shows frames exactly', async () => {
    const [command, ...lines] = (blocks.find((text) => text.includes('--wire')) ?? '').trimEnd().split('\n');
    expect(command).toBe('$ naru connect tcp://localhost:4000 --wire');
    const guest = go((await openServer()).tcp, { showsWire: true });
    await guest.see(/^\* connected/);
    // The content of the braces belongs to Engine.IO and Socket.IO, and is tested there.
    const outline = (line: string) => line.replace(/\{.*\}/, '{}').replace(/connected: \S+/, 'connected');
    expect(guest.lines.map(outline)).toEqual(lines.map(outline));
  });

  it('names every option, and describes it correctly', () => {
    for (const name of ['--auth', '--transport', '--ca', '--insecure', '--wire']) {
      expect(chapter).toContain(`| \`${name}`);
      expect(usage).toContain(`[${name}`);
    }
    expect(chapter).toContain(`the newest ${HISTORY_MAX} lines`);
  });
});
