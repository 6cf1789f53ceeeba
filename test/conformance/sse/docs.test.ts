/** Runs the commands of docs/sse.md as they are printed there. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Server } from '../../../packages/naru/src/server/api/index.js';
import { readText } from '../../tidy/source.js';
import { CURL, describeWith, run, start } from '../events/programs.js';

const text = readText('docs/sse.md');

describeWith(CURL, 'docs/sse.md', () => {
  it('has the output of curl', async () => {
    const http = createServer();
    const io = new Server(http);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => io.close());
    const [read = '', post = ''] = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1]?.trim());
    const at = (line: string): string =>
      line.replace('localhost:3000', `127.0.0.1:${(http.address() as AddressInfo).port}`).replace('curl ', 'curl -s ');
    const { said } = start('/bin/sh', ['-c', `exec ${at(read)}`]);
    await expect.poll(said).toMatch(/\n\n$/);
    await expect.poll(said).toContain('"sid"');
    const sid = /"sid":"([^"]+)"/.exec(said())?.[1] ?? '';
    const shown = /"sid":"([^"]+)"/.exec(text)?.[1] ?? '';
    expect(text).toContain(said().replace(sid, shown));
    expect(await run('/bin/sh', ['-c', at(post).replace(shown, sid)])).toBe('ok');
    await expect.poll(said).toMatch(/\ndata: 40\{"sid":"[^"]+"\}\n\n$/);
  });
});
