/** The doors that a server opened besides HTTP's. */
import { type Endpoint, parseEndpoint } from '../../base/endpoint.js';
import { throwLater } from '../../base/uncaught.js';
import type { Door, DoorContext, DoorOpener } from './door.js';
import { DOOR_OPENERS } from './openers.js';

/** The ports that are registered for a wire. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { stomp: 61_613, stomps: 61_614 };

const ENDPOINT = /^([a-z][a-z0-9+.-]*):/i;

/** Whether `listen` was given the endpoint of a door, and no port. */
export function isEndpoint(input: unknown): input is string {
  return typeof input === 'string' && ENDPOINT.test(input);
}

/** Reads the endpoint of a door. Throws ConfigError for one that is none, or of a scheme that no door has. */
export function readDoorEndpoint(text: string, openers: Readonly<Record<string, DoorOpener>> = DOOR_OPENERS): Endpoint {
  return parseEndpoint(text, { schemes: Object.keys(openers), defaultPort: DEFAULT_PORTS });
}

/** Opens, lists and closes doors. */
export class OpenedDoors {
  readonly #openers: Readonly<Record<string, DoorOpener>>;
  #doors: Door[] = [];
  /** Whether somebody waits for `ready`, and so is told of failures. */
  #isAwaited = false;

  constructor(openers: Readonly<Record<string, DoorOpener>> = DOOR_OPENERS) {
    this.#openers = openers;
  }

  /** The doors, in the order in which they were opened. */
  get list(): readonly Door[] {
    return this.#doors;
  }

  /** Opens a door. Throws ConfigError for an endpoint that is none, or of a scheme that no door has. */
  open(text: string, context: DoorContext): Door {
    const endpoint = readDoorEndpoint(text, this.#openers);
    const door = (this.#openers[endpoint.scheme] as DoorOpener)(endpoint, context);
    this.#doors.push(door);
    door.ready.catch((error: unknown) => {
      this.#doors = this.#doors.filter((other) => other !== door);
      // As with a port of HTTP that is taken: a failure that nobody waits for is not swallowed.
      if (!this.#isAwaited) throwLater(error);
    });
    return door;
  }

  /** Resolves when all doors listen; rejects with the error of the first that cannot. */
  async ready(): Promise<void> {
    this.#isAwaited = true;
    await Promise.all(this.#doors.map((door) => door.ready));
  }

  /** Closes all doors; resolves when their endpoints are free. */
  async close(): Promise<void> {
    const doors = this.#doors;
    this.#doors = [];
    await Promise.all(doors.map((door) => door.close()));
  }
}
