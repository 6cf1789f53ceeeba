/** Runs the commands of docs/events.md as they are printed there. */
import { expect, it } from 'vitest';
import { nextSocket, openStage } from '../../kit/clients/plain-events.js';
import { lineAt, readText } from '../../tidy/source.js';
import { CURL, describeWith, run, start } from './programs.js';

const text = readText('docs/events.md');
const lines = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(
  (match) => [`line ${lineAt(text, match.index)}`, (match[1] ?? '').trim()] as const,
);

describeWith(CURL, 'docs/events.md', () => {
  it('has commands of both kinds', () => {
    expect(lines.filter(([, line]) => line.includes(' -N '))).toHaveLength(2);
    expect(lines.length).toBeGreaterThan(5);
  });

  it.each(lines)('%s does as documented', async (_where, line) => {
    const { io, port } = await openStage();
    const typed = line.replace('localhost:3000', `127.0.0.1:${port}`);
    if (!typed.includes(' -N ')) {
      expect(await run('/bin/sh', ['-c', typed.replace('curl ', 'curl -s ')])).toBe('{"published":1}\n');
      return;
    }
    const entered = nextSocket(io);
    const { said } = start('/bin/sh', ['-c', `exec ${typed.replace('curl ', 'curl -s ')}`]);
    await entered;
    io.to('lobby').emit('say', { text: 'hello from curl' });
    await expect.poll(said).toMatch(/\[\{"text":"hello from curl"\}\]/);
    const sample = said().trim().split('\n').at(-1) ?? '';
    expect(text).toContain(sample);
  });
});
