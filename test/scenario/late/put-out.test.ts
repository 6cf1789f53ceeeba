/** Servers disconnect clients of another server that read slowly. */
import { describe, expect, it } from 'vitest';
import { type LateNode, LateStage } from './late-nodes.js';

/** The events that a client missed while it did not read. */
const MISSED = Array.from({ length: 20 }, (_, at) => `e${at}`);

describe('a client that reads late when another server disconnects it', () => {
  it('gets what was sent before, and nothing that was sent after that', async () => {
    for (const close of [false, true]) {
      const { clock, one, other, client } = await build();
      other.io.emit('last');
      other.io.disconnectSockets(close);
      other.io.emit('never');
      await clock.advance(300);
      one.io.emit('never');
      one.io.local.emit('never');
      client.raw.link?.release();
      await clock.advance(300);
      expect(client.events).toEqual(['seen', ...MISSED, 'last']);
      expect([client.raw.texts.includes('41'), client.raw.ended !== undefined]).toEqual([true, close]);
      expect(one.io.sockets.sockets.size).toBe(0);
    }
  });

  it('is told of a gap, and disconnected, if it does not read for a second', async () => {
    const { clock, one, other, client } = await build();
    other.io.emit('last');
    other.io.disconnectSockets();
    await clock.advance(2_000);
    expect(one.io.sockets.sockets.size).toBe(0);
    client.raw.link?.release();
    await clock.advance(500);
    expect([client.events.at(-1), client.raw.texts.at(-1)]).toEqual(['naru:gap', '41']);
  });

  it('cannot come back elsewhere if its server is killed while the client has time to read', async () => {
    const { clock, one, other, client } = await build();
    other.io.disconnectSockets();
    await clock.advance(100);
    for (const socket of one.io.sockets.sockets.values()) void socket.join('r');
    await clock.advance(300);
    const { auth } = client;
    one.kill();
    await clock.advance(500);
    const again = await other.enter(auth);
    expect([again.events, again.answer?.pid === auth.pid]).toEqual([['naru:gap'], false]);
  });

  it('says nothing more, and cannot come back if its connection breaks before it has read', async () => {
    const { clock, one, other, client } = await build();
    const said: string[] = [];
    for (const socket of one.io.sockets.sockets.values()) socket.on('say', (text: string) => said.push(text));
    other.io.disconnectSockets();
    await clock.advance(100);
    client.raw.send('42["say","too late"]');
    await clock.advance(100);
    const { auth } = client;
    client.cut();
    await clock.advance(500);
    const again = await one.enter(auth);
    expect([said, again.events, again.answer?.pid === auth.pid]).toEqual([[], ['naru:gap'], false]);
  });
});

it('tells a client that its server disconnects of what the log has dropped before that', async () => {
  const stage = new LateStage({ bytes: 50_000 });
  const [one, other] = [await stage.node(), await stage.node()];
  const client = await one.enter();
  one.part.line.cut(3_000);
  for (const name of MISSED) other.io.emit(name, 'x'.repeat(20_000));
  await stage.clock.advance(2_900);
  one.io.emit('own');
  for (const socket of one.io.sockets.sockets.values()) socket.disconnect();
  await stage.clock.advance(10_000);
  expect([client.events, client.raw.texts.at(-1)]).toEqual([['naru:gap', 'e19', 'own'], '41']);
});

it('sends a local event neither to a client that middleware puts out nor to one whose own end leads to it', async () => {
  const stage = new LateStage();
  const one = await stage.node();
  const leaving = await one.enter();
  one.io.use((socket, next) => {
    one.io.emit('before');
    one.io.local.emit('local');
    socket.disconnect();
    next();
  });
  one.io.to('elsewhere').emit('on its way');
  const refused = await one.enter();
  expect(refused.events).toEqual([]);
  expect(refused.raw.texts.filter((text) => text.startsWith('4'))).toEqual(['41']);
  const socket = one.io.sockets.sockets.get(leaving.answer?.sid ?? '');
  for (const name of ['disconnecting', 'disconnect'] as const)
    socket?.on(name, () => {
      one.io.emit('after');
      one.io.local.emit('after');
    });
  const before = leaving.events.length;
  one.io.emit('last');
  socket?.disconnect();
  await stage.clock.advance(1_000);
  expect(leaving.events.slice(before)).toEqual(['last']);
  expect(leaving.raw.texts.at(-1)).toBe('41');
});

/**
 * Two servers, and a client of the first that has stopped to read. More waits for it than its server keeps in memory.
 */
async function build() {
  const stage = new LateStage();
  const options = { lateBytesMax: 2_000 };
  const [one, other] = [await stage.node(options), await stage.node(options)] as [LateNode, LateNode];
  const client = await one.enter();
  other.io.emit('seen');
  await stage.clock.advance(500);
  client.raw.link?.hold('down');
  for (const name of MISSED) other.io.emit(name, 'x'.repeat(20_000));
  await stage.clock.advance(500);
  return { clock: stage.clock, one, other, client };
}
