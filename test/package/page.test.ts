// needs: package
/** Pages that esbuild makes from the package's files for production, in a real browser. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Naru from '../../packages/naru/src/client/browser.js';
import type * as Queue from '../../packages/naru/src/client/queue/index.js';
import type * as Room from '../../packages/naru/src/client/room/index.js';
import { Server } from '../../packages/naru/src/entry/index.js';
import { inBrowserWith, isBrowserRunnable } from '../../packages/naru/test/client/bundle.js';
import type { StockServer } from '../../packages/naru/test/client/stock/server.js';
import { bundlePage } from '../../scripts/release/pages.mjs';
import { type Consumer, makeConsumer } from './consumer.js';

declare const naru: typeof Naru & typeof Queue & typeof Room;

let project: Consumer;
let server: Server;
let page: StockServer;

beforeAll(async () => {
  project = makeConsumer();
  const http = createServer();
  server = new Server(http, { connectionStateRecovery: {} });
  server.allow({ subscribe: true, history: true });
  server.on('connection', (socket) => {
    socket.on('echo', (value, answer) => answer(value));
    socket.on('later', (text) => setTimeout(() => server.emit('said', text), 50));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  page = { http, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` } as unknown as StockServer;
}, 120_000);
afterAll(async () => {
  page.http.closeAllConnections();
  await server.close();
  project.remove();
});

/** Bundles a page that has the names of these entries in the global `naru`. */
/** A page's files, and the names of those that it loads at once. */
type PageBundle = Awaited<ReturnType<typeof bundlePage>>;

async function pageWith(...entries: string[]): Promise<PageBundle> {
  const imports = entries.map((entry, index) => `import * as part${index} from '${entry}';`).join('');
  const parts = entries.map((_entry, index) => `...part${index}`).join(', ');
  return bundlePage(project.folder, `${imports} globalThis.naru = { ${parts} };`);
}

const load = ({ loaded }: PageBundle): string => `<script type="module" src="/${loaded[0]}"></script>`;

describe.skipIf(!isBrowserRunnable)('a page of the files for production', { timeout: 60_000 }, () => {
  it('connects over polling, moves to a WebSocket, and carries attachments', async () => {
    const bundle = await pageWith('naru/client');
    await inBrowserWith(page, bundle.files, load(bundle), async (tab) => {
      const seen = await tab.evaluate(async () => {
        const socket = naru.io();
        const first = socket.io.engine.transport.name;
        const moved = new Promise((resolve) => socket.io.engine.on('upgrade', resolve));
        const polled = await socket.emitWithAck('echo', new Uint8Array([1, 2]));
        await moved;
        const echo = await socket.emitWithAck('echo', { bytes: new Uint8Array([3]), blob: new Blob(['x']) });
        const bytes = [polled, echo.bytes, echo.blob].flatMap((each) => [...new Uint8Array(each)]);
        return [first, socket.io.engine.transport.name, bytes];
      });
      expect(seen).toEqual(['polling', 'websocket', [1, 2, 3, 120]]);
    });
  });

  it('stays with polling when the part that moves a session cannot be loaded', async () => {
    const bundle = await pageWith('naru/client');
    const files = new Map([...bundle.files].filter(([name]) => !name.startsWith('probe')));
    expect(files.size).toBe(bundle.files.size - 1);
    await inBrowserWith(page, files, load(bundle), async (tab) => {
      const seen = await tab.evaluate(async () => {
        const socket = naru.io();
        const error = await new Promise((resolve) => socket.io.engine.on('upgradeError', resolve));
        const echo = await socket.emitWithAck('echo', 1);
        return [error instanceof TypeError, socket.io.engine.transport.name, echo];
      });
      expect(seen).toEqual([true, 'polling', 1]);
    });
  });

  it('recovers what it missed, bounds what waits, and says codes instead of words', async () => {
    const bundle = await pageWith('naru/client');
    await inBrowserWith(page, bundle.files, load(bundle), async (tab) => {
      const seen = await tab.evaluate(async () => {
        const socket = naru.io({ reconnectionDelay: 300, bufferBytesMax: 100 });
        const heard: string[] = [];
        socket.on('said', (text) => heard.push(text));
        await new Promise<void>((resolve) => socket.once('connect', resolve));
        socket.emit('later', 'before');
        await new Promise((resolve) => socket.once('said', resolve));
        socket.emit('later', 'missed');
        await socket.emitWithAck('echo', 1);
        const back = new Promise<void>((resolve) => socket.once('connect', resolve));
        socket.io.engine.close();
        const errors: unknown[] = [];
        for (const data of ['a'.repeat(101), 1n]) {
          try {
            socket.emit('x', data);
          } catch (error) {
            const { name, code, message } = error as Error & { code: string };
            errors.push([name, code, message]);
          }
        }
        await back;
        await socket.emitWithAck('echo', 1);
        return [socket.recovered, heard, errors];
      });
      expect(seen).toEqual([
        true,
        ['before', 'missed'],
        [
          ['UnavailableError', 'DISCONNECTED', 'bufferBytesMax'],
          ['ConfigError', 'NOT_ENCODABLE', 'NOT_ENCODABLE'],
        ],
      ]);
    });
  });

  it('sends from a queue and reads the history, with one copy of what the entries share', async () => {
    for (const client of ['naru/client', 'naru/client/websocket']) {
      const bundle = await pageWith(client, 'naru/client/queue', 'naru/client/room', '@naru/udp/lane');
      const code = [...bundle.loaded].map((name) => bundle.files.get(name)).join('');
      for (const once of ['UnavailableError', 'NOT_ENCODABLE', '_placeholder:']) {
        expect([once, code.split(once).length - 1 > 1]).toEqual([once, false]);
      }
      await inBrowserWith(page, bundle.files, load(bundle), async (tab) => {
        const seen = await tab.evaluate(async () => {
          const socket = naru.io({ queue: naru.offlineQueue() });
          const echo = await socket.emitWithAck('echo', 'queued');
          await socket.subscribe('lobby');
          const { events } = await naru.history(socket, 'lobby');
          return [echo, Array.isArray(events)];
        });
        expect(seen).toEqual(['queued', true]);
      });
    }
  });

  it('connects when the page requires the client', async () => {
    const source = "const io = require('naru/client'); globalThis.naru = { io };";
    const bundle = await bundlePage(project.folder, source);
    await inBrowserWith(page, bundle.files, load(bundle), async (tab) => {
      expect(await tab.evaluate(() => naru.io().emitWithAck('echo', 'required'))).toBe('required');
    });
  });

  it('connects with a WebSocket only', async () => {
    const bundle = await pageWith('naru/client/websocket');
    expect([...bundle.files.values()].join('')).not.toMatch(/XMLHttpRequest|EventSource/);
    await inBrowserWith(page, bundle.files, load(bundle), async (tab) => {
      const seen = await tab.evaluate(async () => {
        const socket = naru.io();
        const echo = await socket.emitWithAck('echo', new Uint8Array([5]));
        return [socket.io.engine.transport.name, [...new Uint8Array(echo)]];
      });
      expect(seen).toEqual(['websocket', [5]]);
    });
  });
});
