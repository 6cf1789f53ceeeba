import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consumer, makeConsumer } from './package/consumer.js';

let project: Consumer;

beforeAll(() => {
  project = makeConsumer();
}, 60_000);
afterAll(() => project?.remove());

/** A round trip over a server and a client that were got in one way or another. */
const talk = `
function talk(Server, io) {
  const http = require('node:http').createServer();
  const server = new Server(http);
  server.on('connection', (socket) => socket.on('echo', (value, done) => done(value)));
  http.listen(0, async () => {
    const socket = io('http://localhost:' + http.address().port, { transports: ['websocket'] });
    console.log(JSON.stringify(await socket.timeout(20_000).emitWithAck('echo', { ferry: [1, '나루'] })));
    socket.close();
    await server.close();
  });
}
`;
const echoed = '{"ferry":[1,"나루"]}\n';

/** The files and folders that only one package has. */
const OWN_PARTS: Readonly<Record<string, readonly string[]>> = {
  naru: ['CHANGELOG.md', 'SECURITY.md'],
  '@naru/metrics': ['alerts', 'dashboard'],
};

describe('the package', () => {
  it('publishes what is built and what explains it, and nothing else', () => {
    for (const [name, files] of Object.entries(project.published)) {
      const folders = new Set(files.map((path) => path.replace(/\/.*/, '')));
      const own = OWN_PARTS[name] ?? [];
      expect([...folders].sort(), name).toEqual([...own, 'LICENSE', 'README.md', 'dist', 'package.json'].sort());
    }
    for (const name of [
      'naru.js',
      'naru.min.js',
      'naru.esm.min.js',
      'naru.websocket.min.js',
      'naru.websocket.esm.min.js',
      'naru.webtransport.min.js',
    ]) {
      expect(project.published.naru).toContain(`dist/client/${name}`);
      expect(project.published.naru).toContain(`dist/client/${name}.map`);
    }
  });

  it('can be imported', () => {
    const source = `import { createRequire } from 'node:module';
      import { Server } from 'naru';
      import { io } from 'naru/client';
      const require = createRequire(import.meta.url);
      ${talk}
      talk(Server, io);`;
    expect(project.run('talk.mjs', source)).toBe(echoed);
  });

  it('can be required', () => {
    expect(project.run('talk.cjs', `${talk} talk(require('naru').Server, require('naru/client').io);`)).toBe(echoed);
  });

  it('is a function when required, as older code has it', () => {
    const source = `${talk}
      const naru = require('naru');
      const Server = function (http) { return naru(http, { serveClient: false }); };
      talk(Server, require('naru/client'));`;
    expect(project.run('old.cjs', source)).toBe(echoed);
  });

  it('returns a Server from the call, with all names beside it', () => {
    const source = `
      const naru = require('naru');
      const io = require('naru/client');
      const server = naru();
      console.log(server instanceof naru.Server, typeof naru.Namespace, typeof naru.Socket);
      console.log(io === io.io, io === io.connect, io === io.default, typeof io.Manager, typeof io.Socket, io.protocol);`;
    expect(project.run('names.cjs', source)).toBe('true function function\ntrue true true function function 5\n');
  });

  it('exports the same names to import and to require', () => {
    const source = `
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      for (const entry of ['naru', 'naru/client', 'naru/client/websocket', 'naru/client/queue', 'naru/client/room', '@naru/udp/lane', 'naru/websocket', '@naru/net', 'naru/engine', '@naru/testing', 'naru/base', 'naru/protocol', 'naru/backplane', 'naru/wire', 'naru/client/wire']) {
        const names = (object) => Object.keys(object).filter((name) => name !== 'module.exports').sort().join(' ');
        console.log(entry, names(await import(entry)) === names(require(entry)) && 'same', (await import(entry)).default === undefined);
      }
      console.log(typeof require('naru/package.json').version);`;
    expect(project.run('same.mjs', source).split('\n')).toEqual([
      'naru same true',
      'naru/client same false',
      'naru/client/websocket same true',
      'naru/client/queue same true',
      'naru/client/room same true',
      '@naru/udp/lane same true',
      'naru/websocket same true',
      '@naru/net same true',
      'naru/engine same true',
      '@naru/testing same true',
      'naru/base same true',
      'naru/protocol same true',
      'naru/backplane same true',
      'naru/wire same true',
      'naru/client/wire same true',
      'string',
      '',
    ]);
  });

  it('has the same client names in browsers, and no node: module there', () => {
    const source = "import * as client from 'naru/client'; console.log(typeof client.default, typeof client.Manager);";
    expect(project.run('browser.mjs', source, ['-C', 'browser'])).toBe('function function\n');
    const where = "console.log(import.meta.resolve('naru/client'))";
    expect(project.run('where.mjs', where, ['-C', 'browser'])).toContain('dist/page/client.js');
    expect(project.run('where.mjs', where, ['-C', 'browser', '-C', 'development'])).toContain('client.browser.js');
    expect(project.run('where.mjs', where, ['-C', 'react-native'])).toContain('client.browser.js');
  });

  it('has the client and its classes on a default import, as older code has it', () => {
    const source = `import io from 'naru/client';
      import * as named from 'naru/client';
      console.log(io.io === io, io.connect === io, io.Manager === named.Manager, io.Socket === named.Socket);`;
    expect(project.run('default.mjs', source)).toBe('true true true true\n');
    expect(project.run('default.mjs', source, ['-C', 'browser'])).toBe('true true true true\n');
  });

  it('says where its types are to compilers that do not read its exports', () => {
    const manifest = JSON.parse(readFileSync(join(project.folder, 'node_modules/naru/package.json'), 'utf8')) as {
      exports: Record<string, object>;
      typesVersions: { '*': Record<string, [string]> };
    };
    const entries = Object.keys(manifest.exports).filter((entry) => !/^\.$|json$/.test(entry));
    expect(Object.keys(manifest.typesVersions['*']).map((entry) => `./${entry}`)).toEqual(entries);
    for (const [path] of Object.values(manifest.typesVersions['*'])) {
      expect(project.published.naru).toContain(path.replace('./', ''));
    }
  });

  it('loads the modules of Node that few servers use only when they are needed', () => {
    const source = `import 'naru';
      console.log(process.moduleLoadList.filter((name) => /NativeModule (https|tls|_tls_wrap|cluster|child_process|crypto|zlib|util.parse_args.*)$/.test(name)));`;
    expect(project.run('loaded.mjs', source)).toBe('[]\n');
  });

  it('lets nobody in by a side door', () => {
    const source = "import('naru/dist/esm/server/api/server.js').catch((error) => console.log(error.code));";
    expect(project.run('side.mjs', source)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });
});

// Each runs the compiler, which takes long on a busy machine.
describe('the types of the package', { timeout: 60_000 }, () => {
  const named = `import { Server, type ServerOptions, type Socket } from 'naru';
    import { io, Manager, type Socket as ClientSocket } from 'naru/client';
    import { indexedDbStore, offlineQueue } from 'naru/client/queue';
    import { history, type HistoryPage, presence, type RoomPresence } from 'naru/client/room';
    interface Up { say: (text: string, done: (length: number) => void) => void }
    interface Down { said: (text: string) => void }
    const options: Partial<ServerOptions> = { pingInterval: 1000 };
    export const server: Server<Up, Down> = new Server(3000, options);
    server.on('connection', (socket: Socket<Up, Down>) => socket.on('say', (text, done) => done(text.length)));
    export const socket: ClientSocket<Down, Up> = io('http://localhost:3000', { auth: { token: '1' } });
    export const manager: Manager = new Manager('http://localhost:3000');
    socket.on('said', (text) => text.length.toFixed());
    export const page: Promise<HistoryPage> = history(socket, 'lobby', { limit: 5 });
    export const here: RoomPresence<{ mood: string }> = presence(socket, 'lobby');
    here.on('join', ({ id, state }) => id + state.mood);
    io({ queue: offlineQueue({ store: indexedDbStore('x') }) });
  `;
  const defaulted = `import connect, { io } from 'naru/client';
    export const same: typeof io = connect;
  `;
  const required = `import naru = require('naru');
    import client = require('naru/client');
    export const server: naru.Server = naru(undefined, { path: '/x' });
    export const options: Partial<naru.ServerOptions> = {};
    export const socket: client.Socket = client('http://localhost:3000', { reconnection: false });
    export const again: client.Socket = client.io({ path: '/x' });
    export const manager: client.Manager = new client.Manager('http://localhost:3000');
    interface Up { say: (text: string) => void }
    const typed = client<{}, Up>('http://localhost:3000');
    typed.emit('say', 'x');
    naru<Up>(3000).on('connection', (socket) => socket.on('say', (text) => text.length));
  `;

  it('hold for Node, imported and required', () => {
    const files = { 'named.ts': named, 'defaulted.ts': defaulted, 'named.cts': named, 'required.cts': required };
    expect(project.check(files, ['--module', 'nodenext'])).toBe('');
  });

  it('hold for bundlers, in browsers too', () => {
    const files = { 'named.ts': named, 'defaulted.ts': defaulted };
    const flags = ['--module', 'esnext', '--moduleResolution', 'bundler'];
    expect(project.check(files, flags)).toBe('');
    expect(project.check(files, [...flags, '--customConditions', 'browser'])).toBe('');
  });

  it('complain about an event that is not declared', () => {
    const wrong = `${named} socket.emit('shout', 'x', () => {}); socket.emit('say', 5, () => {});`;
    const complaints = project.check({ 'wrong.ts': wrong }, ['--module', 'nodenext']);
    expect(complaints.match(/error TS/g)).toHaveLength(2);
  });
});
