import { expect, it } from 'vitest';
import { describeNats } from '../../../../test/kit/brokers/nats-server.js';
import { SwiftClock } from '../../../../test/kit/brokers/swift-clock.js';
import { ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { groupOf } from '../../src/names.js';
import { LogTester, recordOf } from './log-kit.js';

describeNats('the retention of a log in NATS', ({ parts, newApp }) => {
  it('removes what is too old without an append, and tells other nodes of the gap', async () => {
    const clock = new SwiftClock();
    const app = newApp();
    const [mine, theirs] = [
      await parts({}, { app, clock, ageMs: 60_000 }),
      await parts({}, { app, clock, ageMs: 60_000 }),
    ];
    const [one, two] = [new LogTester(mine), new LogTester(theirs)];
    const { offsets } = await one.append([recordOf('old', clock.now())]);
    await one.read(ZERO_OFFSET);
    await clock.skip(70_000);
    one.memory.retention.sweep(mine, (name) => one.memory.group(name));
    await one.memory.retention.settled(mine, '/');
    expect(await two.read(ZERO_OFFSET)).toEqual({ records: [], hasGap: true });
    expect(await two.read(offsets[0] ?? '')).toEqual({ records: [], hasGap: false });
    expect(await two.log.methods.extent(undefined, '/')).toEqual({
      oldest: undefined,
      newest: offsets[0],
      count: 0,
      bytes: 0,
    });
  });

  it('removes what is too old in a namespace that no node uses any more', async () => {
    const clock = new SwiftClock();
    const app = newApp();
    const past = await parts({}, { app, clock, ageMs: 60_000 });
    await new LogTester(past).append([recordOf('old', clock.now())], '/forgotten');
    past.connection.close();
    const present = await parts({}, { app, clock, ageMs: 60_000 });
    const tester = new LogTester(present);
    const { stream } = await tester.log.open('/forgotten');
    const { subject } = tester.memory.group('/forgotten').namespace('/forgotten');
    expect(await present.connection.get(stream, { last_by_subj: subject })).toBeDefined();
    for (let hours = 0; hours < 2; hours += 1) await clock.skip(60 * 60 * 1_000);
    await expect.poll(() => present.connection.get(stream, { last_by_subj: subject })).toBeUndefined();
  });

  it('goes on after a connection that broke in the middle', async () => {
    const clock = new SwiftClock();
    const given = await parts({}, { clock, bytes: 500 });
    const { connection } = given;
    const tester = new LogTester(given);
    await tester.append([recordOf('first', clock.now())]);
    await tester.read(ZERO_OFFSET);
    const { api } = connection;
    let removals = 0;
    connection.api = (name, ...rest) => {
      if (!name.startsWith('STREAM.MSG.DELETE')) return api.call(connection, name, ...rest);
      removals += 1;
      return new Promise(() => undefined);
    };
    await tester.append([recordOf('x'.repeat(500), clock.now())]);
    await expect.poll(() => removals).toBeGreaterThan(0);
    const next = await parts({}, { clock, bytes: 500, app: given.settings.app });
    const after = new LogTester(next, tester.memory);
    const { offsets } = await after.append([recordOf('last', clock.now())]);
    expect((await after.read(ZERO_OFFSET)).records.map(({ offset }) => offset)).toEqual(offsets);
    const stream = next.names.logStream(groupOf('/'));
    // The base record, the note about the removal, and the record.
    expect(await next.connection.api(`STREAM.INFO.${stream}`)).toMatchObject({ state: { messages: 3 } });
  });

  it('does not read the sizes of all messages while nothing is to be removed', async () => {
    const app = newApp();
    const first = new LogTester(await parts({}, { app }));
    for (let n = 0; n < 20; n += 1) await first.append([recordOf(`${n}`, Date.now())]);
    const given = await parts({}, { app });
    const asked: string[] = [];
    const { api } = given.connection;
    given.connection.api = (name, ...rest) => {
      asked.push(name);
      return api.call(given.connection, name, ...rest);
    };
    const next = new LogTester(given);
    // A node that follows knows the record before its own.
    await next.log.methods.follow(undefined, '/');
    await next.append([recordOf('next', Date.now())]);
    await next.memory.retention.settled(given, '/');
    expect(asked.filter((name) => name.startsWith('CONSUMER'))).toEqual([]);
    expect(await next.log.methods.extent(undefined, '/')).toMatchObject({ count: 21 });
  });

  it('removes the rewritten batches that a node has left', async () => {
    const clock = new SwiftClock();
    const app = newApp();
    const given = await parts({}, { app, clock, ageMs: 60_000 });
    const { connection } = given;
    const ended = new LogTester(given);
    await ended.append([recordOf('old', clock.now())]);
    await ended.erase({ all: true });
    const group = ended.memory.group('/');
    const { api } = connection;
    connection.api = (name, ...rest) =>
      name.startsWith('STREAM.MSG.DELETE') ? new Promise(() => undefined) : api.call(connection, name, ...rest);
    void group.trim(connection, group.namespace('/'), group.newestSeq);
    await expect.poll(() => group.namespace('/').trimmed).toBeGreaterThan(0);
    const next = await parts({}, { app, clock, ageMs: 60_000 });
    const tester = new LogTester(next);
    await tester.append([recordOf('new', clock.now())]);
    await tester.memory.retention.settled(next, '/');
    const sides = `${group.namespace('/').sideSubject}.*`;
    expect(await next.connection.get(group.stream, { last_by_subj: sides })).toBeUndefined();
  });

  it('looks no more at a namespace without records, unless a program has set its retention', async () => {
    const clock = new SwiftClock();
    const given = await parts({}, { clock, ageMs: 60_000 });
    const tester = new LogTester(given);
    const { memory, log } = tester;
    let looks = 0;
    const group = (name: string) => {
      looks += 1;
      return memory.group(name);
    };
    const sweep = async () => {
      looks = 0;
      memory.retention.sweep(given, group);
      for (const name of ['/', '/own', '/read']) await memory.retention.settled(given, name);
      return looks;
    };
    memory.retention.set('/own', { ageMs: 120_000 });
    for (const name of ['/', '/own']) await tester.append([recordOf('old', clock.now())], name);
    await log.methods.extent(undefined, '/read');
    expect(await sweep()).toBe(3);
    expect(await sweep()).toBe(2);
    await clock.skip(150_000);
    await sweep();
    expect(await sweep()).toBe(1);
    await tester.append([recordOf('next', clock.now())]);
    expect(await sweep()).toBe(2);
    await clock.skip(150_000);
    await sweep();
    expect(await log.methods.extent(undefined, '/')).toMatchObject({ count: 0 });
  });
});
