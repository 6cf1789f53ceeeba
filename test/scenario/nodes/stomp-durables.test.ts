import type { Client, IMessage } from '@stomp/stompjs';
import { expect, it } from 'vitest';
import { type Node, standStill, startNodes } from './nodes.js';
import { done, openStomp } from './stomp.js';

const HEADERS = { durable: 'a name that nobody guesses', ack: 'client-individual', 'prefetch-count': '20' };
const WAIT = { timeout: 30_000 };

/** A subscriber that acknowledges each message, and knows which of its acknowledgements the server has confirmed. */
class Subscriber {
  readonly numbers: number[] = [];
  readonly confirmed: number[] = [];
  /** The code of the ERROR with which the server closed the connection. */
  code: string | undefined;
  readonly client: Client;

  private constructor(client: Client) {
    this.client = client;
    client.onStompError = ({ headers }) => {
      this.code = headers.code;
    };
  }

  static async open(node: Node): Promise<Subscriber> {
    return new Subscriber(await openStomp(node));
  }

  subscribe(): Promise<void> {
    return done(this.client, (headers) =>
      this.client.subscribe('/topic/lobby', (message) => this.#take(message), { ...HEADERS, ...headers }),
    );
  }

  #take(message: IMessage): void {
    const [number] = JSON.parse(message.body) as [number];
    this.numbers.push(number);
    void done(this.client, (headers) => message.ack(headers)).then(() => this.confirmed.push(number));
  }

  /** Waits for more messages. */
  async hear(count: number): Promise<void> {
    const { length } = this.numbers;
    await expect.poll(() => this.numbers.length, WAIT).toBeGreaterThanOrEqual(length + count);
  }

  async refused(): Promise<void> {
    await expect.poll(() => this.code, WAIT).toBe('STOMP_REFUSED');
  }
}

/** Emits numbers from a process until the function that this returns is called, which returns their count. */
async function emitNumbers(node: Node): Promise<() => Promise<number>> {
  await node.run(`
    globalThis.count = 0;
    globalThis.timer = setInterval(() => {
      for (let each = 0; each < 3; each += 1) io.to('lobby').emit('n', globalThis.count++);
    }, 5);`);
  return async () => {
    const { value } = await node.run('clearInterval(globalThis.timer); return globalThis.count;');
    return value as number;
  };
}

/** Expects that the subscribers together got every number, and none that an earlier one had acknowledged. */
async function expectNoneLost(count: number, subscribers: readonly Subscriber[]): Promise<void> {
  const got = (): number => new Set(subscribers.flatMap(({ numbers }) => numbers)).size;
  await expect.poll(got, WAIT).toBe(count);
  const confirmed = new Set<number>();
  for (const { numbers, confirmed: own } of subscribers) {
    expect(numbers.filter((number) => confirmed.has(number))).toEqual([]);
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const number of own) confirmed.add(number);
  }
}

it('moves between processes under traffic, and goes on at once when its process is killed', async () => {
  const nodes = await startNodes(['a', 'b', 'c'], 1);
  const [a, b, c] = nodes as [Node, Node, Node];
  const one = await Subscriber.open(a);
  await one.subscribe();
  const stop = await emitNumbers(c);
  await one.hear(200);
  const two = await Subscriber.open(b);
  await two.subscribe();
  await one.refused();
  await two.hear(200);
  const three = await Subscriber.open(a);
  b.child.kill('SIGKILL');
  await three.subscribe();
  await three.hear(200);
  const four = await Subscriber.open(c);
  await four.subscribe();
  await three.refused();
  await four.hear(200);
  await expectNoneLost(await stop(), [one, two, three, four]);
}, 90_000);

it('goes to one of two clients that subscribe at the same moment at two processes', async () => {
  const nodes = await startNodes(['a', 'b', 'c'], 1);
  const [a, b, c] = nodes as [Node, Node, Node];
  const first = await Subscriber.open(c);
  await first.subscribe();
  const stop = await emitNumbers(c);
  const all = [first];
  for (let round = 0; round < 5; round += 1) {
    const both = [await Subscriber.open(a), await Subscriber.open(b)];
    void Promise.all(both.map((subscriber) => subscriber.subscribe()));
    await all.at(-1)?.refused();
    await expect.poll(() => both.filter(({ code }) => code === 'STOMP_REFUSED').length, WAIT).toBe(1);
    const [winner] = both.filter(({ code }) => code === undefined) as [Subscriber];
    const [loser] = both.filter(({ code }) => code !== undefined) as [Subscriber];
    await winner.hear(50);
    all.push(loser, winner);
  }
  await expectNoneLost(await stop(), all);
}, 90_000);

it('tells the client of a process that stood still that another has taken its place', async () => {
  const nodes = await startNodes(['a', 'b', 'c'], 1);
  const [a, b, c] = nodes as [Node, Node, Node];
  const one = await Subscriber.open(a);
  await one.subscribe();
  const stop = await emitNumbers(c);
  await one.hear(50);
  await standStill(a, c);
  const two = await Subscriber.open(b);
  await two.subscribe();
  await two.hear(200);
  a.child.kill('SIGCONT');
  await one.refused();
  await two.hear(50);
  await expectNoneLost(await stop(), [one, two]);
}, 90_000);
