/**
 * A folder is copied while its server runs, and restored after the server has gone on. On every wire, clients that have
 * more than the copy are told so.
 */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client, type IMessage } from '@stomp/stompjs';
import { io as stockIo } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { runLog } from '../../../packages/cli/src/log.js';
import { io } from '../../../packages/naru/src/client/index.js';
import type { HistoryPage } from '../../../packages/naru/src/namespace/history/history.js';
import { atEnd, folder } from './server-child.js';
import { Phoenix } from './wires.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);
const NO_NEWS = 30_000;

interface Told {
  readonly numbers: number[];
  readonly gaps: unknown[];
}

/** A client that connects when told to, and does not reconnect by itself. */
class Guest {
  readonly told: Told = { numbers: [], gaps: [] };
  readonly #socket: ReturnType<typeof io>;
  readonly entries: boolean[] = [];

  constructor(connect: typeof io, port: number) {
    this.#socket = connect(`http://127.0.0.1:${port}`, {
      forceNew: true,
      autoConnect: false,
      reconnection: false,
      transports: ['websocket'],
    });
    this.#socket.on('n', (n: number) => this.told.numbers.push(n));
    this.#socket.on('naru:gap', (gap: unknown) => this.told.gaps.push(gap));
    this.#socket.on('connect', () => this.entries.push(this.#socket.recovered));
    atEnd(() => this.#socket.disconnect());
  }

  async come(): Promise<void> {
    const { length } = this.entries;
    this.#socket.connect();
    await expect.poll(() => this.entries.length, { timeout: NO_NEWS }).toBe(length + 1);
  }

  async enter(): Promise<void> {
    await this.#socket.emitWithAck('enter', 'lobby');
  }

  async leave(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#socket.once('disconnect', () => resolve()));
    this.#socket.io.engine.close();
    await gone;
  }

  async heard(count: number): Promise<void> {
    await expect.poll(() => this.told.numbers.length, { timeout: NO_NEWS }).toBe(count);
  }

  history(query: object): Promise<HistoryPage> {
    return this.#socket.emitWithAck('naru:history', 'lobby', query);
  }
}

/** Returns the events of a stream after an id, up to a number. `last` is the id of that event. */
async function stream({ ports }: Phoenix, lastEventId: string, until: number): Promise<Told & { last: string }> {
  const abort = new AbortController();
  const told = { numbers: [] as number[], gaps: [] as unknown[], last: '' };
  const headers = { accept: 'text/event-stream', 'last-event-id': lastEventId };
  const { body } = await fetch(`http://127.0.0.1:${ports.http}/events/lobby`, { headers, signal: abort.signal });
  let text = '';
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const parts = `${text}${chunk}`.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const data = /^data: ?(.+)$/m.exec(part)?.[1];
      if (/^event: ?naru:gap$/m.test(part)) told.gaps.push(data);
      else if (data !== undefined) told.numbers.push(JSON.parse(data)[0]);
      told.last = /^id: ?(.+)$/m.exec(part)?.[1] ?? told.last;
    }
    if (told.numbers.at(-1) === until) break;
  }
  abort.abort();
  return told;
}

/** Returns the messages of a STOMP subscription after an offset, up to a number. */
async function subscribe({ ports }: Phoenix, offset: string, until: number): Promise<Told> {
  const told: Told = { numbers: [], gaps: [] };
  const client = new Client({
    webSocketFactory: () => new WebSocket(`ws://127.0.0.1:${ports.http}/stomp`, ['v12.stomp']) as never,
    heartbeatIncoming: 0,
    heartbeatOutgoing: 0,
  });
  const take = ({ headers, body }: IMessage): void => {
    if (headers.event === 'naru:gap') told.gaps.push(body);
    else told.numbers.push(JSON.parse(body)[0]);
  };
  client.onConnect = () => client.subscribe('/topic/lobby', take, { offset });
  client.activate();
  await expect.poll(() => told.numbers.at(-1), { timeout: NO_NEWS }).toBe(until);
  await client.deactivate({ force: true });
  return told;
}

describe.each([
  ["Socket.IO's client", stockIo as unknown as typeof io],
  ['our client', io],
])('%s', (_name, connect) => {
  it('and other wires learn that they are ahead of a restored folder, long after that place, and nobody else does', {
    timeout: 240_000,
  }, async () => {
    const server = await Phoenix.start();
    const [early, ahead] = [new Guest(connect, server.ports.http), new Guest(connect, server.ports.http)];
    for (const guest of [early, ahead]) {
      await guest.come();
      await guest.enter();
    }
    await server.count(0, 10);
    for (const guest of [early, ahead]) await guest.heard(10);
    const keptEnd = (await early.history({ limit: 1 })).events[0]?.offset ?? '';
    await early.leave();
    await expect.poll(() => server.members(), { timeout: NO_NEWS }).toBe(1);

    const copy = join(folder(), 'copy');
    await runLog({ type: 'log', verb: 'copy', home: server.folder, target: copy }, () => undefined);
    await server.count(10, 20);
    await ahead.heard(20);
    const lostEnd = (await ahead.history({ limit: 1 })).events[0]?.offset ?? '';
    const streamed = await Promise.all([stream(server, keptEnd, 19), subscribe(server, keptEnd, 19)]);
    for (const { numbers, gaps } of streamed) expect([numbers, gaps]).toEqual([range(10, 20), []]);
    expect(streamed[0]?.last).toBe(lostEnd);

    await ahead.leave();
    await server.killAndRestart(() => {
      rmSync(server.folder, { recursive: true });
      cpSync(copy, server.folder, { recursive: true });
    });
    // More events than were lost, again from a new process.
    await server.count(100, 150);
    await server.killAndRestart();
    await server.count(150, 200);
    const since = range(100, 200);

    await early.come();
    await early.heard(110);
    expect(early.told).toEqual({ numbers: [...range(0, 10), ...since], gaps: [] });
    expect(early.entries).toEqual([false, true]);
    await ahead.come();
    await expect
      .poll(() => ahead.told.gaps, { timeout: NO_NEWS })
      .toEqual([{ after: lostEnd, before: expect.any(String) }]);
    expect(ahead.entries).toEqual([false, false]);

    for (const [after, isAhead] of [
      [keptEnd, false],
      [lostEnd, true],
    ] as const) {
      for (const told of await Promise.all([stream(server, after, 199), subscribe(server, after, 199)]))
        expect([told.numbers, told.gaps.length]).toEqual([since, isAhead ? 1 : 0]);
      const on = await early.history({ after, limit: 50 });
      expect([on.hasGap, on.events.map(({ args }) => args[0])]).toEqual([isAhead, range(100, 150)]);
      const back = await early.history({ before: after, limit: 3 });
      expect([back.hasGap, back.events.map(({ args }) => args[0])]).toEqual([
        isAhead,
        isAhead ? range(7, 10) : range(6, 9),
      ]);
    }

    // The client has started anew, and continues from there as usual.
    await ahead.enter();
    await server.count(200, 210);
    await ahead.heard(30);
    await ahead.leave();
    await server.count(210, 215);
    await server.killAndRestart();
    await server.count(215, 220);
    await ahead.come();
    await ahead.heard(40);
    expect(ahead.told.numbers).toEqual([...range(0, 20), ...range(200, 220)]);
    expect([ahead.entries, ahead.told.gaps.length]).toEqual([[false, false, true], 1]);
  });
});
