import { expect, it, onTestFinished } from 'vitest';
import { Child } from '../../bench/channel.mjs';

it('kills all children, whose calls then fail', async () => {
  const children = ['one', 'two'].map((label) => new Child('./loader-child.mjs', { label }));
  await Promise.all(children.map((child) => child.call('snapshot')));
  const calls = children.map((child) => child.call('open', 'ack', { dialect: 'socket.io', window: 1, clients: 0 }));
  const ends = Promise.allSettled(calls);
  Child.killAll();
  expect((await ends).map((end) => end.status === 'rejected' && end.reason.message)).toEqual([
    'one: the child ended early (SIGKILL)',
    'two: the child ended early (SIGKILL)',
  ]);
  await Promise.all(children.map((child) => child.stop()));
});

it('pauses a loader, which answers nothing until it is resumed', async () => {
  const loader = new Child('./loader-child.mjs', { label: 'loader' });
  onTestFinished(() => loader.kill());
  await loader.call('pause');
  const course: string[] = [];
  const answer = loader.call('snapshot').then(() => course.push('answered'));
  // Another child starts and answers in the meantime.
  const other = new Child('./loader-child.mjs', { label: 'other' });
  onTestFinished(() => other.kill());
  await other.call('snapshot');
  course.push('resumed');
  loader.resume();
  await answer;
  expect(course).toEqual(['resumed', 'answered']);
});
