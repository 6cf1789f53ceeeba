/**
 * Polls that reach a server which does not have their session. The servers have no addresses, so the home carries the
 * polls.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type LateNode, LateStage } from './late-nodes.js';

const SESSION_UNKNOWN = '400 {"code":1,"message":"Session ID unknown"}';

/** Sends a request to a server. Resolves with the status and the text of the answer, or with the error. */
function ask({ url, network }: LateNode, query: string, body?: string): Promise<string> {
  return new Promise((resolve) => {
    const method = body === undefined ? 'GET' : 'POST';
    const target = `${url}/socket.io/?EIO=4&transport=polling${query}`;
    const request = httpRequest(target, { method, agent: network.agent }, async (response: IncomingMessage) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve(`${response.statusCode} ${text}`);
    });
    request.on('error', ({ message }) => resolve(message));
    request.end(body);
  });
}

async function two() {
  const stage = new LateStage();
  const { clock } = stage;
  const [owner, other] = [await stage.node(), await stage.node()];
  /** Waits for an answer. */
  const get = async (answer: Promise<string>, waitMs = 500): Promise<string> => {
    await clock.advance(waitMs);
    return await Promise.race([answer, Promise.resolve('no answer')]);
  };
  /** Opens a session at the owner, whose client enters by way of the other server. */
  const open = async () => {
    const { sid } = JSON.parse((await get(ask(owner, ''))).slice('200 0'.length)) as { sid: string };
    const query = `&sid=${sid}`;
    expect(await get(ask(other, query, '40'))).toBe('200 ok');
    const answer = await get(ask(other, query));
    return { query, auth: { pid: (JSON.parse(answer.slice('200 40'.length)) as { pid: string }).pid } };
  };
  return { stage, clock, owner, other, get, open };
}

describe('a poll at the wrong server', () => {
  it('gets the events of its session, and brings those of the client', async () => {
    const { owner, other, get, open } = await two();
    const said: unknown[] = [];
    owner.io.on('connection', (socket) => socket.on('say', (text) => said.push(text)));
    const { query } = await open();
    const poll = ask(other, query);
    expect(await get(poll)).toBe('no answer');
    other.io.emit('x', 1);
    expect(await get(poll)).toMatch(/^200 42\["x",1,"\w{11}"\]$/);
    expect(await get(ask(other, query, '42["say","hi"]'))).toBe('200 ok');
    expect(said).toEqual(['hi']);
  });

  it('brings the last words of a client whose session has gone on at another server meanwhile', async () => {
    const { owner, other, get, open } = await two();
    const heard: unknown[] = [];
    owner.io.on('connection', (socket) => {
      socket.on('say', (text) => heard.push(text));
      socket.on('disconnect', (reason) => heard.push(reason));
    });
    const { query, auth } = await open();
    const poll = ask(other, query);
    const drained = owner.io.drain();
    expect(await get(poll, 200)).toBe('200 6\x1e1');
    const back = await other.enter(auth, 100);
    expect(back.answer?.pid).toBe(auth.pid);
    expect(await get(ask(other, query, '42["say","the last word"]'), 100)).toBe('200 ok');
    expect(heard).toEqual(['the last word']);
    await get(poll, 2_000);
    await drained;
    expect(heard).toEqual(['the last word', 'server shutting down']);
    expect(await get(other.io.fetchSockets().then((sockets) => `${sockets.length}`))).toBe('1');
  });

  it('gets the ping of its session', async () => {
    const { other, get, open } = await two();
    const { query } = await open();
    expect(await get(ask(other, query), 25_500)).toBe('200 2');
    expect(await get(ask(other, query, '3'))).toBe('200 ok');
  });

  it('is refused when the owner dies, at the latest when its lease has ended, and the client is recovered there', async () => {
    const { owner, other, get, open } = await two();
    const { query, auth } = await open();
    other.io.emit('seen');
    const first = await get(ask(other, query));
    const offset = /"(\w{11})"/.exec(first)?.[1] ?? '';
    const waiting = ask(other, query);
    expect(await get(waiting)).toBe('no answer');
    owner.kill();
    other.io.emit('x');
    // The home says at once that nobody hears the owner any more.
    expect(await get(ask(other, query))).toBe(SESSION_UNKNOWN);
    expect(await get(waiting, 12_000)).toBe(SESSION_UNKNOWN);
    const again = await other.enter({ ...auth, offset });
    expect([again.events, again.answer?.pid]).toEqual([['x'], auth.pid]);
  });

  it('is refused when the owner stands still, which ends the session then', async () => {
    const { owner, other, get, open, clock } = await two();
    const { query } = await open();
    const poll = ask(other, query);
    owner.pause();
    expect(await get(poll, 12_000)).toBe(SESSION_UNKNOWN);
    owner.resume();
    await clock.advance(60_000);
    expect(owner.io.engine.clientsCount).toBe(0);
  });

  it('is refused while the home is away, after the wait for an answer', async () => {
    const { other, get, open, stage } = await two();
    const { query } = await open();
    stage.home.stop();
    const poll = ask(other, query, '42["say"]');
    expect(await get(poll, 46_000)).toBe(SESSION_UNKNOWN);
  });
});
