import { describe, expect, it } from 'vitest';
import { encodeOffset, type Following, type Offset } from '../../../../src/backplane/backplane.js';
import { systemRandom } from '../../../../src/base/id.js';
import { markSocketId } from '../../../../src/base/node/socket-ids.js';
import { Interest } from '../../../../src/namespace/log/order/interest.js';

const at = encodeOffset;
const roomOf = (tag: string): string => markSocketId('x'.repeat(20), tag);

/** The interest of a process with the tag `me`, and the tags of which its home was asked. */
function build() {
  const asked = new Map<string, (newest: Offset) => void>();
  const follow = (): Following => ({
    ready: at(0),
    end: () => undefined,
    want: (tag) => new Promise((resolve) => void asked.set(tag, resolve)),
  });
  const log: { tag: string; following: Following | undefined } = { tag: 'me', following: follow() };
  return { asked, follow, log, interest: new Interest(log) };
}

describe('Interest', () => {
  it('asks the home once for the tag of each other process', () => {
    const { asked, interest } = build();
    for (const room of ['red', roomOf('me'), roomOf('aa'), roomOf('aa'), roomOf('bb')]) void interest.want(room);
    expect([...asked.keys()]).toEqual(['aa', 'bb']);
    expect([roomOf('aa'), roomOf('cc'), roomOf('me')].map((room) => interest.isNew(room))).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('has all if everything that was told is delivered', () => {
    const { interest, log } = build();
    expect([at(4), at(5), at(6), undefined].map((told) => interest.hasAll(told, at(5)))).toEqual([
      ...[true, true],
      ...[false, false],
    ]);
    log.following = undefined;
    expect(interest.hasAll(at(4), at(5))).toBe(false);
  });

  it('does not have all until the home knows each tag, and everything before that is delivered', async () => {
    const { asked, interest } = build();
    const wanted = ['aa', 'bb'].map((tag) => interest.want(roomOf(tag)));
    asked.get('bb')?.(at(20));
    expect(await wanted[1]).toBe(at(20));
    expect(interest.hasAll(at(5), at(30))).toBe(false);
    asked.get('aa')?.(at(10));
    await wanted[0];
    expect([at(19), at(20)].map((offset) => interest.hasAll(at(5), offset))).toEqual([false, true]);
  });

  it('begins anew with a new following', async () => {
    const { asked, follow, interest, log } = build();
    const old = interest.want(roomOf('aa'));
    const answer = asked.get('aa');
    log.following = follow();
    expect([interest.hasAll(at(5), at(5)), interest.isNew(roomOf('aa'))]).toEqual([true, true]);
    const wanted = interest.want(roomOf('aa'));
    answer?.(at(10));
    await old;
    expect(interest.hasAll(at(5), at(50))).toBe(false);
    asked.get('aa')?.(at(40));
    await wanted;
    expect([at(39), at(40)].map((offset) => interest.hasAll(at(5), offset))).toEqual([false, true]);
  });

  it('is not asked of a home that tells everything', () => {
    const { interest, log } = build();
    log.following = { ready: at(0), end: () => undefined };
    expect([interest.want(roomOf('aa')), interest.isNew(roomOf('aa'))]).toEqual([undefined, false]);
  });

  it('asks for few tags, however many ids of sockets are made up', () => {
    const { asked, interest } = build();
    for (let n = 0; n < 20_000; n += 1) void interest.want(markSocketId(systemRandom.id()));
    expect(asked.size).toBeLessThanOrEqual(64 ** 2);
  });
});
