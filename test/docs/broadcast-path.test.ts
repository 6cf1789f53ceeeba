import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Server } from '../../packages/naru/src/server/api/server.js';
import { redis } from '../../packages/redis/src/redis.js';
import { startRedis, whyNoRedis } from '../../packages/redis/test/servers-and-uplinks.js';
import { fillTable } from '../../scripts/docs/tables.mjs';
import { root } from '../tidy/source.js';
import { notePath } from './broadcast-path.js';

/** The most files on the way, and how often the event comes back to one of them. Lower them when there are fewer. */
const FILES_MAX = 22;
const RETURNS_MAX = 7;

const MARK = 'through-every-file';
const document = join(root, 'ARCHITECTURE.md');
const HEADS = ['emit', 'the turn ends', 'the other node gets the push of Redis', 'the turn ends there'];
/** Characters of a line in the document. */
const LINE_MAX = 120;

/** Starts a server, and returns its port. */
async function startNode(url: string) {
  const http = createServer();
  const backplane = redis(url);
  const io = new Server(http, { connectionStateRecovery: {}, backplane });
  onTestFinished(() => io.close());
  await once(http.listen(0, '127.0.0.1'), 'listening');
  return { io, backplane, port: (http.address() as AddressInfo).port };
}

/** Emits an event on one node, and returns the files that it visits on its way to a WebSocket of another node. */
async function walk(): Promise<string[][]> {
  const { url } = await startRedis();
  const [one, two] = [await startNode(url), await startNode(url)];
  two.io.on('connection', (socket) => void socket.join('room'));
  const client = new WebSocket(`ws://127.0.0.1:${two.port}/socket.io/?EIO=4&transport=websocket`);
  onTestFinished(() => client.terminate());
  const messages: string[] = [];
  client.on('message', (data) => messages.push(String(data)));
  await once(client, 'open');
  client.send('40');
  await expect
    .poll(() => {
      one.io.to('room').emit('begin');
      return messages.some((message) => message.startsWith('42["begin"'));
    })
    .toBe(true);
  // At its start, a node sends events by talk, too, until it knows that nobody needs that.
  await expect.poll(() => one.backplane.talk.hasCarriers, { timeout: 10_000 }).toBe(false);
  await one.io.fetchSockets();
  const path = notePath(MARK);
  one.io.to('room').emit(MARK);
  await expect.poll(() => messages.filter((message) => message.includes(MARK))).toHaveLength(1);
  vi.restoreAllMocks();
  return path;
}

/**
 * Counts the files of a path, and how often it comes back to one of them. A run that begins where the last one ended
 * does not come back.
 */
function count(path: readonly string[][]): { files: number; returns: number } {
  const visits = path.flat().filter((file, index, all) => file !== all[index - 1]);
  const files = new Set(visits).size;
  return { files, returns: visits.length - files };
}

/** Writes a path for the document. A later visit of a file has its name alone. */
function write(path: readonly string[][]): string {
  const seen = new Set<string>();
  const lines = path.flatMap((run, index) => {
    const names = run.map((file) => {
      const name = seen.has(file) ? file.slice(file.lastIndexOf('/') + 1) : file;
      seen.add(file);
      return name;
    });
    return [`${HEADS[index]}:`, ...wrap(names.join(', '))];
  });
  const { files, returns } = count(path);
  const sum = `The event visits ${files} files, and comes back to one of them ${returns} times.`;
  return ['```text', ...lines, '```', '', sum].join('\n');
}

/** Breaks a text into lines. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + word.length >= LINE_MAX) lines.push(`  ${word}`);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

describe.skipIf(whyNoRedis)('the way of a broadcast through Redis', () => {
  it('is as ARCHITECTURE.md shows it (otherwise run: npm run docs), and gets no longer', async () => {
    const path = await walk();
    const { files, returns } = count(path);
    expect(files).toBeLessThanOrEqual(FILES_MAX);
    expect(returns).toBeLessThanOrEqual(RETURNS_MAX);
    const read = (): string => readFileSync(document, 'utf8');
    const written = read();
    const made = fillTable(written, 'broadcast-path', write(path));
    if (process.env.NARU_WRITE_DOCS && written !== made) writeFileSync(document, made);
    expect(read()).toBe(made);
  });
});
