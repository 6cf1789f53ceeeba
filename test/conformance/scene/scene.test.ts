/**
 * One room of one server, with a guest on every wire: a page, stock clients, curl, nc, STOMP, datagrams and our own
 * client. All at once, each guest sends one message in JSON and 1 KiB of bytes. Each one asks for a closed room, and
 * leaves.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROLES, type Role } from './roles.js';
import { Scene } from './scene.js';

const isPeerRequired = process.env.NARU_REQUIRE_PEERS === '1';
const missing = ROLES.filter(({ needs }) => needs?.isHere === false);
const present = ROLES.filter((role) => !missing.includes(role));
const outgoing = present.filter(({ isShy }) => !isShy);

describe('guests on every wire in one room', () => {
  const scene = new Scene();

  beforeAll(async () => {
    const places = await scene.open();
    for (const role of present) scene.guests.push(await role.create(role, places));
    await scene.play();
    await scene.close();
    await scene.clear();
  }, 120_000);

  afterAll(() => scene.clear());

  const heardBy = ({ name }: Role): readonly string[] =>
    scene.guests.find((guest) => guest.name === name)?.heard ?? expect.fail(`${name} did not come`);

  it.skipIf(!isPeerRequired).each(missing)('has $name: $needs.command', ({ name }) => {
    expect.fail(`${name} is required here`);
  });

  it('are as many sockets as guests, each with the name of its wire', () => {
    expect(scene.counts.room).toBe(present.length);
    expect(Object.fromEntries(scene.roads)).toEqual(Object.fromEntries(present.map(({ name, road }) => [name, road])));
  });

  it.each(present)('$name receives every message of the others, once and whole', (role) => {
    const expected = role.isShy ? scene.said : [...scene.said, ...scene.shown];
    expect([...heardBy(role)].sort()).toEqual([...expected].sort());
  });

  it('receive the messages in the same order, if their wires keep one', () => {
    const [first, ...others] = present.filter(({ isOrdered = true }) => isOrdered).map(heardBy);
    for (const heard of others) expect(heard).toEqual(first);
  });

  it.each(outgoing)('$name is refused by the application, in the words of its wire', ({ name, refusal }) => {
    expect(scene.refusals.get(name)).toEqual(refusal);
  });

  it('never enter the closed room', () => {
    expect(scene.counts.closed).toBe(0);
  });

  it.each(present)('$name leaves, and the server knows why', ({ name, farewell }) => {
    expect(scene.farewells.get(name)).toBe(farewell);
  });
});
