import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { SeededRandom } from '../../../../testing/src/seeded-random.js';
import { ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { TalkExchange } from '../../../src/backplane/talk/exchange.js';
import type { Timer } from '../../../src/base/clock.js';
import { TrafficCounts } from '../../../src/namespace/log/counts.js';
import { Questions } from '../../../src/namespace/remote/questions.js';
import { Remote } from '../../../src/namespace/remote/remote.js';
import { EVERYBODY } from '../../../src/namespace/rooms.js';
import type { AnswerHandler } from '../../../src/namespace/socket/far-sockets.js';

/** Nodes whose clients answer when the test says so. `pass` carries the records of the log to all of them. */
function build(clientCounts: readonly number[], arrivalMs = 0) {
  const clock = new FakeClock();
  let known: Promise<readonly string[]> | undefined;
  const talk = new TalkExchange(clock, new SeededRandom(1), {
    onJoin: () => undefined,
    onLeave: () => undefined,
    whenKnown: () => known,
  });
  const setKnown = (promise: typeof known): void => {
    known = promise;
  };
  const log: (readonly unknown[])[] = [];
  const nodes = clientCounts.map((count) => {
    let handler: AnswerHandler | undefined;
    let givenUp = 0;
    let caughtUp = (): Promise<void> => Promise.resolve();
    let hasDelivered = true;
    const remote: Remote = new Remote(talk, {
      counts: new TrafficCounts(),
      find: () => ({
        onMessage: (from, [name, ...args]) => questions.onMessage(from, name, args),
        onQuestion: (from, [, id, until]) => questions.onCount(from, id, until),
        onGone: (node) => questions.onGone(node),
      }),
      all: () => [
        { onMessage: () => undefined, onQuestion: () => undefined, onGone: (node) => questions.onGone(node) },
      ],
      onError: (error) => {
        throw error;
      },
    });
    const questions: Questions = new Questions(
      {
        name: '/',
        clock,
        remote,
        askInPlace: (_target, _data, asked) => {
          handler = asked;
          asked.onAsked(count);
          return () => {
            givenUp += 1;
          };
        },
        askedAt: () => ({ after: ZERO_OFFSET, patientUntil: clock.now() }),
        arrivalMs,
        catchUp: (until) => caughtUp().then(() => hasDelivered && until === ZERO_OFFSET),
        whenDelivered: (callback) => callback(),
      },
      (message) => log.push(message),
    );
    return {
      remote,
      questions,
      answer: (value: unknown) => handler?.onAnswer([value]),
      setCaughtUp: (wait: () => Promise<void>) => {
        caughtUp = wait;
      },
      setBehind: () => {
        hasDelivered = false;
      },
      get givenUp() {
        return givenUp;
      },
    };
  });
  const pass = async (): Promise<void> => {
    for (const [, node, , ...args] of log.splice(0))
      for (const each of nodes) if (each.remote.node !== node) each.questions.onTold(String(node), EVERYBODY, args);
    await clock.settle();
  };
  const [first, ...others] = nodes;
  if (!first) throw new TypeError('no node');
  const answers: unknown[] = [];
  let complete: readonly string[] | undefined;
  const ask = (timeoutMs?: number) =>
    first.questions.ask([[], [], true], ['q'], timeoutMs, {
      onAnswer: (answer) => answers.push(answer),
      onComplete: (missing) => {
        complete = missing;
      },
    });
  return { clock, first, others, pass, ask, answers, setKnown, completed: () => complete };
}

describe('Questions', () => {
  it('are complete when each client of each node has answered', async () => {
    const { others, pass, ask, answers, completed, clock } = build([0, 2, 1, 0]);
    ask(1_000);
    await pass();
    others[0]?.answer('a');
    others[1]?.answer('b');
    await clock.settle();
    expect([answers, completed()]).toEqual([['a', 'b'], undefined]);
    others[0]?.answer('c');
    await clock.settle();
    expect([answers, completed()]).toEqual([['a', 'b', 'c'], []]);
    expect(others.map(({ givenUp }) => givenUp)).toEqual([1, 1, 1]);
    expect(clock.timerCount).toBe(0);
  });

  it('wait until the processes that were there first are known, and name those that stay silent', async () => {
    const { others, pass, ask, answers, completed, setKnown, clock } = build([0, 1]);
    let know = (_silent: readonly string[]): void => undefined;
    setKnown(
      new Promise((resolve) => {
        know = resolve;
      }),
    );
    ask(1_000);
    await pass();
    others[0]?.answer('early');
    await clock.settle();
    expect([answers, completed()]).toEqual([['early'], undefined]);
    know(['silent']);
    await clock.settle();
    expect([answers, completed()]).toEqual([['early'], ['silent']]);
  });

  it('name a node that could not read as far as the question when it counted its clients', async () => {
    const { others, pass, ask, answers, completed, clock } = build([0, 2]);
    others[0]?.setBehind();
    ask(1_000);
    await clock.settle();
    expect(completed()).toEqual([others[0]?.remote.node]);
    await pass();
    others[0]?.answer('late');
    await clock.settle();
    expect(answers).toEqual([]);
  });

  it('wait for a question that comes after its count, for a second', async () => {
    const { first, others, pass, ask, answers, completed, clock } = build([0, 2, 0], 1_000);
    ask(5_000);
    await clock.settle();
    await pass();
    for (const value of ['a', 'b']) others[0]?.answer(value);
    await clock.settle();
    expect([answers, completed()]).toEqual([['a', 'b'], []]);
    // The next question reaches nobody.
    first.questions.ask([[], [], true], ['q'], 5_000, {
      onAnswer: () => undefined,
      onComplete: (them) => answers.push(them),
    });
    await clock.advance(999);
    expect(answers).toHaveLength(2);
    await clock.advance(1);
    expect(answers.slice(2)).toEqual([others.map(({ remote }) => remote.node)]);
    for (const { questions } of others) questions.close();
    await clock.advance(5_000);
    expect(clock.timerCount).toBe(0);
  });

  it('count answers that come before the node has said how many there will be', async () => {
    const { others, pass, ask, answers, completed, clock } = build([0, 1]);
    let go = (): void => undefined;
    others[0]?.setCaughtUp(
      () =>
        new Promise((resolve) => {
          go = resolve;
        }),
    );
    ask(1_000);
    await pass();
    others[0]?.answer('early');
    await clock.settle();
    expect([answers, completed()]).toEqual([['early'], undefined]);
    go();
    await clock.settle();
    expect([answers, completed()]).toEqual([['early'], []]);
    expect(clock.timerCount).toBe(0);
  });

  it('are over for a node that ends, which is named', async () => {
    const { others, pass, ask, answers, completed, clock } = build([0, 1, 1]);
    ask(1_000);
    await pass();
    others[0]?.answer('a');
    await clock.settle();
    const code = others[1]?.remote.node;
    others[1]?.remote.close();
    await clock.settle();
    expect([answers, completed()]).toEqual([['a'], [code]]);
  });

  it('end at both ends when the asker gives up; only nodes that said nothing are named', async () => {
    const { others, pass, ask, answers, clock } = build([0, 1, 1]);
    others[1]?.setCaughtUp(() => new Promise(() => undefined));
    const giveUp = ask(1_000);
    await pass();
    await clock.advance(999);
    expect(giveUp()).toEqual([others[1]?.remote.node]);
    await clock.advance(1);
    expect(others.map(({ givenUp }) => givenUp)).toEqual([1, 1]);
    others[0]?.answer('late');
    await clock.settle();
    expect([answers, clock.timerCount]).toEqual([[], 0]);
  });

  it('of a node that ends are given up', async () => {
    const { first, others, pass, ask, clock } = build([0, 1]);
    ask();
    await pass();
    first.remote.close();
    await clock.settle();
    expect(others[0]?.givenUp).toBe(1);
    ask();
    first.questions.close();
    expect([first.questions.isOpen, clock.timerCount]).toEqual([false, 0]);
  });

  it('without a timeout are forgotten after a day at both ends', async () => {
    const { first, others, pass, ask, completed, clock } = build([0, 1]);
    ask();
    await pass();
    const nodes = [first, ...others];
    expect(nodes.map(({ questions }) => questions.isOpen)).toEqual([true, true]);
    await clock.advance(24 * 60 * 60 * 1_000);
    expect(nodes.map(({ questions }) => questions.isOpen)).toEqual([false, false]);
    expect([completed(), clock.timerCount]).toEqual([undefined, 0]);
  });

  it('beyond a bound take the place of the oldest, whose timeout still names the silent nodes', () => {
    const { first, others, ask } = build([0, 1]);
    const oldest = ask();
    const giveUps = Array.from({ length: 10_000 }, () => ask());
    for (const giveUp of giveUps) giveUp();
    expect(first.questions.isOpen).toBe(false);
    expect(oldest()).toEqual([others[0]?.remote.node]);
  });

  it('do not keep the program alive', async () => {
    const { clock, pass, ask } = build([0, 1]);
    const isReferenced = new Set<object>();
    const set = clock.setTimeout.bind(clock);
    vi.spyOn(clock, 'setTimeout').mockImplementation((callback, ms, argument) => {
      const timer = { id: set(callback, ms, argument), unref: () => isReferenced.delete(timer) };
      isReferenced.add(timer);
      return timer as unknown as Timer;
    });
    vi.spyOn(clock, 'clearTimeout').mockImplementation((timer) => void isReferenced.delete(timer as object));
    ask();
    await pass();
    expect(isReferenced.size).toBe(0);
  });

  it('take no answers of nodes that were not asked, and no other messages', async () => {
    const { first, others, pass, ask, answers, clock } = build([0, 1]);
    ask(1_000);
    await pass();
    first.questions.onMessage('stranger', 'answer', [1, 'forged']);
    first.questions.onMessage(others[0]?.remote.node ?? '', 'other', [1, 'forged']);
    first.questions.onMessage(others[0]?.remote.node ?? '', 'answer', [99, 'forged']);
    expect(() => others[0]?.questions.onTold('x', EVERYBODY, [])).toThrow(expect.objectContaining({ code: 'REFUSED' }));
    await clock.settle();
    expect(answers).toEqual([]);
  });
});
