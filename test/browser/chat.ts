/** The chat and the browser for all tests of a file: both there before the first, and gone behind the last. */
import { afterAll, afterEach, beforeAll } from 'vitest';
import { Crowd, isRunnable, PATIENCE, Service } from './served-chat.js';

/** What the tests of a file play on; there from the first test on, where there is a browser. */
export interface Chat {
  readonly service: Service;
  readonly crowd: Crowd;
}

/** Starts the chat as `start` says, and a browser, for the tests of a file. Everybody goes home behind each test. */
export function chatForAll(start: () => Promise<Service> = () => Service.start()): Chat {
  let [service, crowd]: [Service?, Crowd?] = [];
  beforeAll(async () => {
    if (!isRunnable) return;
    service = await start();
    crowd = await Crowd.open(service.url);
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
