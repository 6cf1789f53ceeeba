/** A node that is killed without a word, and the list of nodes. Its leases end in real time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { local } from '../../../packages/local/src/local-backplane.js';
import type { Backplane } from '../../../packages/naru/src/backplane/backplane.js';
import { Server } from '../../../packages/naru/src/entry/index.js';
import { nats } from '../../../packages/nats/src/nats.js';
import { redis } from '../../../packages/redis/src/redis.js';
import { Broker, whyNoBroker } from '../../kit/brokers/broker.mjs';
import { makeFolder } from '../../kit/folders.js';
import { build, startProgram } from '../../kit/programs/naru.js';

const entryOf = (name: string): URL => new URL(`../../../packages/${name}/dist/esm/entry/index.js`, import.meta.url);
/** The documents promise eight seconds. */
const PROMISED_MS = 8_000;

beforeAll(build);

/** Starts a server in a process of its own, and returns the function that kills it. */
async function startNode(kind: string, home: string): Promise<{ code: string; kill(): Promise<unknown> }> {
  const source = `import { Server } from '${entryOf('naru')}';
    import { ${kind} } from '${entryOf(kind)}';
    const io = new Server(0, { backplane: ${kind}('${home}') });
    await io.ready();
    while (!(await io.fetchNodes()).some(({ code }) => code !== io.node)) await new Promise((done) => setTimeout(done, 20));
    console.log('node ' + io.node);`;
  const program = startProgram([join(makeFolder({ 'node.mjs': source }), 'node.mjs')]);
  const [, code = ''] = await program.waitFor(/^node (\S+)$/m);
  const kill = (): Promise<unknown> => {
    program.child.kill('SIGKILL');
    return program.ended;
  };
  return { code, kill };
}

/** Kills a node, and looks at the list of nodes until the time is over. */
async function expectGone(kind: string, home: string, backplane: Backplane): Promise<void> {
  const io = new Server({ backplane });
  onTestFinished(async () => {
    await io.close();
    await backplane.close();
  });
  const { code, kill } = await startNode(kind, home);
  const codes = async (): Promise<readonly string[]> => (await io.fetchNodes()).map((node) => node.code);
  await expect.poll(codes, { timeout: 10_000 }).toContain(code);
  await kill();
  await expect.poll(codes, { timeout: PROMISED_MS, interval: 100 }).toEqual([io.node]);
}

describe.each(['redis', 'nats'] as const)('a killed node on %s', (kind) => {
  const missing = whyNoBroker(kind);
  if (missing !== undefined) console.warn(`SKIPPED: a killed node on ${kind}. ${missing}`);
  const folder = mkdtempSync(join(tmpdir(), `naru-${kind}-`));
  const broker = new Broker(kind, folder);

  beforeAll(() => (missing === undefined ? broker.start() : undefined));
  afterAll(async () => {
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it.skipIf(missing !== undefined)('is not listed after eight seconds', async () => {
    await expectGone(kind, broker.url, kind === 'redis' ? redis(broker.url) : nats(broker.url));
  });
});

describe('a killed node on a folder', () => {
  it('is not listed after eight seconds', async () => {
    const home = join(makeFolder({}), 'log');
    await expectGone('local', home, local(home));
  });
});
