import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { type Shown, startClient, treeOf } from './collected-spans.js';

const PROGRAM = fileURLToPath(new URL('programs/node.mjs', import.meta.url));

/** A process with a server. */
interface Node {
  readonly url: string;
  do<Result>(act: string): Promise<Result>;
}

function told<Result>(child: ChildProcess, act: string): Promise<Result> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the process has ended before "${act}"`)));
    child.on('message', (message: { act: string; result: Result }) => {
      if (message.act === act) resolve(message.result);
    });
  });
}

async function startNode(folder: string): Promise<Node> {
  const child = fork(PROGRAM, [folder], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const act = <Result>(name: string): Promise<Result> => {
    const done = told<Result>(child, name);
    child.send(name);
    return done;
  };
  onTestFinished(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.send('end');
    await ended;
  });
  return { url: `http://127.0.0.1:${await told<number>(child, 'begin')}`, do: act };
}

async function startCluster() {
  const folder = mkdtempSync(join(tmpdir(), 'naru-traces-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const nodes = [await startNode(folder), await startNode(folder)] as const;
  const clients = await Promise.all(nodes.map(({ url }) => startClient(url)));
  const spans = async (): Promise<Shown[]> =>
    (await Promise.all(nodes.map((node) => node.do<Shown[]>('spans')))).flat();
  return { nodes, clients, spans };
}

it('makes one tree of a broadcast with acknowledgements over two processes', async () => {
  const { nodes, clients, spans } = await startCluster();
  for (const client of clients) client.on('ask', (_text: string, answer: (text: string) => void) => answer('fine'));
  expect(await nodes[0].do('ask')).toEqual(['fine', 'fine']);
  const all = await spans();
  expect(treeOf(all)).toEqual(['root', ' send ask', '  acknowledge ask', '  deliver ask', '   acknowledge ask']);
  expect(JSON.stringify(all)).not.toContain('secret');
});

it('makes one tree of events through the log, and beside it', async () => {
  const { nodes, clients, spans } = await startCluster();
  const got = clients.map((client) =>
    Promise.all(['news', 'soon'].map((name) => new Promise((resolve) => client.on(name, resolve)))),
  );
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  await nodes[0].do('say');
  await Promise.all(got);
  expect(treeOf(await spans())).toEqual([
    ...['root', ' send news', '  append /', '  deliver news', '  deliver news'],
    ...[' send soon', '  deliver soon'],
  ]);
});
