import { describe, expect, it } from 'vitest';
import type { FarNodes } from '../../../src/namespace/remote/bridge.js';
import { askAll, fetchFromAll, joinListeners } from '../../../src/namespace/remote/far-nodes.js';
import type { FarAnswerHandler } from '../../../src/namespace/remote/questions.js';
import { EVERYBODY } from '../../../src/namespace/rooms.js';
import type { AnswerHandler } from '../../../src/namespace/socket/far-sockets.js';

/** A group of nodes, and the question that it got. */
function group(name: string, more: Partial<FarNodes> = {}) {
  const asked: FarAnswerHandler[] = [];
  const nodes: FarNodes = {
    act: () => undefined,
    ask: (_target, _data, handler) => {
      asked.push(handler);
      return () => [name];
    },
    fetch: async () => ({ found: [{ id: name } as never], missing: [`${name} is silent`] }),
    emit: () => undefined,
    emitWithAck: async () => [name],
    ...more,
  };
  return { nodes, handler: () => asked[0] as FarAnswerHandler };
}

describe('several groups of nodes', () => {
  it('are asked together, and the count is that of all', () => {
    const [one, other] = [group('one'), group('other')];
    const got: unknown[] = [];
    let here: AnswerHandler | undefined;
    const handler: AnswerHandler = { onAsked: (...args) => got.push(args), onAnswer: (args) => got.push(args) };
    const giveUp = askAll([one.nodes, other.nodes], EVERYBODY, ['name'], handler, (given) => {
      here = given;
      return () => [];
    });
    one.handler().onAnswer(1);
    one.handler().onComplete(['gone']);
    here?.onAnswer(['near']);
    here?.onAsked(2);
    expect(got.splice(0)).toEqual([[1], ['near']]);
    other.handler().onAnswer(2);
    other.handler().onComplete([]);
    expect(got).toEqual([[2], [4, ['gone']]]);
    expect(giveUp()).toEqual(['one', 'other']);
  });

  it('give their sockets together, and all that are silent', async () => {
    const unusable = new Error('full');
    const other = group('other', { fetch: async () => ({ found: [], missing: ['all'], unusable }) });
    expect(await fetchFromAll([group('one').nodes, other.nodes], EVERYBODY)).toEqual({
      found: [{ id: 'one' }],
      missing: ['one is silent', 'all'],
      unusable,
    });
    expect(await fetchFromAll([], EVERYBODY)).toEqual({ found: [], missing: [], unusable: undefined });
  });

  it('have their listeners called together, and an error has all answers', async () => {
    const { nodes } = group('one');
    expect(joinListeners(undefined, undefined)).toBe(undefined);
    expect(joinListeners(nodes, undefined)).toBe(nodes);
    expect(await joinListeners(nodes, group('other').nodes)?.emitWithAck(['x'])).toEqual(['one', 'other']);
    const fail = (name: string) => async () => {
      throw Object.assign(new Error(name), { responses: [`of ${name}`], missing: [name] });
    };
    const broken = group('b', { emitWithAck: fail('b') });
    await expect(joinListeners(nodes, broken.nodes)?.emitWithAck(['x'])).rejects.toMatchObject({
      responses: ['one', 'of b'],
      missing: ['b'],
    });
    const bare = group('c', { emitWithAck: async () => Promise.reject(new Error('bare')) });
    await expect(joinListeners(broken.nodes, bare.nodes)?.emitWithAck(['x'])).rejects.toMatchObject({
      message: 'b',
      responses: ['of b'],
      missing: ['b'],
    });
  });

  it("leave the events of Naru's own packages to the first group", async () => {
    const sent: unknown[] = [];
    const noting = (name: string) => group(name, { emit: ([event]) => void sent.push([name, event]) }).nodes;
    const both = joinListeners(noting('one'), noting('other'));
    for (const event of ['naru:used', 'said']) both?.emit([event]);
    expect(sent).toEqual([
      ['one', 'naru:used'],
      ['one', 'said'],
      ['other', 'said'],
    ]);
    expect(await both?.emitWithAck(['naru:revoked'])).toEqual(['one']);
  });
});
