import { setTimeout as delay } from 'node:timers/promises';

/**
 * The cases of the contract that are about texts, tables and queues. Their leases end by the clock of the server, so
 * their time really passes.
 */
export const STORE =
  /text|table|swap|entry|lease|queue|hold|message of|finished messages|messages of|bounds all|prefix|if it is durable|taker/;

/**
 * Milliseconds of the leases that the cases let pass, and by which nodes on a busy machine may differ in what they take
 * for the time of the server: a round trip.
 */
const LEASE_MS = 5_000;
const APART_MS = 1_000;

/**
 * Lets time pass: more than the time of a lease if one is to end, because one node has begun it and another one finds
 * that it is over.
 */
export const passTime = (ms: number): Promise<void> => delay(ms < LEASE_MS ? ms : ms + APART_MS);
