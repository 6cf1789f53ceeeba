/** The chat and the browser of a test file. Both start before its first test and close after its last. */
import { afterAll, afterEach, beforeAll } from 'vitest';
import { Crowd, isRunnable, PATIENCE, Service } from './served-chat.js';

/** The chat and the browser of the tests. They exist from the first test on, if a browser is installed. */
export interface Chat {
  readonly service: Service;
  readonly crowd: Crowd;
}

/**
 * Starts the chat with `start`, and a browser with `flags`, for the tests of a file. `before` runs in every page before
 * anything else. All pages close after each test.
 */
export function chatForAll(
  start: () => Promise<Service> = () => Service.start(),
  flags: readonly string[] = [],
  before?: () => unknown,
): Chat {
  let [service, crowd]: [Service?, Crowd?] = [];
  beforeAll(async () => {
    if (!isRunnable) return;
    service = await start();
    crowd = await Crowd.open(service.url, flags, before);
  }, PATIENCE);
  afterEach(async () => {
    await crowd?.clear();
  }, PATIENCE);
  afterAll(async () => {
    await crowd?.close();
    await service?.stop();
  }, PATIENCE);
  return {
    get service() {
      return there(service);
    },
    get crowd() {
      return there(crowd);
    },
  };
}

function there<T>(part: T | undefined): T {
  if (part === undefined) throw new TypeError('the chat was not started');
  return part;
}
