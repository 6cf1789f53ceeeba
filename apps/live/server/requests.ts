/** Answers the requests that are not for files: programs that publish, and pages that ask for a still. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { publish } from './media/program.js';
import { Stills } from './media/still.js';
import type { World } from './world.js';

/** Returns the function that answers requests. It resolves to false for requests of other kinds. */
export function answersOf(world: World): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const stills = new Stills(world);
  return async (request, response) => (await publish(world, request, response)) || stills.answer(request, response);
}
