/** A server takes a session while the client of the session is at another one. */
import { describe, expect, it, vi } from 'vitest';
import { type LateNode, LateStage } from './late-nodes.js';

describe('a server that takes a session', () => {
  it('leaves it alone if its client has gone while the server could not reach the home', async () => {
    const { clock, first, second, client } = await build();
    second.part.line.cut(3_000);
    const late = await second.enter(client.auth, 1_000);
    late.cut();
    await clock.advance(5_000);
    client.raw.send(enter(1));
    await clock.advance(500);
    first.io.to('r').emit('seen');
    await clock.advance(500);
    expect([client.raw.ended, client.events]).toEqual([undefined, ['joined', 'seen']]);
  });

  it('runs a listener again whose room was refused by the home, because the session was taken before', async () => {
    const { clock, first, second, client, entered } = await build({ pushMs: [600, 600] });
    const again = await second.enter(client.auth, 100);
    expect(again.answer?.pid).toBe(client.auth.pid);
    client.raw.send(enter(1));
    await clock.advance(300);
    expect([client.raw.ended !== undefined, client.raw.texts.some((text) => text.startsWith('431'))]).toEqual([
      true,
      false,
    ]);
    again.raw.send(enter(2));
    await clock.advance(2_000);
    expect(again.raw.texts.some((text) => text.startsWith('432'))).toBe(true);
    first.io.to('r').emit('seen');
    await clock.advance(2_000);
    expect(again.events.at(-1)).toBe('seen');
    expect(entered).toEqual([first, second]);
  });

  it('keeps the answer of a listener that has changed no room', async () => {
    const { clock, first, second, client, said } = await build({ pushMs: [600, 600] });
    const again = await second.enter(client.auth, 100);
    client.raw.send(say(2));
    await clock.advance(5);
    // The home refuses the session with the new room, because the other server has taken it.
    for (const socket of first.io.sockets.sockets.values()) socket.join('r');
    await clock.advance(1_000);
    again.raw.send(say(3));
    await clock.advance(2_000);
    expect([said.length, again.raw.texts.some((text) => text.startsWith('433'))]).toEqual([1, true]);
  });

  it('writes the answer to an event after the session in which its listener has joined a room', async () => {
    const { clock, home, client } = await build({}, false);
    const carryOut = vi.spyOn(home, 'carryOut');
    client.raw.send(enter(1));
    await clock.advance(500);
    const swaps = carryOut.mock.calls.flatMap(([{ method, args }]) =>
      method === 'swap' ? [JSON.stringify(args)] : [],
    );
    // The claim of the event comes first.
    expect(swaps.map((args) => /"(once|session) /.exec(args)?.[1])).toEqual(['once', 'session', 'once']);
  });
});

describe('a client that was disconnected by a server', () => {
  it('has no session at its former server either, which had not noticed that the client was gone', async () => {
    const { clock, first, second, client } = await build();
    client.raw.link?.hold();
    second.io.on('connection', (socket) => socket.disconnect());
    const there = await second.enter(client.auth, 1_000);
    expect([there.answer?.pid, first.io.sockets.sockets.size]).toEqual([client.auth.pid, 0]);
    client.cut();
    await clock.advance(1_000);
    const again = await first.enter(client.auth);
    expect(again.answer?.pid).toEqual(expect.not.stringMatching(client.auth.pid));
  });

  it('is told of the gap again if its first connection broke before it heard of it', async () => {
    const { clock, first, second, client } = await build();
    first.io.emit('seen');
    await clock.advance(500);
    const { auth } = client;
    first.io.disconnectSockets();
    await clock.advance(500);
    first.io.emit('missed');
    await clock.advance(500);
    const anew = await second.enter(auth);
    anew.cut();
    await clock.advance(500);
    // The client has the answer to CONNECT, and nothing after it.
    const named = { pid: anew.auth.pid, ...(auth.offset !== undefined && { offset: auth.offset }) };
    const again = await first.enter(named);
    expect([again.answer?.pid, again.events]).toEqual([named.pid, ['naru:gap']]);
    again.cut();
    first.io.emit('new');
    await clock.advance(500);
    const third = await second.enter(named);
    expect(third.events).toEqual(['naru:gap', 'new']);
    third.cut();
    const last = await first.enter(third.auth);
    expect([last.answer?.pid, last.events]).toEqual([named.pid, []]);
  });
});

/**
 * Two servers whose clients enter a room by an event with a key, and a client of the first. `says` is whether the
 * listener emits an event, too.
 */
async function build(options = {}, says = true) {
  const stage = new LateStage(options);
  const { clock, home } = stage;
  const said: string[] = [];
  const entered: LateNode[] = [];
  const [first, second] = [await stage.node(), await stage.node()] as [LateNode, LateNode];
  for (const node of [first, second]) {
    const { io } = node;
    io.on('connection', (socket) => {
      socket.on('say', (ack: () => void) => {
        said.push(socket.id);
        ack();
      });
      socket.on('enter', (ack: () => void) => {
        entered.push(node);
        socket.join('r');
        if (says) io.to('r').emit('joined');
        ack();
      });
    });
  }
  const client = await first.enter(undefined, 2_000);
  return { clock, home, first, second, client, said, entered };
}

function enter(ack: number): string {
  return `42${ack}["naru:once","0123456789abcdef0123456789abcdef","enter"]`;
}

function say(ack: number): string {
  return `42${ack}["naru:once","fedcba9876543210fedcba9876543210","say"]`;
}
